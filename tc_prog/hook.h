/* SPDX-License-Identifier: GPL-2.0-only */
/* What the pipeline needs from TC: a cursor, a way to bytes out of reach, sizes, a verdict. */
#ifndef TC_PROG_HOOK_H
#define TC_PROG_HOOK_H

#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

typedef struct __sk_buff hook_ctx;

static __always_inline long hook_load_bytes(hook_ctx *ctx, __u32 offset, void *to, __u32 size)
{
	return bpf_skb_load_bytes(ctx, offset, to, size);
}

#include "bpf/account.h"
#include "bpf/cursor.h"
#include "tc_prog/gso.h"

#define VLAN_TAG_LEN 4

/* Read anew for each use: a length that is compared while parsing and then picks a histogram slot
 * would have the verifier tell apart every way it was compared. */
static __always_inline __u32 hook_len(const hook_ctx *ctx)
{
	return *(const volatile __u32 *)&ctx->len;
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
		.tags = !!ctx->vlan_present,
	};
}

/* A tag that the kernel keeps beside the packet is on the wire nonetheless. */
static __always_inline struct wire hook_wire(const struct cursor *c, const struct packet *p)
{
	__u32 tag = c->ctx->vlan_present ? VLAN_TAG_LEN : 0;
	struct wire w = { .segments = 1, .last = hook_len(c->ctx) };

	if (c->ctx->gso_size)
		w = gso_wire(c->ctx, w.last, p);
	w.size += tag;
	w.last += tag;
	return w;
}

/* Pass means next, not accept: other filters still run. */
static __always_inline int hook_verdict(enum pc_verdict verdict)
{
	return verdict == PC_VERDICT_DROP ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

#endif
