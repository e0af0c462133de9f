/* SPDX-License-Identifier: GPL-2.0-only */
/* The type of an ICMP or ICMPv6 message: asked for by few rules, so it is read when it is. */
#ifndef BPF_ICMP_H
#define BPF_ICMP_H

#include <linux/types.h>

#include "abi/types.h"
#include "bpf/packet.h"

/* What a field that is a number has when the packet has none; no field is that wide. */
#define NO_VALUE (1ull << 32)

static __always_inline __u64 icmp_type(hook_ctx *ctx, const struct packet *p)
{
	__u8 type;

	if ((p->protocol != PC_PROTO_ICMP && p->protocol != PC_PROTO_ICMPV6) || !p->transport ||
	    hook_load_bytes(ctx, p->transport, &type, sizeof(type)))
		return NO_VALUE;
	return type;
}

#endif
