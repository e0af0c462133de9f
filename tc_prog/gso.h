/* SPDX-License-Identifier: GPL-2.0-only */
/* What a GSO super-packet becomes on the wire: how many packets, and how long each. */
#ifndef TC_PROG_GSO_H
#define TC_PROG_GSO_H

#include <linux/bpf.h>

#include "bpf/packet.h"

#define LINK_HEADER_LEN 14

/* Bytes of headers each segment repeats. On its way out the kernel has worked it out, tunnels and
 * all (net/core/dev.c, qdisc_pkt_len_init), but for what it does not know, as SCTP; on its way in
 * it is looked for inside a tunnel, else it is what our parser found. Where nobody knows, the last
 * segment is taken to be as long as the others. 0: not segmented. */
static __always_inline __u32 gso_header_len(struct __sk_buff *ctx, __u32 len,
                                            const struct packet *p)
{
	__u32 segments = ctx->gso_segs, payload = segments * ctx->gso_size;
	__u32 headers = hook_tunnel_header_len(ctx);

	if (!headers && segments > 1 && ctx->wire_len > ctx->len)
		headers = (ctx->wire_len - ctx->len) / (segments - 1);
	if (headers < p->header_len)
		headers = p->header_len;
	if (!headers && segments)
		headers = payload + LINK_HEADER_LEN < len ? len - payload : LINK_HEADER_LEN;
	return headers;
}

/* `len` is the super-packet's, bytes, without a VLAN tag kept in packet metadata; so are the sizes.
 */
static __always_inline struct wire gso_wire(struct __sk_buff *ctx, __u32 len,
                                            const struct packet *p)
{
	__u32 headers = gso_header_len(ctx, len, p), size = ctx->gso_size, segments = ctx->gso_segs;
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
