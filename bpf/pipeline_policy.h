/* SPDX-License-Identifier: GPL-2.0-only */
/* The way of a packet at doors that know policies: parse, measure, judge, account. What is known of
 * it is in memory, as rules may ask for all of it: so it is judged in one place, however it was
 * parsed. */
#ifndef BPF_PIPELINE_POLICY_H
#define BPF_PIPELINE_POLICY_H

#include "bpf/account.h"
#include "bpf/config.h"
#include "bpf/cursor.h"
#include "bpf/packet.h"
#include "bpf/parse.h"
#include "bpf/policy.h"

/* For every packet that is not plain, see pipeline.h. Global functions, each verified on its own.
 */
__attribute__((noinline)) int HOOK_NAME(parse_by_copy)(hook_ctx *ctx, struct packet *p)
{
	struct cursor c = hook_cursor(ctx);

	if (!p)
		return PC_R_PASS;
	*p = (struct packet){ .protocol = PC_PROTO_OTHER, .lost_link = hook_lacks_link(ctx) };
	c.copying = true;
	c.len = c.end = hook_len(ctx);
	return parse(&c, p);
}

__attribute__((noinline)) int HOOK_NAME(measure_super)(hook_ctx *ctx, struct packet *p)
{
	if (p)
		p->wire = hook_super_wire(ctx, p);
	return 0;
}

static __always_inline enum pc_reason parse_in_place(struct cursor *c, struct packet *p)
{
	if (__builtin_expect(!hook_is_whole(c->ctx), 0))
		return PC_R_SHORT;
	p->lost_link = hook_lacks_link(c->ctx);
	if (__builtin_expect(!p->lost_link, 1) && __builtin_expect(is_plain(c), 1))
		return parse_plain(c, p);
	return parse(c, p);
}

static __always_inline int pipeline(enum pc_hook hook, hook_ctx *ctx)
{
	struct packet p = { .protocol = PC_PROTO_OTHER };
	struct cursor c = hook_cursor(ctx);
	enum pc_reason reason = parse_in_place(&c, &p);
	struct fate fate;
	struct wire w;

	if (__builtin_expect(reason != PC_R_PASS, 0)) {
		reason = HOOK_NAME(parse_by_copy)(ctx, &p);
		c.len = hook_len(ctx);
	}
	p.wire = w = hook_wire(ctx, &p, c.len);
	if (__builtin_expect(hook_is_super(ctx), 0)) {
		HOOK_NAME(measure_super)(ctx, &p);
		w = p.wire;
	}
	fate = hook_enforces() ? judge(ctx, reason, &p, &w)
	                       : (struct fate){ PC_VERDICT_PASS, reason };
	if (!dry_run)
		account(hook, pc_cell(hook, fate.reason, p.protocol, fate.verdict), &w);
	return hook_verdict(fate.verdict);
}

#endif
