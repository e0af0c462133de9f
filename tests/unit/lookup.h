/* SPDX-License-Identifier: GPL-2.0-only */
/* What an image says of a packet: the walk of the data plane, in user space. */
#ifndef TESTS_UNIT_LOOKUP_H
#define TESTS_UNIT_LOOKUP_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/rules/image.h"
#include "lib/rules/table.h"

#define LOOKUP_NO_RULE LONG_MAX
#define PROBE_TAGS     3

/* A packet as trees and conditions see it. */
struct probe {
	enum pc_kind kind;
	uint32_t word[PC_WORDS];
	int32_t field[PC_FIELD_COUNT]; /* -1: it does not have it; not for VLAN, SADDR, DADDR */
	uint16_t vlan[PROBE_TAGS];
	unsigned n_vlans;
};

/* Under way in the trees of one packet. */
struct looking {
	const struct image *image;
	const struct probe *probe;
	uint8_t family;
};

static inline bool test_value(const struct image *image, const struct pc_cond *cond, uint32_t value)
{
	const uint8_t *byte;

	switch (cond->test) {
	case PC_TEST_RANGE:
		return cond->lo <= value && value <= cond->hi;
	case PC_TEST_MASK:
		return (value & cond->hi) == cond->lo;
	case PC_TEST_BITMAP:
		byte = image_span(image, cond->table + value / 8, 1);
		return byte && *byte >> value % 8 & 1;
	default:
		return false;
	}
}

static inline bool test(const struct looking *l, const struct pc_cond *cond)
{
	const struct probe *probe = l->probe;
	bool any = false;
	unsigned i;

	if (cond->field >= PC_FIELD_COUNT)
		return false;
	if (cond->test == PC_TEST_SET)
		return table_has(l->image, cond->table, l->family,
		                 probe->word + (cond->field == PC_FIELD_SADDR ? PC_WORD_SADDR
		                                                              : PC_WORD_DADDR));
	if (cond->field == PC_FIELD_VLAN) {
		for (i = 0; i < probe->n_vlans; i++)
			any |= test_value(l->image, cond, probe->vlan[i]);
		return any;
	}
	return probe->field[cond->field] >= 0 &&
	       test_value(l->image, cond, probe->field[cond->field]);
}

static inline bool conditions_hold(const struct looking *l, uint32_t address)
{
	const struct pc_cond *cond;
	unsigned i;

	for (i = 0; i < PC_MAX_CONDS; i++, address += sizeof(*cond)) {
		cond = image_span(l->image, address, sizeof(*cond));
		if (!cond || test(l, cond) == !!cond->negate)
			return false;
		if (cond->last)
			return true;
	}
	return false;
}

static inline bool address_matches(const uint32_t *word, const uint32_t *addr, const uint32_t *mask,
                                   unsigned words)
{
	uint32_t differ = 0;
	unsigned i;

	for (i = 0; i < words; i++)
		differ |= (word[i] ^ addr[i]) & mask[i];
	return !differ;
}

static inline bool ports_match(const uint32_t *word, const struct pc_entry4 *e)
{
	return e->sport_lo <= word[PC_WORD_SPORT] && word[PC_WORD_SPORT] <= e->sport_hi &&
	       e->dport_lo <= word[PC_WORD_DPORT] && word[PC_WORD_DPORT] <= e->dport_hi &&
	       !((word[PC_WORD_PROTO] ^ e->proto) & e->proto_mask);
}

/* What entries of both families have, as that of IPv4. */
static inline struct pc_entry4 common_part(const struct pc_entry6 *e)
{
	return (struct pc_entry4){ .sport_lo = e->sport_lo,
		                   .sport_hi = e->sport_hi,
		                   .dport_lo = e->dport_lo,
		                   .dport_hi = e->dport_hi,
		                   .proto = e->proto,
		                   .proto_mask = e->proto_mask,
		                   .rule = e->rule,
		                   .cond = e->cond };
}

static inline bool entry_matches(struct looking *l, const void *entry, uint16_t *ret_rule)
{
	const uint32_t *word = l->probe->word;
	const struct pc_entry6 *six = entry;
	struct pc_entry4 e;
	bool addresses;

	if (l->family == 6) {
		e = common_part(six);
		addresses = address_matches(word + PC_WORD_SADDR, six->saddr, six->smask, 4) &&
		            address_matches(word + PC_WORD_DADDR, six->daddr, six->dmask, 4);
	} else {
		e = *(const struct pc_entry4 *)entry;
		addresses = address_matches(word + PC_WORD_SADDR, &e.saddr, &e.smask, 1) &&
		            address_matches(word + PC_WORD_DADDR, &e.daddr, &e.dmask, 1);
	}
	*ret_rule = e.rule;
	return addresses && ports_match(word, &e) && (!e.cond || conditions_hold(l, e.cond));
}

