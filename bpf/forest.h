/* SPDX-License-Identifier: GPL-2.0-only */
/* Which entries of rules a packet matches: down a tree to a leaf, then its entries in order. */
#ifndef BPF_FOREST_H
#define BPF_FOREST_H

#include "abi/image.h"
#include "bpf/image.h"
#include "bpf/packet.h"

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

static __always_inline __u32 entry_size(bool six)
{
	return six ? sizeof(struct pc_entry6) : sizeof(struct pc_entry4);
}

/* The leaf a packet comes to from the node at *address, which becomes the leaf's. False: there is
 * none, the image is damaged. */
static __always_inline bool find_leaf(const struct packet *p, struct trail *t, __u32 *address,
                                      struct pc_node *ret_leaf)
{
	struct pc_node node;
	bool there = take_node(trail_at(t, *address), &node);

	for (int i = 0; i < PC_TREE_DEPTH && there && !node.leaf; i++) {
		*address = node_child(&node, p->word[node.word]);
		there = take_node(trail_at(t, *address), &node);
	}
	*ret_leaf = node;
	return there && node.leaf;
}

/* Leaves are looked at in turns of so many entries, which most have not: it is all that the
 * verifier looks at. */
#define TURN_ENTRIES 8

/* The next turn is from this entry on; behind the last one, in the next leaf, if there is one. */
static __always_inline void go_on_at(struct packet *p, const struct pc_node *leaf, __u32 address,
                                     __u32 entry)
{
	p->search.entry = entry;
	p->search.leaf = address;
	if (entry < leaf->mask)
		return;
	p->search.entry = 0;
	p->search.leaf = leaf->word == PC_LEAF_GOES_ON ? address + sizeof(*leaf) : 0;
}

/* One turn in a leaf, from the entry `e` on, which is its `first`; tells whether one matched. What
 * is next then is the one behind it. */
static __always_inline bool scan_leaf(struct packet *p, const struct pc_node *leaf, __u32 address,
                                      struct entry e, __u32 first)
{
	__u32 count = leaf->mask > first ? leaf->mask - first : 0, best = p->search.rule;

	for (__u32 i = 0; i < TURN_ENTRIES; i++, e.at += entry_size(e.six)) {
		__u32 rule;

		if (i >= count)
			break;
		rule = entry_rule(e);
		if (rule >= best) {
			p->search.leaf = 0;
			return false;
		}
		if (!entry_matches(e, p->word))
			continue;
		p->search.match = rule;
		p->search.cond = entry_cond(e);
		go_on_at(p, leaf, address, first + i + 1);
		return true;
	}
	go_on_at(p, leaf, address, first + TURN_ENTRIES);
	return false;
}

static __always_inline int match(struct packet *p, __u32 address, bool six)
{
	struct trail trail = { .image = p->search.image };
	struct pc_node leaf = { 0 };
	__u32 first = p->search.entry;
	struct entry e = { .six = six };

	if (find_leaf(p, &trail, &address, &leaf))
		e.at = trail_at(&trail, leaf.base + first * entry_size(six));
	if (e.at)
		return scan_leaf(p, &leaf, address, e, first);
	p->search.leaf = 0;
	return 0;
}

/* Looks for an entry that matches, of a rule below the one that decides as far as is known, in the
 * tree with a root or from a leaf on; tells whether there was one. If p->search.leaf is not 0 then,
 * the tree has more. Global functions, each verified on its own. Packets that are not IP have
 * IPv4's entries. */
__attribute__((noinline)) int HOOK_NAME(match4)(struct packet *p, __u32 address)
{
	return p ? match(p, address, false) : 0;
}

__attribute__((noinline)) int HOOK_NAME(match6)(struct packet *p, __u32 address)
{
	return p ? match(p, address, true) : 0;
}

static __always_inline int match_in(struct packet *p, __u32 address)
{
	return p->version == 6 ? HOOK_NAME(match6)(p, address) : HOOK_NAME(match4)(p, address);
}

/* So many side by side, which most trees do not have: each is verified for each number of trees. */
#define STEPS 8

enum walk { UNDER_WAY, ARRIVED, LOST };

/* A step down for each of so many trees: a leaf stays where it is. No branches but for the end of
 * the way, as what one tree waits for from memory the others then wait for as well. */
static __always_inline enum walk step_down(const struct packet *p, int trees,
                                           __u32 address[static PC_TREES],
                                           struct pc_node node[static PC_TREES])
{
	__u32 leaves = 1;

#pragma unroll
	for (int i = 0; i < PC_TREES; i++) {
		if (i >= trees)
			continue;
		if (!take_node(image_at(p->search.image, address[i]), &node[i]))
			return LOST;
		leaves &= node[i].leaf;
	}
	if (leaves)
		return ARRIVED;
#pragma unroll
	for (int i = 0; i < PC_TREES; i++) {
		__u32 inner = node[i].leaf - 1u;

		if (i >= trees)
			continue;
		asm volatile("" : "+r"(inner));
		address[i] ^= (address[i] ^ node_child(&node[i], p->word[node[i].word])) & inner;
	}
	return UNDER_WAY;
}

#define TREE_GOES_ON 1 /* p->search is where */
#define TREE_MATCHED 2 /* an entry, which has a condition to be asked for */
#define TREE_SHIFT   2

/* From the tree `first` of the forest on for the lowest rule that matches: 0 when all are done,
 * else how one of them goes on, TREE_..., and which is next. */
static __always_inline int match_trees(struct packet *p, int first, bool six)
{
	const struct pc_image *header = image_at(p->search.image, 0);
	const struct pc_forest *forest;
	struct pc_node leaf[PC_TREES] = {};
	__u32 address[PC_TREES];
	enum walk walk = UNDER_WAY;
	int trees = 0;

	if (!header)
		return 0;
	forest = &header->side[HOOK_DIRECTION].verdicts[p->kind % 16];
#pragma unroll
	for (int i = 0; i < PC_TREES; i++) {
		address[i] = forest->root[i];
		trees += !!address[i];
	}
	asm volatile("" : "+r"(trees)); /* or all ways to it are verified one by one */
	for (int i = 0; i < STEPS && walk == UNDER_WAY; i++)
		walk = step_down(p, trees, address, leaf);
	if (walk == LOST)
		return 0;
#pragma unroll
	for (int i = 0; i < PC_TREES; i++) {
		struct entry e = { .six = six };

		if (i < first || i >= trees)
			continue;
		if (!leaf[i].leaf) {
			p->search.entry = 0;
			p->search.leaf = address[i];
			return (i + 1) << TREE_SHIFT | TREE_GOES_ON;
		}
		e.at = image_at(p->search.image, leaf[i].base);
		if (!e.at)
			return 0;
		if (!scan_leaf(p, &leaf[i], address[i], e, 0)) {
			if (p->search.leaf)
				return (i + 1) << TREE_SHIFT | TREE_GOES_ON;
			continue;
		}
		if (p->search.cond)
			return (i + 1) << TREE_SHIFT | TREE_GOES_ON | TREE_MATCHED;
		p->search.rule = p->search.match;
	}
	return 0;
}

/* Global functions, each verified on its own. */
__attribute__((noinline)) int HOOK_NAME(match_trees4)(struct packet *p, int first)
{
	return p ? match_trees(p, first, false) : 0;
}

__attribute__((noinline)) int HOOK_NAME(match_trees6)(struct packet *p, int first)
{
	return p ? match_trees(p, first, true) : 0;
}

#endif
