/* SPDX-License-Identifier: GPL-2.0-only */
/* What the data plane relies on in an image. */
#ifndef TESTS_UNIT_SOUND_H
#define TESTS_UNIT_SOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/rules/image.h"
#include "tests/tap.h"

struct tree {
	const struct image *image;
	bool six, ordered;
};

static inline bool check_conds(const struct tree *t, uint32_t address)
{
	const struct pc_cond *cond;
	unsigned n = 0;

	if (!address)
		return true;
	do {
		cond = image_span(t->image, address + n * sizeof(*cond), sizeof(*cond));
		if (!tap_check(cond && ++n <= PC_MAX_CONDS))
			return false;
	} while (!cond->last);
	return tap_check_int(address / PC_PAGE_SIZE,
	                     (address + n * sizeof(*cond) - 1) / PC_PAGE_SIZE);
}

static inline bool check_leaves(const struct tree *t, uint32_t at)
{
	size_t size = t->six ? sizeof(struct pc_entry6) : sizeof(struct pc_entry4);
	const struct pc_node *leaf;
	unsigned nodes = 0, i, rule, cond, before = 0;
	const void *entry;

	do {
		leaf = image_span(t->image, at + nodes * sizeof(*leaf), sizeof(*leaf));
		if (!leaf || !leaf->leaf || ++nodes > PC_LEAF_NODES)
			return tap_fail("no leaf at %#x", at), false;
		if (!tap_check(leaf->mask <= PC_LEAF_ENTRIES) ||
		    !tap_check(!leaf->mask ||
		               leaf->base / PC_PAGE_SIZE ==
		                       (leaf->base + leaf->mask * size - 1) / PC_PAGE_SIZE))
			return false;
		for (i = 0; i < leaf->mask; i++) {
			entry = image_span(t->image, leaf->base + i * size, size);
			if (!entry)
				return tap_fail("no entry"), false;
			rule = t->six ? ((const struct pc_entry6 *)entry)->rule
			              : ((const struct pc_entry4 *)entry)->rule;
			cond = t->six ? ((const struct pc_entry6 *)entry)->cond
			              : ((const struct pc_entry4 *)entry)->cond;
			if (!tap_check(rule >= before) || !check_conds(t, cond))
				return false;
			before = rule;
		}
	} while (leaf->word == PC_LEAF_GOES_ON);
	return true;
}

static inline bool check_tree(const struct tree *t, uint32_t at, unsigned depth)
{
	const struct pc_node *node = image_span(t->image, at, sizeof(*node));
	unsigned i;

	if (!node)
		return tap_fail("no node at %#x", at), false;
	if (node->leaf)
		return check_leaves(t, at);
	if (!tap_check(depth < PC_TREE_DEPTH) ||
	    !tap_check(node->shift + __builtin_popcount(node->mask) <= 32) ||
	    !tap_check_int(node->base / PC_PAGE_SIZE,
	                   (node->base + node->mask * sizeof(*node)) / PC_PAGE_SIZE))
		return false;
	for (i = 0; i <= node->mask; i++)
		if (!check_tree(t, node->base + i * sizeof(*node), depth + 1))
			return false;
	return true;
}

/* A few entry says what the one of the leaf does. */
static inline bool check_same(const struct image *image, const struct pc_few *few,
                              const struct pc_entry4 *e)
{
	const struct pc_image *header = image_header(image);
	const struct pc_rule *rules = image_at(image, header->front.rules);
	uint32_t number = rules[e->rule].action == PC_ACTION_LIMIT ? e->rule : rules[e->rule].cell;

	return tap_check(few->addresses == ((uint64_t)e->daddr << 32 | e->saddr)) &&
	       tap_check(few->mask == ((uint64_t)e->dmask << 32 | e->smask)) &&
	       tap_check(few->low == ((uint64_t)e->proto << PC_LANE_PROTO |
	                              (uint64_t)e->dport_lo << PC_LANE_DPORT | e->sport_lo)) &&
	       tap_check(few->high ==
	                 ((uint64_t)(e->proto | (uint8_t)~e->proto_mask) << PC_LANE_PROTO |
	                  (uint64_t)e->dport_hi << PC_LANE_DPORT | e->sport_hi)) &&
	       tap_check_int(few->rule, e->rule) && tap_check_int(few->cond, e->cond) &&
	       tap_check_int(few->deed >> PC_DEED_ACTION_SHIFT, rules[e->rule].action) &&
	       tap_check_int(few->deed & ((1 << PC_DEED_ACTION_SHIFT) - 1), number);
}

/* The entries of a small forest are those of its leaf. */
static inline bool check_few(const struct image *image, const struct pc_forest *f, uint32_t few)
{
	const struct pc_node *leaf = image_span(image, f->root[0], sizeof(*leaf));
	const struct pc_front *front = &image_header(image)->front;
	uint32_t count = few % PC_FEW_ALIGN, at = few - count;
	const struct pc_entry4 *entries;

	if (!few)
		return true;
	if (!count)
		return tap_check(!f->root[0]);
	if (!tap_check(count <= PC_FEW && f->root[0] && !f->root[1] && leaf->leaf) ||
	    !tap_check_int(leaf->mask, count) ||
	    !tap_check(at + count * sizeof(struct pc_few) <= sizeof(*front)))
		return false;
	entries = image_at(image, leaf->base);
	for (uint32_t i = 0; i < count; i++)
		if (!check_same(image, (const struct pc_few *)((const char *)front + at) + i,
		                &entries[i]))
			return false;
	return true;
}

static inline bool check_image(const struct image *image)
{
	const struct pc_image *header = image_header(image);
	unsigned forests = PC_DIRECTION_COUNT * PC_KIND_COUNT * 2, i, root;

	if (!tap_check(header))
		return false;
	for (i = 0; i < forests; i++) {
		enum pc_kind kind = i / 2 % PC_KIND_COUNT;
		const struct pc_side *side = &header->side[i / 2 / PC_KIND_COUNT];
		const uint32_t *few = &header->front.side[i / 2 / PC_KIND_COUNT].few[kind];
		const struct pc_forest *f = i % 2 ? &side->counts[kind] : &side->verdicts[kind];
		struct tree t = { image, kind >= PC_KIND_IP6_TCP && kind <= PC_KIND_IP6_REST,
			          i % 2 };

		for (root = 0; root < PC_TREES && f->root[root]; root++)
			if (!check_tree(&t, f->root[root], 0) || !tap_check(!root || !t.ordered))
				return false;
		if (!(i % 2) && !check_few(image, f, *few))
			return false;
		if (t.six && !tap_check(*few % PC_FEW_ALIGN == 0))
			return false;
	}
	return true;
}

#endif
