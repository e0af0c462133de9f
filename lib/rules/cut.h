/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a node of a tree is best cut. */
#ifndef LIB_RULES_CUT_H
#define LIB_RULES_CUT_H

#include "lib/rules/box.h"

/* `bits` of a word above `shift` are the number of a slot. */
struct cut {
	unsigned word, shift, bits;
	struct range part; /* of the word: aligned, all boxes there are in it */
	bool low;          /* there are more bits above: the values of a slot are no range */
	size_t n;          /* boxes in all slots together; one in several counts as many times */
};

/* Chooses a cut of those boxes of `list`, within `region`. `most` is how many boxes and slots there
 * may be, counting a slot as a quarter. False: none is worth it. */
bool cut_choose(const struct box *boxes, const uint32_t *list, size_t n,
                const struct region *region, double most, struct cut *ret_cut);

static inline uint32_t cut_slots(const struct cut *cut)
{
	return 1u << cut->bits;
}

/* The values of slot `i`, or a range they are in. */
static inline struct range cut_values(const struct cut *cut, uint32_t i)
{
	uint32_t lo = cut->part.lo + (i << cut->shift);

	return cut->low ? cut->part : (struct range){ lo, lo + ((1u << cut->shift) - 1) };
}

/* How many slots a range is in, the first of which is *ret_first; after the last comes slot 0. */
static inline uint32_t cut_place(const struct cut *cut, struct range range, uint32_t *ret_first)
{
	uint32_t lo = range.lo > cut->part.lo ? range.lo : cut->part.lo;
	uint32_t hi = range.hi < cut->part.hi ? range.hi : cut->part.hi;
	uint32_t n = (hi >> cut->shift) - (lo >> cut->shift);

	*ret_first = lo >> cut->shift & (cut_slots(cut) - 1);
	return n < cut_slots(cut) ? n + 1 : cut_slots(cut);
}

#endif
