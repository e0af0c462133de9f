/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of the way at doors that know the built-in policy only: judged first, as it takes little,
 * then measured. */
#ifndef BPF_BUILTIN_H
#define BPF_BUILTIN_H

#include "bpf/account.h"
#include "bpf/builtin_rule.h"

/* A global function: verified on its own, and out of the way of all packets that are one. */
__attribute__((noinline)) int HOOK_NAME(account_super)(hook_ctx *ctx, enum pc_hook hook, __u32 cell,
                                                       __u32 header_len, __u32 unwired)
{
	const struct packet p = { .header_len = header_len, .unwired = unwired };
	struct wire w = hook_super_wire(ctx, &p);

	account(hook, cell, &w);
	if (cell % PC_VERDICT_COUNT == PC_VERDICT_DROP)
		count_builtin(&w);
	return 0;
}

static __always_inline int conclude(enum pc_hook hook, hook_ctx *ctx, enum pc_reason reason,
                                    const struct packet *p, __u32 len)
{
	__u32 cell = pc_cell(hook, reason, p->protocol, PC_VERDICT_PASS);
	enum pc_verdict verdict = PC_VERDICT_PASS;
	struct wire w = hook_wire(ctx, p, len);

	if (hook_enforces() && builtin_drops(p)) {
		verdict = PC_VERDICT_DROP;
		cell = pc_cell(hook, PC_R_RULE, p->protocol, PC_VERDICT_DROP);
	}
	if (__builtin_expect(hook_is_super(ctx), 0)) {
		HOOK_NAME(account_super)(ctx, hook, cell, p->header_len, p->unwired);
		return hook_verdict(verdict);
	}
	account(hook, cell, &w);
	if (verdict == PC_VERDICT_PASS)
		return hook_verdict(PC_VERDICT_PASS);
	count_builtin(&w);
	return hook_verdict(PC_VERDICT_DROP);
}

#endif
