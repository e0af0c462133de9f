/* SPDX-License-Identifier: GPL-2.0-only */
/* How the tracers of sockets show addresses and ports. */
#include "netctl/trace_end.h"

#include <arpa/inet.h>

void line_family(struct lines *lines, int family)
{
	line_text(lines, "family", LINE_JSON, family == AF_INET ? "ipv4" : "ipv6");
}

void line_end_of(struct lines *lines, const char *address, const char *port, int family,
                 const struct pc_trace_end *end)
{
	char text[INET6_ADDRSTRLEN];

	line_text(lines, address, -15, inet_ntop(family, end->address, text, sizeof(text)));
	if (end->port)
		line_number(lines, port, 5, end->port);
	else
		line_named(lines, port, 5, 0, "-");
}
