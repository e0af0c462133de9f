/* SPDX-License-Identifier: GPL-2.0-only */
/* Which rules a packet matches: down each tree of a forest to a leaf, then its entries in order. */
#ifndef BPF_FOREST_H
#define BPF_FOREST_H

#include "abi/image.h"
#include "bpf/conditions.h"
#include "bpf/image.h"
#include "bpf/packet.h"
#include "bpf/rules.h"

/* Where `value` lies outside lo..hi the result has its highest bit set; all are 16 bits wide. No
 * branches, which the verifier would follow one by one. */
static __always_inline __u32 outside(__u32 value, __u32 lo, __u32 hi)
{
	return (value - lo) | (hi - value);
}

static __always_inline bool is_outside(__u32 ports, __u32 off)
{
	return ports >> 31 | off;
}

static __always_inline bool entry4_matches(const struct pc_entry4 *e, const __u32 *word)
{
	__u32 off = ((word[PC_WORD_SADDR] ^ e->saddr) & e->smask) |
	            ((word[PC_WORD_DADDR] ^ e->daddr) & e->dmask) |
	            ((word[PC_WORD_PROTO] ^ e->proto) & e->proto_mask);

	return !is_outside(outside(word[PC_WORD_SPORT], e->sport_lo, e->sport_hi) |
	                           outside(word[PC_WORD_DPORT], e->dport_lo, e->dport_hi),
	                   off);
}

static __always_inline bool entry6_matches(const struct pc_entry6 *e, const __u32 *word)
{
	__u32 off = (word[PC_WORD_PROTO] ^ e->proto) & e->proto_mask;

#pragma unroll
	for (int i = 0; i < 4; i++)
		off |= ((word[PC_WORD_SADDR + i] ^ e->saddr[i]) & e->smask[i]) |
		       ((word[PC_WORD_DADDR + i] ^ e->daddr[i]) & e->dmask[i]);
	return !is_outside(outside(word[PC_WORD_SPORT], e->sport_lo, e->sport_hi) |
	                           outside(word[PC_WORD_DPORT], e->dport_lo, e->dport_hi),
	                   off);
}

/* Whichever of the two entries there are in a leaf. */
struct entry {
	const void *at;
	bool six;
};

static __always_inline bool entry_matches(struct entry e, const __u32 *word)
{
	return e.six ? entry6_matches(e.at, word) : entry4_matches(e.at, word);
}

static __always_inline __u32 entry_rule(struct entry e)
{
	return e.six ? ((const struct pc_entry6 *)e.at)->rule
	             : ((const struct pc_entry4 *)e.at)->rule;
}

static __always_inline __u32 entry_cond(struct entry e)
{
	return e.six ? ((const struct pc_entry6 *)e.at)->cond
	             : ((const struct pc_entry4 *)e.at)->cond;
}

static __always_inline struct entry entry_next(struct entry e)
{
	e.at += e.six ? sizeof(struct pc_entry6) : sizeof(struct pc_entry4);
	return e;
}

/* Looks for a rule below the best one so far that matches. What needs no more than addresses, ports
 * and protocol to match is said to be asked nothing. */
static __always_inline void scan_leaf(hook_ctx *ctx, struct packet *p, const struct pc_node *leaf,
                                      bool six)
{
	struct entry e = { image_at(p->search.image, leaf->base), six };
	__u32 count = leaf->mask, best = p->search.rule;

	if (!e.at)
		return;
	for (__u32 i = 0; i < PC_LEAF_ENTRIES && i < count; i++, e = entry_next(e)) {
		__u32 rule = entry_rule(e), cond;

		if (rule >= best)
			return;
		if (!entry_matches(e, p->word))
			continue;
		cond = entry_cond(e);
		if (cond) {
			p->search.asked = 1;
			if (!HOOK_NAME(conditions_hold)(ctx, p, cond))
				continue;
		}
		p->search.rule = rule;
		return;
	}
}

/* Counts for all rules that match below the one that decides, for each once. */
static __always_inline void tally_leaf(hook_ctx *ctx, struct packet *p, const struct pc_node *leaf,
                                       bool six)
{
	struct entry e = { image_at(p->search.image, leaf->base), six };
	__u32 count = leaf->mask, decides = p->search.rule;

	if (!e.at)
		return;
	for (__u32 i = 0; i < PC_LEAF_ENTRIES && i < count; i++, e = entry_next(e)) {
		__u32 rule = entry_rule(e), cond;

		if (rule >= decides)
			return;
		if (rule == p->search.counted || !entry_matches(e, p->word))
			continue;
		p->search.asked = 1;
		cond = entry_cond(e);
		if (cond && !HOOK_NAME(conditions_hold)(ctx, p, cond))
			continue;
		p->search.counted = rule;
		HOOK_NAME(count_rule)(p, rule);
	}
}

