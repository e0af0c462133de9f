/* SPDX-License-Identifier: GPL-2.0-only */
/* The events of trace connect, and what it may be asked for beyond struct pc_trace_filter. */
#ifndef PC_ABI_TRACE_CONNECT_H
#define PC_ABI_TRACE_CONNECT_H

#include "abi/trace.h"
#include "abi/trace_sock.h"

struct pc_trace_connect {
	struct pc_trace_task task; /* its time is when it began */
	__u64 latency;             /* ns */
	__s32 ret;                 /* 0 or a negative errno value */
	__u16 family;              /* AF_INET or AF_INET6; IPv4 through an IPv6 socket is AF_INET */
	__u16 protocol;            /* IPPROTO_TCP or IPPROTO_UDP */
	struct pc_trace_end from, to;
};

#define PC_TRACE_PORTS     "pc_ports" /* hash, __u16 -> __u8: destination ports that are wanted */
#define PC_TRACE_MAX_PORTS 1024

/* The variable `wanted`. */
struct pc_trace_connect_wanted {
	__u64 latency; /* ns, at least */
	__u16 family;  /* 0: either */
	bool by_port;
	bool calls; /* also what connect() alone knows: UDP, and what fails before a SYN is sent */
	__u32 reserved;
};

_Static_assert(sizeof(struct pc_trace_connect) == 128, "as both sides have it");
_Static_assert(sizeof(struct pc_trace_connect_wanted) == 16, "as both sides have it");

#endif
