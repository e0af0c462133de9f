/* SPDX-License-Identifier: GPL-2.0-only */
/* The way of a packet at doors that know policies: parse, measure, judge, account. Most take a
 * short way, on which all that is known of them is in registers. On the long way it is in memory,
 * as rules may ask for all of it: so it is judged in one place, however it was parsed. */
#ifndef BPF_PIPELINE_POLICY_H
#define BPF_PIPELINE_POLICY_H

#include "bpf/account.h"
#include "bpf/config.h"
#include "bpf/cursor.h"
#include "bpf/in_force.h"
#include "bpf/packet.h"
#include "bpf/parse.h"
#include "bpf/policy.h"

/* For every packet that cannot be read in place, see pipeline.h. Global functions, each verified on
 * its own. */
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
	return parse(c, p);
}

static __always_inline int conclude(enum pc_hook hook, const struct packet *p, const struct wire *w,
                                    struct fate fate)
{
	account(hook, pc_cell(hook, fate.reason, p->protocol, fate.verdict), w);
	return hook_verdict(fate.verdict);
}

/* The short way, of most packets: plain ones that are judged at once. False: the long way, please;
 * nothing was done. */
static __always_inline bool take_short_way(enum pc_hook hook, hook_ctx *ctx,
                                           const struct in_force *policy, int *ret_verdict)
{
	struct packet p = { .protocol = PC_PROTO_OTHER };
	struct fate fate = { PC_VERDICT_PASS, PC_R_PASS };
	struct cursor c = hook_cursor(ctx);
	struct wire w;

	if (hook_is_super(ctx) || !hook_is_whole(ctx) || hook_lacks_link(ctx) || !is_plain(&c) ||
	    parse_plain(&c, &p) != PC_R_PASS)
		return false;
	w = hook_wire(ctx, &p, c.len);
	if (hook_enforces() && !judge_at_once(&p, &w, policy, &fate))
		return false;
	*ret_verdict = conclude(hook, &p, &w, fate);
	return true;
}

static __always_inline int take_long_way(enum pc_hook hook, hook_ctx *ctx,
                                         const struct in_force *policy)
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
	fate = hook_enforces() ? judge(ctx, reason, &p, &w, policy)
	                       : (struct fate){ PC_VERDICT_PASS, reason };
	return dry_run ? hook_verdict(fate.verdict) : conclude(hook, &p, &w, fate);
}

static __always_inline int pipeline(enum pc_hook hook, hook_ctx *ctx)
{
	struct in_force policy = {};
	int verdict;

	if (hook_enforces())
		policy = policy_in_force();
	if (!dry_run && take_short_way(hook, ctx, &policy, &verdict))
		return verdict;
	return take_long_way(hook, ctx, &policy);
}

#endif
