/* SPDX-License-Identifier: GPL-2.0-only */
/* The events of trace listen. */
#ifndef PC_ABI_TRACE_LISTEN_H
#define PC_ABI_TRACE_LISTEN_H

#include "abi/trace.h"
#include "abi/trace_sock.h"

struct pc_trace_listen {
	struct pc_trace_task task;
	__s32 ret;     /* 0 or a negative errno value */
	__u32 backlog; /* as the kernel cut it (net.core.somaxconn); if it failed, as asked for */
	__u16 family;  /* AF_INET or AF_INET6 */
	bool v6only;   /* AF_INET6: no IPv4 */
	__u8 reserved;
	struct pc_trace_end at;
};

_Static_assert(sizeof(struct pc_trace_listen) == 104, "as both sides have it");

#endif