/* The leaf a packet comes to from the node at *address, which becomes the leaf's. NULL: none, the
 * image is damaged. */
static __always_inline const struct pc_node *find_leaf(const struct packet *p, __u32 *address)
{
	const struct pc_node *node = image_at(p->search.image, *address);

	for (int i = 0; i < PC_TREE_DEPTH && node && !node->leaf; i++) {
		*address = node->base +
		           (p->word[node->word] >> node->shift & node->mask) * sizeof(*node);
		node = image_at(p->search.image, *address);
	}
	return node && node->leaf ? node : NULL;
}

/* The tree that comes next in the forest of the packet's direction and kind. 0: none. */
static __always_inline __u32 next_tree(const struct packet *p, bool tallies)
{
	const struct pc_image *header = image_at(p->search.image, 0);
	const struct pc_side *side;
	const struct pc_forest *f;
	__u32 kind = p->kind;

	if (!header || kind >= PC_KIND_COUNT)
		return 0;
	side = &header->side[p->direction == PC_OUT];
	f = tallies ? &side->counts[kind] : &side->verdicts[kind];
	return f->root[p->search.tree % PC_TREES];
}

/* Goes from tree to tree, until a leaf goes on in the next one, which is rare; where it counts, one
 * tree at a time. Returns whether the search is to be resumed. */
static __always_inline int search_forest(hook_ctx *ctx, struct packet *p, bool six, bool tallies)
{
	for (int i = 0; i < PC_TREES; i++) {
		__u32 address = p->search.leaf ?: next_tree(p, tallies);
		const struct pc_node *leaf = address ? find_leaf(p, &address) : NULL;

		if (!leaf)
			return 0;
		if (tallies)
			tally_leaf(ctx, p, leaf, six);
		else
			scan_leaf(ctx, p, leaf, six);
		if (__builtin_expect(leaf->word == PC_LEAF_GOES_ON, 0)) {
			p->search.leaf = address + sizeof(*leaf);
			return 1;
		}
		p->search.leaf = 0;
		if (++p->search.tree == PC_TREES)
			return 0;
		if (tallies)
			return 1;
	}
	return 0;
}

/* Global functions, each verified on its own. Packets that are not IP have IPv4's entries. */
__attribute__((noinline)) int HOOK_NAME(search4)(hook_ctx *ctx, struct packet *p)
{
	return p ? search_forest(ctx, p, false, false) : 0;
}

__attribute__((noinline)) int HOOK_NAME(search6)(hook_ctx *ctx, struct packet *p)
{
	return p ? search_forest(ctx, p, true, false) : 0;
}

__attribute__((noinline)) int HOOK_NAME(tally4)(hook_ctx *ctx, struct packet *p)
{
	return p ? search_forest(ctx, p, false, true) : 0;
}

__attribute__((noinline)) int HOOK_NAME(tally6)(hook_ctx *ctx, struct packet *p)
{
	return p ? search_forest(ctx, p, true, true) : 0;
}

/* A search that is resumed again and again. */
struct resumed {
	hook_ctx *ctx;
	struct packet *p;
};

static __always_inline int search_on(hook_ctx *ctx, struct packet *p)
{
	return p->version == 6 ? HOOK_NAME(search6)(ctx, p) : HOOK_NAME(search4)(ctx, p);
}

static long search_turn(__u32 turn, struct resumed *r)
{
	(void)turn;
	return !search_on(r->ctx, r->p);
}

static long tally_turn(__u32 turn, struct resumed *r)
{
	(void)turn;
	return r->p->version == 6 ? !HOOK_NAME(tally6)(r->ctx, r->p)
	                          : !HOOK_NAME(tally4)(r->ctx, r->p);
}

/* Finds the lowest rule that passes, drops or limits and matches; counts for all rules that do and
 * come before it. */
static __always_inline void search(hook_ctx *ctx, struct packet *p, bool has_counts)
{
	struct resumed resumed = { ctx, p };

	if (__builtin_expect(search_on(ctx, p), 0))
		bpf_loop(PC_TREES * PC_LEAF_NODES, search_turn, &resumed, 0);
	if (!has_counts)
		return;
	p->search.tree = p->search.leaf = 0;
	bpf_loop(PC_TREES * PC_LEAF_NODES, tally_turn, &resumed, 0);
}

#endif
