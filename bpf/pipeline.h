/* SPDX-License-Identifier: GPL-2.0-only */
/* The way of a packet, the same for every hook: parse, judge, account. Start reading here. */
#ifndef BPF_PIPELINE_H
#define BPF_PIPELINE_H

#include "bpf/account.h"
#include "bpf/cursor.h"
#include "bpf/fate.h"
#include "bpf/packet.h"
#include "bpf/parse.h"

/* What becomes of a packet once it is parsed and measured: judged, and counted once under one
 * reason. */
static __always_inline enum pc_verdict settle(enum pc_hook hook, hook_ctx *ctx,
                                              enum pc_reason reason, struct packet *p)
{
	struct fate fate = judge(ctx, hook, reason, p);

	account(hook, pc_cell(hook, fate.reason, p->protocol, fate.verdict), &p->wire);
	return fate.verdict;
}

/* For every packet that is not plain: headers that cannot be read in place, are rare or flawed. A
 * global function: verified on its own. */
__attribute__((noinline)) int parse_by_copy(hook_ctx *ctx, struct packet *p)
{
	struct cursor c = hook_cursor(ctx);

	if (!p)
		return PC_R_PASS;
	c.copying = true;
	c.len = c.end = hook_len(ctx);
	return parse(&c, p);
}

/* Tells whether the packet is plain, and if so, *ret_verdict. */
static __always_inline bool in_place(enum pc_hook hook, hook_ctx *ctx, enum pc_verdict *ret_verdict)
{
	struct packet p = { .protocol = PC_PROTO_OTHER };
	struct cursor c = hook_cursor(ctx);

	if (parse(&c, &p) != PC_R_PASS)
		return false;
	p.wire = __builtin_expect(hook_is_super(ctx), 0) ? hook_super_wire(ctx, &p)
	                                                 : hook_wire(ctx, &p);
	*ret_verdict = settle(hook, ctx, PC_R_PASS, &p);
	return true;
}

/* Its packet is not that of in_place(), which is to stay in registers. */
static __always_inline enum pc_verdict by_copy(enum pc_hook hook, hook_ctx *ctx)
{
	struct packet p = { .protocol = PC_PROTO_OTHER };
	enum pc_reason reason = parse_by_copy(ctx, &p);

	p.wire = hook_is_super(ctx) ? hook_super_wire(ctx, &p) : hook_wire(ctx, &p);
	return settle(hook, ctx, reason, &p);
}

/* One way in, one way out. A door includes a hook.h first, which gives hook_ctx, hook_cursor(),
 * hook_len(), hook_load_bytes() and what else parsing asks for, hook_is_super(), hook_wire() and
 * hook_super_wire(); then the header of its judge(). */
static __always_inline enum pc_verdict pipeline(enum pc_hook hook, hook_ctx *ctx)
{
	enum pc_verdict verdict;

	return in_place(hook, ctx, &verdict) ? verdict : by_copy(hook, ctx);
}

#endif
