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

/* The same for a tree that is but a leaf with its entries in the same page, as that of a small
 * policy is. Tells whether it is one; if so, *ret_matched. In line: a call takes longer than all of
 * it. */
static __always_inline bool match_near(struct packet *p, const struct pc_image *header,
                                       __u32 address, int *ret_matched)
{
	__u32 number = address >> PC_PAGE_SHIFT;
	void *page = number ? page_at(p->search.image + number) : (void *)header;
	const struct pc_node *leaf;
	struct entry e = { 0 };

	if (!page || p->version == 6)
		return false;
	leaf = page_offset(page, address);
	if (!leaf->leaf || leaf->base >> PC_PAGE_SHIFT != number)
		return false;
	e.at = page_offset(page, leaf->base);
	*ret_matched = scan_leaf(p, leaf, address, e, 0);
	return true;
}

static __always_inline int match_in(struct packet *p, __u32 address)
{
	return p->version == 6 ? HOOK_NAME(match6)(p, address) : HOOK_NAME(match4)(p, address);
}

#endif
