/* SPDX-License-Identifier: GPL-2.0-only */
/* What the pipeline needs from TC: a cursor, a way to bytes out of reach, sizes, a verdict. The
 * door's view comes first; it gives hook_ctx, HOOK_NAME(), hook_lacks_link(),
 * hook_tunnel_header_len(). */
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

/* Whether hook_cursor() knows the length: here always, wherever the bytes lie. */
static __always_inline bool hook_is_whole(hook_ctx *ctx)
{
	(void)ctx;
	return true;
}

/* Whether it acts on the policy. */
static __always_inline bool hook_leaves_doubts(void)
{
	return false;
}

static __always_inline bool hook_enforces(void)
{
	return true;
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

/* `len` is that of the packet's data. */
static __always_inline struct wire hook_wire(hook_ctx *ctx, const struct packet *p, __u32 len)
{
	return (struct wire){ .segments = 1, .last = len + len_beside(ctx, p->lost_link) };
}

static __always_inline bool hook_is_super(const hook_ctx *ctx)
{
	return ctx->gso_size;
}

static __always_inline struct wire hook_super_wire(hook_ctx *ctx, const struct packet *p)
{
	struct wire w = gso_wire(ctx, hook_len(ctx), p);
	__u32 beside = len_beside(ctx, hook_lacks_link(ctx));

	if (w.segments > 1)
		w.size += beside;
	w.last += beside;
	return w;
}

/* Pass means next, not accept: other filters still run. */
static __always_inline int hook_verdict(enum pc_verdict verdict)
{
	return verdict == PC_VERDICT_DROP ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

#endif
