/* SPDX-License-Identifier: GPL-2.0-only */
/* What a GSO super-packet becomes on the wire: how many packets, and how long each. */
#ifndef TC_PROG_GSO_H
#define TC_PROG_GSO_H

#include <linux/bpf.h>

#include "bpf/account.h"
#include "bpf/packet.h"

/* Bytes of headers each segment repeats. On its way out the kernel has worked it out, tunnels and
 * all (net/core/dev.c, qdisc_pkt_len_init); on its way in our own parser has to do. 0: unknown. */
static __always_inline __u32 gso_header_len(const struct __sk_buff *ctx, const struct packet *p)
{
	if (ctx->gso_segs > 1 && ctx->wire_len > ctx->len)
		return (ctx->wire_len - ctx->len) / (ctx->gso_segs - 1);
	return p->header_len;
}

/* `len` is the super-packet's, bytes, without a VLAN tag kept in packet metadata; so are the sizes.
 */
static __always_inline struct wire gso_wire(const struct __sk_buff *ctx, __u32 len,
                                            const struct packet *p)
{
	__u32 headers = gso_header_len(ctx, p), size = ctx->gso_size, segments = ctx->gso_segs;
	struct wire whole = { .segments = 1, .last = len };
	__u32 payload, full;

	if (!headers || headers >= len)
		return whole;
	payload = len - headers;

	/* Packets from virtual machines and packet sockets come with the count left out. */
	if (!segments)
		segments = (payload + size - 1) / size;
	if (segments < 2)
		return whole;

	/* SCTP segments have sizes of their own that we cannot see (GSO_BY_FRAGS): spread evenly,
	 * so that packets and bytes are right all the same. */
	full = (segments - 1) * size;
	if (full >= payload || payload - full > size) {
		size = payload / segments;
		full = (segments - 1) * size;
	}
	headers -= p->unwired;
	return (struct wire){
		.segments = segments,
		.size = headers + size,
		.last = headers + payload - full,
	};
}

#endif
