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

/* The slow way for headers that cannot be read in place. A global function: verified on its own. */
__attribute__((noinline)) int parse_by_copy(hook_ctx *ctx, struct packet *p)
{
	struct cursor c;

	if (!p)
		return PC_R_SHORT;
	c = hook_cursor(ctx);
	c.copying = true;
	return parse(&c, p);
}

/* One way in, one way out: whatever a stage finds, the packet is counted once, under one reason.
 * A hook's hook.h comes first; it gives hook_ctx, hook_cursor(), hook_load_bytes(), hook_wire(). */
static __always_inline enum pc_verdict pipeline(enum pc_hook hook, hook_ctx *ctx)
{
	enum pc_verdict verdict = PC_VERDICT_PASS;
	struct cursor c = hook_cursor(ctx);
	struct packet p = { .protocol = PC_PROTO_OTHER };
	enum pc_reason reason = parse(&c, &p);
	struct wire w;

	if (reason == PC_R_SHORT && cursor_has_more_to_copy(&c)) {
		struct packet copy = { .protocol = PC_PROTO_OTHER };

		reason = parse_by_copy(ctx, &copy);
		p = copy;
	}
	w = hook_wire(&c, &p);

	if (enforce && classify(&p) == PC_VERDICT_DROP) {
		verdict = PC_VERDICT_DROP;
		reason = PC_R_RULE;
	}
	account(hook, reason, verdict, &p, &w);
	return verdict;
}

#endif
