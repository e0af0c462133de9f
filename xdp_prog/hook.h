/* SPDX-License-Identifier: GPL-2.0-only */
/* What the pipeline needs from XDP: a cursor, a way to bytes out of reach, sizes, a verdict. */
#ifndef XDP_PROG_HOOK_H
#define XDP_PROG_HOOK_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

typedef struct xdp_md hook_ctx;

static __always_inline long hook_load_bytes(hook_ctx *ctx, __u32 offset, void *to, __u32 size)
{
	return bpf_xdp_load_bytes(ctx, offset, to, size);
}

#include "bpf/account.h"
#include "bpf/cursor.h"

/* All buffers of the frame: data_end is only the end of the first. Worked out anew for each use: a
 * length that is compared while parsing and then picks a histogram slot would have the verifier
 * tell apart every way it was compared. */
static __always_inline __u32 hook_len(hook_ctx *ctx)
{
	return bpf_xdp_get_buff_len(ctx);
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

static __always_inline struct wire hook_wire(const struct cursor *c, const struct packet *p)
{
	(void)p;
	return (struct wire){ .segments = 1, .last = hook_len(c->ctx) };
}

/* XDP_PASS goes on to the next program of libxdp's chain. */
static __always_inline int hook_verdict(enum pc_verdict verdict)
{
	return verdict == PC_VERDICT_DROP ? XDP_DROP : XDP_PASS;
}

#endif
