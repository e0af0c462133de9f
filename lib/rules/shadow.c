/* SPDX-License-Identifier: GPL-2.0-only */
/* Which earlier rule leaves nothing for a later one, found without comparing all with all.
 *
 * A rule that asks for an address, a port or another number is found under one of these: under the
 * smallest block (a prefix, of a port's bits, too) that has all the values it takes. A rule that it
 * covers has all its values in that block, and so is looked for under every block around its own.
 * Of several blocks a rule is found under the one that fewest rules share. */
#include "lib/rules/shadow.h"

#include <stdlib.h>
#include <string.h>

#include "lib/rules/implies.h"

#define MAX_SLOTS (1u << 18)

/* Comparisons after which no more shadows are looked for: a policy made to be slow has fewer
 * warnings. */
#define MAX_COMPARISONS 8000000

/* What blocks are of: the kind of match times its side. */
#define TOPICS (3 * (MATCH_ESTABLISHED + 1))

struct block {
	uint8_t topic; /* 0: no block */
	uint8_t len;   /* bits */
	uint8_t family;
	uint8_t bits[16];
};

struct slot {
	struct block block;
	uint32_t shared; /* by so many rules */
	uint32_t first;  /* of its rules, + 1; 0: none */
};

struct shadows {
	const struct policy *policy;
	uint64_t lengths[TOPICS][2][3]; /* which lengths there are blocks of */
	uint32_t *next;                 /* for each rule the next under the same block, + 1 */
	uint32_t anywhere;              /* the first of those without a block, + 1 */
	long comparisons;
	unsigned used, n_slots; /* a power of two */
	struct slot slots[];
};

static void cut(struct block *block, unsigned len)
{
	for (unsigned i = len / 8; i < sizeof(block->bits); i++)
		block->bits[i] &= i == len / 8 ? (uint8_t) ~(0xff >> len % 8) : 0;
	block->len = len;
}

/* How many bits two values have in common from the first on. */
static unsigned common_bits(const uint8_t *a, const uint8_t *b, unsigned most)
{
	unsigned len = 0;

	while (len < most && !((a[len / 8] ^ b[len / 8]) & (0x80 >> len % 8)))
		len++;
	return len;
}

/* The block around all from the first value to the last. */
static void close_block(struct block *block, const uint8_t *first, const uint8_t *last,
                        unsigned most)
{
	memcpy(block->bits, first, (most + 7) / 8);
	cut(block, common_bits(first, last, most));
}

/* False: there is none, or it says nothing. */
static bool find_block(const struct match *match, enum side side, const struct policy *policy,
                       struct block *ret_block)
{
	size_t n;
	const struct prefix *prefixes = match_prefixes(match, policy, &n);
	struct block block = { .topic = match->kind * 3 + side };

	/* What families and protocols ask for may follow from any primitive. */
	if (match->negate || classes_are_exact(match))
		return false;
	if (prefixes && n && prefixes[0].family == prefixes[n - 1].family) {
		const struct prefix *last = &prefixes[n - 1];
		unsigned most = prefixes[0].len < last->len ? prefixes[0].len : last->len;

		block.topic = MATCH_ADDR * 3 + side;
		block.family = last->family == 6;
		close_block(&block, prefixes[0].addr, last->addr, most);
	} else if (match->kind == MATCH_SET && !prefixes) {
		block.bits[0] = match->set;
		block.len = 8;
	} else if (match->n_ranges) {
		uint32_t lo = match->ranges[0].lo, hi = match->ranges[match->n_ranges - 1].hi;

		close_block(&block, (uint8_t[]){ lo >> 8, lo }, (uint8_t[]){ hi >> 8, hi }, 16);
	} else {
		return false;
	}
	*ret_block = block;
	return true;
}

/* The block's slot, or the free one where it would be. */
static struct slot *find_slot(struct shadows *shadows, const struct block *block)
{
	const uint8_t *bytes = (const uint8_t *)block;
	uint32_t hash = 2166136261u; /* FNV-1a */
	struct slot *slot;

