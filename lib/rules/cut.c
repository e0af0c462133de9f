/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a node of a tree is best cut.
 *
 * A good cut leaves few boxes in a slot and few boxes in more than one. What is measured of a cut
 * is the mean, over the boxes, of how many there are in their slot, times the cube root of how much
 * is there more than before: both by trial, with lists as operators have them.
 *
 * Slots are by the highest bits in which boxes differ: ranges of equal size. Where many values are
 * close together and few wide ranges lie over them, as with ports, the lowest bits tell them apart
 * at once: those slots are no ranges, but all that counts is that equal values are in the same. */
#include "lib/rules/cut.h"

#include <math.h>
#include <string.h>

#define MAX_BITS   10
#define MAX_GROWTH 4.0 /* what one cut may make of its boxes and slots */
#define WORTH      0.9 /* of what is there: a cut that leaves more is none */

/* Boxes and where they may be cut. */
struct choice {
	const struct box *boxes;
	const uint32_t *list;
	size_t n;
	double most;
	double weight; /* of the best cut so far */
	struct cut best;
	/* Of the cut that is looked at: where boxes begin and end, by slot, and how many of them go
	 * on in slot 0 behind the last. */
	uint32_t starts[1u << MAX_BITS], ends[1u << MAX_BITS];
	uint32_t wraps;
};

/* The smallest aligned part of a word that all boxes are in, as far as they are in the region.
 * Nothing outside of it matches any of them, whichever slot it is sent to. False: in this word they
 * are all alike. */
static bool narrow(const struct choice *c, struct range region, unsigned word, struct cut *ret_cut)
{
	struct range all = { ~0u, 0 };
	bool same = true;
	uint32_t differ;
	size_t i;

	for (i = 0; i < c->n; i++) {
		struct range r = c->boxes[c->list[i]].region.word[word];

		r.lo = r.lo > region.lo ? r.lo : region.lo;
		r.hi = r.hi < region.hi ? r.hi : region.hi;
		same &= !i || (r.lo == all.lo && r.hi == all.hi);
		all.lo = r.lo < all.lo ? r.lo : all.lo;
		all.hi = r.hi > all.hi ? r.hi : all.hi;
	}
	if (same)
		return false;
	ret_cut->bits = 32 - __builtin_clz(all.lo ^ all.hi);
	differ = ret_cut->bits == 32 ? ~0u : (1u << ret_cut->bits) - 1;
	ret_cut->part = (struct range){ all.lo & ~differ, all.lo | differ };
	ret_cut->word = word;
	ret_cut->shift = 0;
	ret_cut->low = false;
	return true;
}

static void count_edges(struct choice *c, const struct cut *cut)
{
	uint32_t first, slots, last;
	size_t i;

	memset(c->starts, 0, sizeof(*c->starts) * cut_slots(cut));
	memset(c->ends, 0, sizeof(*c->ends) * cut_slots(cut));
	c->wraps = 0;
	for (i = 0; i < c->n; i++) {
		slots = cut_place(cut, c->boxes[c->list[i]].region.word[cut->word], &first);
		last = (first + slots - 1) & (cut_slots(cut) - 1);
		c->starts[first]++;
		c->ends[last]++;
		c->wraps += last < first;
	}
}

/* Keeps the cut if it is the best so far. */
static void weigh(struct choice *c, struct cut *cut)
{
	double sum = 0, squares = 0, growth, weight;
	uint32_t here = c->wraps, i;

	for (i = 0; i < cut_slots(cut); i++) {
		here += c->starts[i];
		sum += here;
		squares += (double)here * here;
		here -= c->ends[i];
	}
	cut->n = sum;
	growth = (sum + cut_slots(cut) / 4.0) / c->n;
	weight = squares / sum * cbrt(growth);
	if (growth * c->n > c->most || growth > MAX_GROWTH || weight >= c->weight)
		return;
	c->weight = weight;
	c->best = *cut;
}

/* The same slots, two and two made one. */
static void fold(struct choice *c, struct cut *cut)
{
	uint32_t i;

	cut->bits--;
	cut->shift++;
	for (i = 0; i < cut_slots(cut); i++) {
		c->starts[i] = c->starts[2 * i] + c->starts[2 * i + 1];
		c->ends[i] = c->ends[2 * i] + c->ends[2 * i + 1];
	}
}

/* As many bits as there may be. */
static unsigned sensible_bits(const struct choice *c, unsigned bits)
{
	while (bits > MAX_BITS || (bits > 1 && (1u << bits) / 4.0 > MAX_GROWTH * c->n))
		bits--;
	return bits;
}

static void try_highest(struct choice *c, struct cut cut)
{
	unsigned width = cut.bits;

	cut.bits = sensible_bits(c, width);
	cut.shift = width - cut.bits;
	for (count_edges(c, &cut); cut.bits; fold(c, &cut))
		weigh(c, &cut);
}

static void try_lowest(struct choice *c, struct cut cut)
{
	unsigned width = cut.bits, bits;

	cut.low = true;
	for (bits = sensible_bits(c, width - 1); bits > 1 && bits < width; bits -= 2) {
		cut.bits = bits;
		count_edges(c, &cut);
		weigh(c, &cut);
	}
}

bool cut_choose(const struct box *boxes, const uint32_t *list, size_t n,
                const struct region *region, double most, struct cut *ret_cut)
{
	struct choice c = { boxes, list, n, .most = most, .weight = n * WORTH };
	unsigned word;
	struct cut cut;

	c.best.bits = 0;
	for (word = 0; word < BOX_WORDS; word++)
		if (narrow(&c, region->word[word], word, &cut))
			try_highest(&c, cut);
	if (c.weight > n / 2.0)
		for (word = 0; word < BOX_WORDS; word++)
			if (narrow(&c, region->word[word], word, &cut))
				try_lowest(&c, cut);
	*ret_cut = c.best;
	return ret_cut->bits;
}
