/* SPDX-License-Identifier: GPL-2.0-only */
/* An entry of a tree in the making: what packets it is for, as a range of each word. */
#ifndef LIB_RULES_BOX_H
#define LIB_RULES_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "abi/image.h"
#include "lib/rules/rule.h"

#define BOX_WORDS (PC_WORD_PROTO + 1)

/* By enum pc_word. In the words of addresses and in that of the protocol the ranges are prefixes;
 * those that a family or a kind does not have are full. */
struct region {
	struct range word[BOX_WORDS];
};

struct box {
	struct region region;
	uint32_t cond; /* address of the conditions; 0: none */
	uint16_t rule;
	uint16_t zero;
};

struct boxes {
	struct box *at;
	size_t n, room;
};

/* Makes sure that so many more fit. Returns whether they do. */
static inline bool boxes_fit(struct boxes *boxes, size_t more)
{
	size_t room = boxes->n + more < 64 ? 64 : (boxes->n + more) * 2;
	struct box *at;

	if (boxes->n + more <= boxes->room)
		return true;
	at = realloc(boxes->at, room * sizeof(*at));
	if (!at)
		return false;
	boxes->at = at;
	boxes->room = room;
	return true;
}

/* Everything there is: the highest values words have. */
static inline struct region region_all(void)
{
	struct region all;
	unsigned w;

	for (w = 0; w < BOX_WORDS; w++)
		all.word[w] = (struct range){ 0, ~0u };
	all.word[PC_WORD_SPORT].hi = all.word[PC_WORD_DPORT].hi = 65535;
	all.word[PC_WORD_PROTO].hi = 255;
	return all;
}

static inline bool range_covers(struct range outer, struct range inner)
{
	return outer.lo <= inner.lo && inner.hi <= outer.hi;
}

static inline bool region_covers(const struct region *outer, const struct region *inner)
{
	unsigned w;

	for (w = 0; w < BOX_WORDS; w++)
		if (!range_covers(outer->word[w], inner->word[w]))
			return false;
	return true;
}

/* What both have, one of which has part of the other. */
static inline struct region region_overlap(const struct region *a, const struct region *b)
{
	struct region both;
	unsigned w;

	for (w = 0; w < BOX_WORDS; w++) {
		struct range x = a->word[w], y = b->word[w];

		both.word[w].lo = x.lo > y.lo ? x.lo : y.lo;
		both.word[w].hi = x.hi < y.hi ? x.hi : y.hi;
	}
	return both;
}

#endif
