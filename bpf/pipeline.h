/* SPDX-License-Identifier: GPL-2.0-only */
/* The way of a packet, the same for every hook: parse, classify, account. Start reading here. */
#ifndef BPF_PIPELINE_H
#define BPF_PIPELINE_H

#include "bpf/account.h"
#include "bpf/classify.h"
#include "bpf/config.h"
#include "bpf/cursor.h"
#include "bpf/packet.h"
#include "bpf/parse.h"

/* What becomes of a packet once it is parsed: judged, and counted once under one reason. */
static __always_inline enum pc_verdict conclude(enum pc_hook hook, hook_ctx *ctx,
                                                enum pc_reason reason, const struct packet *p)
{
	enum pc_verdict verdict = PC_VERDICT_PASS;

	if (enforce && classify(p) == PC_VERDICT_DROP) {
		verdict = PC_VERDICT_DROP;
		reason = PC_R_RULE;
	}
	hook_account(ctx, hook, pc_cell(hook, reason, p->protocol, verdict), p);
	return verdict;
}

/* The long way, for every packet that is not plain: headers that cannot be read in place, are rare
 * or flawed. A global function: verified on its own. */
__attribute__((noinline)) int pipeline_by_copy(hook_ctx *ctx, enum pc_hook hook)
{
	struct packet p = { .protocol = PC_PROTO_OTHER };
	struct cursor c = hook_cursor(ctx);
	enum pc_reason reason;

	c.copying = true;
	c.len = c.end = hook_len(ctx);
	reason = parse(&c, &p);
	return conclude(hook, ctx, reason, &p);
}

/* One way in, one way out. A hook's hook.h comes first; it gives hook_ctx, hook_cursor(),
 * hook_len(), hook_tags(), hook_load_bytes(), hook_account(). */
static __always_inline enum pc_verdict pipeline(enum pc_hook hook, hook_ctx *ctx)
{
	struct packet p = { .protocol = PC_PROTO_OTHER };
	struct cursor c = hook_cursor(ctx);

	if (parse(&c, &p) != PC_R_PASS)
		return pipeline_by_copy(ctx, hook);
	return conclude(hook, ctx, PC_R_PASS, &p);
}

#endif
