/* SPDX-License-Identifier: GPL-2.0-only */
/* An end of a connection, as the tracers of sockets tell it. */
#ifndef PC_ABI_TRACE_SOCK_H
#define PC_ABI_TRACE_SOCK_H

#include <linux/types.h>

struct pc_trace_end {
	__u32 address[4]; /* network order; of IPv4 the first */
	__u16 port;       /* host order */
	__u16 reserved;
};

_Static_assert(sizeof(struct pc_trace_end) == 20, "as both sides have it");

#endif
