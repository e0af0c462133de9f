/* SPDX-License-Identifier: GPL-2.0-only */
/* How the tracers of sockets show addresses and ports. */
#ifndef NETCTL_TRACE_END_H
#define NETCTL_TRACE_END_H

#include "abi/trace_sock.h"
#include "netctl/lines.h"

/* "family": "ipv4" or "ipv6"; JSON only, as an address shows it. */
void line_family(struct lines *lines, int family);

/* An address and a port; the keys are of either. In a column a port of 0 is "-": there is none. */
void line_end_of(struct lines *lines, const char *address, const char *port, int family,
                 const struct pc_trace_end *end);

#endif
