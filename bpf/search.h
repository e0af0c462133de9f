/* SPDX-License-Identifier: GPL-2.0-only */
/* Which rules a packet matches: from tree to tree of a forest, what entries leave open asked for.
 */
#ifndef BPF_SEARCH_H
#define BPF_SEARCH_H

#include "abi/image.h"
#include "bpf/conditions.h"
#include "bpf/forest.h"
#include "bpf/in_force.h"
#include "bpf/packet.h"
#include "bpf/rules.h"

#define MOST_TURNS (PC_LEAF_NODES * PC_LEAF_ENTRIES * (1 + PC_MAX_CONDS)) /* in a tree */

/* A tree that takes more than one turn. */
struct resumed {
	hook_ctx *ctx;
	struct packet *p;
	__u32 matched; /* an entry did, as far as it was asked */
	__u32 counted; /* the last rule that did */
};

/* One turn: asks for one condition of the entry that matched, or looks for the next. Tells whether
 * an entry matched in all. */
static __always_inline bool take_turn(struct resumed *r)
{
	struct packet *p = r->p;
	int found;

	if (!r->matched) {
		r->matched = match_in(p, p->search.leaf);
		return r->matched && !p->search.cond;
	}
	found = HOOK_NAME(condition)(r->ctx, p, p->search.cond);
	p->search.cond += sizeof(struct pc_cond);
	if (!(found & HOLDS))
		r->matched = 0;
	return found == (HOLDS | LAST);
}

/* 1: the tree is done. */
static long search_turn(__u32 turn, struct resumed *r)
{
	struct packet *p = r->p;

	(void)turn;
	if (!r->matched && !p->search.leaf)
		return 1;
	if (!take_turn(r))
		return 0;
	p->search.rule = p->search.match;
	return 1;
}

/* The same, for each rule that matches, once. */
static long tally_turn(__u32 turn, struct resumed *r)
{
	struct packet *p = r->p;

	(void)turn;
	if (!r->matched && !p->search.leaf)
		return 1;
	if (!take_turn(r))
		return 0;
	r->matched = 0;
	p->search.asked |= ASKED_MORE;
	if (p->search.match != r->counted)
		HOOK_NAME(count_rule)(p, p->search.match);
	r->counted = p->search.match;
	return 0;
}

static __always_inline void search_on(hook_ctx *ctx, struct packet *p, int matched)
{
	struct resumed resumed = { .ctx = ctx, .p = p, .matched = matched };

	bpf_loop(MOST_TURNS, search_turn, &resumed, 0);
}

/* Whether an entry that matched still does when its first condition is asked; *ret_last if that is
 * all, as with most that ask. */
static __always_inline bool first_holds(hook_ctx *ctx, struct packet *p, bool *ret_last)
{
	int found;

	*ret_last = true;
	if (!p->search.cond)
		return true;
	found = HOOK_NAME(condition)(ctx, p, p->search.cond);
	*ret_last = found & LAST;
	return found & HOLDS;
}

/* The lowest rule of the packet's forest that passes, drops or limits and matches. */
static __always_inline void search(hook_ctx *ctx, struct packet *p)
{
	__u32 found = 0;

	for (int i = 0; i < PC_TREES; i++) {
		bool last = true;
		int matched;

		found >>= TREE_SHIFT;
		found = p->version == 6 ? HOOK_NAME(match_trees6)(p, found)
		                        : HOOK_NAME(match_trees4)(p, found);
		if (!found)
			return;
		matched = found & TREE_MATCHED;
		if (matched)
			matched = first_holds(ctx, p, &last);
		if (matched && last)
			p->search.rule = p->search.match;
		else if (matched || p->search.leaf)
			search_on(ctx, p, matched);
	}
}

/* The same for a forest of a few entries, and what is to be done; or NOT_KNOWN: go by the trees, as
 * the packet may not be asked for conditions, or for more than one. In line: a call takes longer
 * than all of it. */
static __always_inline __u32 search_few(hook_ctx *ctx, struct packet *p,
                                        const struct in_force *policy, __u32 few, bool may_ask)
{
	const __u64 addresses = ip4_addresses(p);
	const __u64 lanes =
		pc_lanes(p->word[PC_WORD_SPORT], p->word[PC_WORD_DPORT], p->word[PC_WORD_PROTO]);
	const struct pc_few *e = front_few(policy, few);
	__u32 count = few % PC_FEW_ALIGN;

#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < PC_FEW && i < count; i++, e++) {
		int found = HOLDS | LAST;

		if (!pc_few_matches(e, addresses, lanes))
			continue;
		if (e->cond && !may_ask)
			return NOT_KNOWN;
		if (e->cond)
			found = HOOK_NAME(condition)(ctx, p, e->cond);
		if (!(found & HOLDS))
			continue;
		if (!(found & LAST))
			return NOT_KNOWN;
		p->search.rule = e->rule;
		return e->deed;
	}
	return BY_DEFAULT;
}

/* Counts for all rules that do, match and come before the one that decides. A global function:
 * verified on its own. */
__attribute__((noinline)) int HOOK_NAME(tally)(hook_ctx *ctx, struct packet *p, __u32 address)
{
	struct resumed resumed = { .ctx = ctx, .p = p, .counted = NO_RULE };

	if (!p)
		return 0;
	p->search.entry = 0;
	p->search.leaf = address;
	bpf_loop(MOST_TURNS, tally_turn, &resumed, 0);
	return 0;
}

#endif
