/* SPDX-License-Identifier: GPL-2.0-only */
/* What the pipeline needs from XDP: a cursor, a way to bytes out of reach, sizes, a verdict. */
#ifndef XDP_PROG_HOOK_H
#define XDP_PROG_HOOK_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

typedef struct xdp_md hook_ctx;
#define HOOK_NAME(name) name##_xdp
#define HOOK_DIRECTION  PC_IN

static __always_inline long hook_load_bytes(hook_ctx *ctx, __u32 offset, void *to, __u32 size)
{
	return bpf_xdp_load_bytes(ctx, offset, to, size);
}

#include "bpf/config.h"
#include "bpf/cursor.h"
#include "bpf/packet.h"

/* The kernel's own view of the frame, as far as we look at it. */
struct xdp_buff {
	__u32 flags;
} __attribute__((preserve_access_index));

#define XDP_FLAGS_HAS_FRAGS 1

extern void *bpf_cast_to_kern_ctx(void *ctx) __ksym __weak;

/* Of the frame, bytes, in all its buffers: data_end is only the end of the first. */
static __always_inline __u32 hook_len(hook_ctx *ctx)
{
	return bpf_xdp_get_buff_len(ctx);
}

/* Whether hook_cursor() knows the length: data_end is the frame's end. */
static __always_inline bool hook_is_whole(hook_ctx *ctx)
{
	const struct xdp_buff *frame;

	if (!can_see_kern_ctx)
		return hook_len(ctx) == ctx->data_end - ctx->data;
	frame = bpf_cast_to_kern_ctx(ctx);
	return !(frame->flags & XDP_FLAGS_HAS_FRAGS);
}

/* Whether it acts on the policy. */
static __always_inline bool hook_enforces(void)
{
	return early_drop;
}

/* Whether another hook judges what this one lets pass, and sees more of it. */
static __always_inline bool hook_leaves_doubts(void)
{
	return tc_decides;
}

/* A frame begins with its link header. */
static __always_inline bool hook_lacks_link(hook_ctx *ctx)
{
	(void)ctx;
	return false;
}

static __always_inline __u32 hook_type(const hook_ctx *ctx)
{
	(void)ctx;
	return 0;
}

/* VLAN tags kept beside the packet, and the tag. */
static __always_inline __u32 hook_tags(hook_ctx *ctx)
{
	(void)ctx;
	return 0;
}

static __always_inline __u32 hook_tag(hook_ctx *ctx)
{
	(void)ctx;
	return 0;
}

/* In place a frame is its first buffer. */
static __always_inline struct cursor hook_cursor(hook_ctx *ctx)
{
	__u32 len = ctx->data_end - ctx->data;

	return (struct cursor){
		.ctx = ctx,
		.data = (void *)(long)ctx->data,
		.data_end = (void *)(long)ctx->data_end,
		.len = len,
		.end = len,
	};
}

/* `len` is the frame's. */
static __always_inline struct wire hook_wire(hook_ctx *ctx, const struct packet *p, __u32 len)
{
	(void)ctx;
	(void)p;
	return (struct wire){ .segments = 1, .last = len };
}

/* There are no super-packets before there is an skb. */
static __always_inline bool hook_is_super(const hook_ctx *ctx)
{
	(void)ctx;
	return false;
}

static __always_inline struct wire hook_super_wire(hook_ctx *ctx, const struct packet *p)
{
	return hook_wire(ctx, p, hook_len(ctx));
}

/* XDP_PASS goes on to the next program of libxdp's chain. */
static __always_inline int hook_verdict(enum pc_verdict verdict)
{
	return verdict == PC_VERDICT_DROP ? XDP_DROP : XDP_PASS;
}

#endif
