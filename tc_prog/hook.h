/* SPDX-License-Identifier: GPL-2.0-only */
/* What the pipeline needs from TC: a cursor, a way to bytes out of reach, sizes, a verdict. The
 * door comes first; it gives hook_ctx, hook_lacks_link(), hook_tunnel_header_len(). */
#ifndef TC_PROG_HOOK_H
#define TC_PROG_HOOK_H

#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

static __always_inline long hook_load_bytes(hook_ctx *ctx, __u32 offset, void *to, __u32 size)
{
	return bpf_skb_load_bytes(ctx, offset, to, size);
}

#include "bpf/cursor.h"
#include "bpf/packet.h"
#include "tc_prog/gso.h"

#define VLAN_TAG_LEN 4

/* EtherType of what follows the link header, network byte order. */
static __always_inline __u32 hook_type(const hook_ctx *ctx)
{
	return ctx->protocol;
}

/* Of the packet's data, bytes. Read anew for each use: a length that is compared while parsing and
 * then picks a histogram slot would have the verifier tell apart every way it was compared. */
static __always_inline __u32 hook_len(const hook_ctx *ctx)
{
	return *(const volatile __u32 *)&ctx->len;
}

/* VLAN tags kept beside the packet: 0 or 1. Read where it is used, as few packets need it early. */
static __always_inline __u32 hook_tags(const hook_ctx *ctx)
{
	return *(const volatile __u32 *)&ctx->vlan_present;
}

/* The tag, if there is one. */
static __always_inline __u32 hook_tag(const hook_ctx *ctx)
{
	return ctx->vlan_tci;
}

static __always_inline struct cursor hook_cursor(hook_ctx *ctx)
{
	__u32 len = hook_len(ctx);

	return (struct cursor){
		.ctx = ctx,
		.data = (void *)(long)ctx->data,
		.data_end = (void *)(long)ctx->data_end,
		.len = len,
		.end = len,
	};
}

/* Bytes that are on the wire but not in the packet's data. */
static __always_inline __u32 len_beside(hook_ctx *ctx, bool lost_link)
{
	__u32 len = hook_tags(ctx) * VLAN_TAG_LEN;

	if (__builtin_expect(lost_link, 0))
		len += LINK_HEADER_LEN;
	return len;
}

static __always_inline struct wire hook_wire(hook_ctx *ctx, const struct packet *p)
{
	return (struct wire){ .segments = 1,
		              .last = hook_len(ctx) + len_beside(ctx, p->lost_link) };
}

static __always_inline bool hook_is_super(const hook_ctx *ctx)
{
	return ctx->gso_size;
}

/* What a wire is in one number: a super-packet has less than 2^20 bytes (net/core/dev.c,
 * GSO_MAX_SIZE), so much for each. */
#define WIRE_BITS 20
#define WIRE_MASK ((1ull << WIRE_BITS) - 1)

/* A global function: verified on its own, and out of the way of all packets that are one. */
__attribute__((noinline)) __u64 measure_super(hook_ctx *ctx, __u32 header_len, __u32 unwired)
{
	struct packet p = { .header_len = header_len, .unwired = unwired };
	struct wire w = gso_wire(ctx, hook_len(ctx), &p);
	__u32 beside = len_beside(ctx, hook_lacks_link(ctx));

	if (w.segments > 1)
		w.size += beside;
	w.last += beside;
	return (__u64)w.segments << 2 * WIRE_BITS | (__u64)w.size << WIRE_BITS | w.last;
}

static __always_inline struct wire hook_super_wire(hook_ctx *ctx, const struct packet *p)
{
	__u64 wire = measure_super(ctx, p->header_len, p->unwired);

	return (struct wire){
		.segments = wire >> 2 * WIRE_BITS,
		.size = wire >> WIRE_BITS & WIRE_MASK,
		.last = wire & WIRE_MASK,
	};
}

/* Pass means next, not accept: other filters still run. */
static __always_inline int hook_verdict(enum pc_verdict verdict)
{
	return verdict == PC_VERDICT_DROP ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

#endif