	for (size_t i = 0; i < sizeof(*block); i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	hash ^= hash >> 15;
	do {
		slot = &shadows->slots[hash++ & (shadows->n_slots - 1)];
	} while (slot->block.topic && memcmp(&slot->block, block, sizeof(*block)) != 0);
	return slot;
}

static void count_blocks(struct shadows *shadows, const struct rule *rule)
{
	for (size_t i = 0; i < rule->n_matches && shadows->used < shadows->n_slots / 2; i++) {
		const struct match *match = &rule->matches[i];
		struct block block;
		struct slot *slot;

		if (!find_block(match, match->side, shadows->policy, &block))
			continue;
		slot = find_slot(shadows, &block);
		shadows->used += !slot->block.topic;
		slot->block = block;
		slot->shared++;
		shadows->lengths[block.topic][block.family][block.len / 64] |= 1ull
		                                                               << block.len % 64;
	}
}

struct shadows *shadows_new(const struct policy *policy)
{
	struct shadows *shadows;
	size_t matches = 0;
	unsigned n_slots = 16;

	for (size_t i = 0; i < policy->n_rules; i++)
		matches += policy->rules[i].n_matches;
	while (n_slots < 2 * matches && n_slots < MAX_SLOTS)
		n_slots *= 2;
	shadows = calloc(1, sizeof(*shadows) + n_slots * sizeof(*shadows->slots));
	if (!shadows)
		return NULL;
	shadows->policy = policy;
	shadows->n_slots = n_slots;
	shadows->next = calloc(policy->n_rules + 1, sizeof(*shadows->next));
	if (!shadows->next) {
		free(shadows);
		return NULL;
	}
	for (size_t i = 0; i < policy->n_rules; i++)
		count_blocks(shadows, &policy->rules[i]);
	return shadows;
}

void shadows_free(struct shadows *shadows)
{
	if (shadows)
		free(shadows->next);
	free(shadows);
}

static bool decides_before(const struct shadows *shadows, const struct rule *earlier,
                           const struct rule *rule, const struct classes *classes)
{
	if (earlier->action == PC_ACTION_COUNT)
		return rule_equal(earlier, shadows->policy, rule, shadows->policy);
	return rule_covers(earlier, rule, classes, shadows->policy);
}

static const struct rule *look_through(struct shadows *shadows, uint32_t first,
                                       const struct rule *rule, const struct classes *classes)
{
	for (uint32_t i = first; i && shadows->comparisons < MAX_COMPARISONS;
	     i = shadows->next[i - 1]) {
		const struct rule *earlier = &shadows->policy->rules[i - 1];

		shadows->comparisons++;
		if (decides_before(shadows, earlier, rule, classes))
			return earlier;
	}
	return NULL;
}

/* Under every block around that of one of the rule's matches. */
static const struct rule *look_around(struct shadows *shadows, struct block block,
                                      const struct rule *rule, const struct classes *classes)
{
	const uint64_t *lengths = shadows->lengths[block.topic][block.family];
	const struct rule *found = NULL;

	for (int len = block.len; len >= 0 && !found; len--) {
		if (!(lengths[len / 64] >> len % 64 & 1))
			continue;
		cut(&block, len);
		found = look_through(shadows, find_slot(shadows, &block)->first, rule, classes);
	}
	return found;
}

static const struct rule *look_everywhere(struct shadows *shadows, const struct rule *rule)
{
	struct classes classes = classes_of_rule(rule, shadows->policy);
	const struct rule *found = look_through(shadows, shadows->anywhere, rule, &classes);

	for (size_t i = 0; i < rule->n_matches && !found; i++) {
		const struct match *match = &rule->matches[i];
		struct block block;

		/* Who asks for either side has it from one side, too. */
		if (find_block(match, match->side, shadows->policy, &block))
			found = look_around(shadows, block, rule, &classes);
		if (!found && match->side != SIDE_EITHER &&
		    find_block(match, SIDE_EITHER, shadows->policy, &block))
			found = look_around(shadows, block, rule, &classes);
	}
	return found;
}

/* Where later rules find this one. */
static uint32_t *choose_place(struct shadows *shadows, const struct rule *rule)
{
	struct slot *best = NULL;

	for (size_t i = 0; i < rule->n_matches; i++) {
		const struct match *match = &rule->matches[i];
		struct block block;
		struct slot *slot;

		if (!find_block(match, match->side, shadows->policy, &block))
			continue;
		slot = find_slot(shadows, &block);
		if (slot->block.topic && (!best || slot->shared < best->shared))
			best = slot;
	}
	return best ? &best->first : &shadows->anywhere;
}

const struct rule *shadows_next(struct shadows *shadows, size_t index)
{
	const struct rule *rule = &shadows->policy->rules[index];
	const struct rule *found = look_everywhere(shadows, rule);
	uint32_t *place;

	if (found)
		return found;
	place = choose_place(shadows, rule);
	shadows->next[index] = *place;
	*place = index + 1;
	return NULL;
}