/* The address of the first leaf for the packet; 0: there is none. */
static inline uint32_t find_leaf(struct looking *l, uint32_t root)
{
	const struct pc_node *node = image_span(l->image, root, sizeof(*node));
	uint32_t at = root;
	unsigned depth;

	for (depth = 0; node && !node->leaf && depth < PC_TREE_DEPTH; depth++) {
		at = node->base +
		     (l->probe->word[node->word] >> node->shift & node->mask) * sizeof(*node);
		node = image_span(l->image, at, sizeof(*node));
	}
	return node && node->leaf ? at : 0;
}

/* Calls for the rules that match, lowest first and each as often as it has entries that do, until
 * told to stop. */
static inline void each_match(struct looking *l, uint32_t root,
                              bool (*matched)(void *context, uint16_t rule), void *context)
{
	size_t size = l->family == 6 ? sizeof(struct pc_entry6) : sizeof(struct pc_entry4);
	uint32_t at = find_leaf(l, root);
	const struct pc_node *leaf;
	const uint8_t *entries;
	unsigned nodes, i;
	uint16_t rule;

	for (nodes = 0; at && nodes < PC_LEAF_NODES; nodes++, at += sizeof(*leaf)) {
		leaf = image_span(l->image, at, sizeof(*leaf));
		entries = leaf ? image_span(l->image, leaf->base, leaf->mask * size) : NULL;
		for (i = 0; entries && i < leaf->mask; i++)
			if (entry_matches(l, entries + i * size, &rule) && !matched(context, rule))
				return;
		if (!entries || leaf->word != PC_LEAF_GOES_ON)
			return;
	}
}

static inline bool decides(void *context, uint16_t rule)
{
	long *first = context;

	if (rule < *first)
		*first = rule;
	return false;
}

struct counting {
	long before; /* the rule that decides */
	uint16_t *rules;
	size_t n;
};

static inline bool counts(void *context, uint16_t rule)
{
	struct counting *c = context;

	if (rule > c->before)
		return false;
	if (!c->n || c->rules[c->n - 1] != rule)
		c->rules[c->n++] = rule;
	return true;
}

/* The same by the few entries of a small forest, where the image has them for packets of the kind;
 * else -2. */
static inline long few_lookup(const struct image *image, enum pc_direction direction,
                              const struct probe *probe)
{
	const struct pc_front *front = &image_header(image)->front;
	uint32_t few = front->side[direction].few[probe->kind], count = few % PC_FEW_ALIGN;
	const struct pc_few *e = (const void *)((const char *)front + few - count);
	const struct looking l = { .image = image, .probe = probe, .family = 4 };
	const uint32_t *word = probe->word;

	if (!few)
		return -2;
	for (; count; count--, e++) {
		if (pc_few_matches(e, (uint64_t)word[PC_WORD_DADDR] << 32 | word[PC_WORD_SADDR],
		                   pc_lanes(word[PC_WORD_SPORT], word[PC_WORD_DPORT],
		                            word[PC_WORD_PROTO])) &&
		    (!e->cond || conditions_hold(&l, e->cond)))
			return e->rule;
	}
	return -1;
}

/* The index of the rule that decides, or -1: the default does. The rules that count the packet go
 * to `counted`, which has room for all rules of the image, lowest first. The image is one that
 * image_header() accepts; whatever else may be wrong with it, nothing outside of it is read. */
static inline long image_lookup(const struct image *image, enum pc_direction direction,
                                const struct probe *probe, uint16_t *counted, size_t *n_counted)
{
	const struct pc_image *header = image_at(image, 0);
	const struct pc_side *side = &header->side[direction];
	struct looking l = {
		.image = image,
		.probe = probe,
		.family = probe->kind >= PC_KIND_IP6_TCP && probe->kind <= PC_KIND_IP6_REST ? 6 : 4,
	};
	struct counting c = { .before = LOOKUP_NO_RULE, .rules = counted };
	unsigned i;

	for (i = 0; i < PC_TREES && side->verdicts[probe->kind].root[i]; i++)
		each_match(&l, side->verdicts[probe->kind].root[i], decides, &c.before);
	if (side->counts[probe->kind].root[0])
		each_match(&l, side->counts[probe->kind].root[0], counts, &c);
	*n_counted = c.n;
	return c.before == LOOKUP_NO_RULE ? -1 : c.before;
}

#endif
