/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of the way at a door that only counts and measures: all may pass. */
#ifndef BPF_COUNTING_H
#define BPF_COUNTING_H

#include "bpf/account.h"

static __always_inline int conclude(enum pc_hook hook, hook_ctx *ctx, enum pc_reason reason,
                                    const struct packet *p, __u32 len)
{
	struct wire w = hook_wire(ctx, p, len);

	account(hook, pc_cell(hook, reason, p->protocol, PC_VERDICT_PASS), &w);
	return hook_verdict(PC_VERDICT_PASS);
}

#endif
