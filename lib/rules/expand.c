/* SPDX-License-Identifier: GPL-2.0-only */
/* A rule into the boxes and conditions that packets of one kind are compared with. */
#include "lib/rules/expand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PROTO_BLOCKS 4 /* more than that become a condition */

/* What the boxes of a rule are the product of. */
enum factor { BY_SRC, BY_DST, BY_SPORT, BY_DPORT, BY_PROTO, FACTORS };

int expand_init(struct expander *x, struct pool *pool, const struct policy *policy)
{
	size_t i;

	*x = (struct expander){ .ask.pool = pool, .ask.policy = policy, .most = EXPAND_MAX };
	for (i = 0; i < 2; i++) {
		x->ask.tables[i] = calloc(policy->n_sets ?: 1, sizeof(*x->ask.tables[i]));
		if (!x->ask.tables[i])
			return -ENOMEM;
	}
	return 0;
}

void expand_free(struct expander *x)
{
	unsigned i;

	for (i = 0; i < ASK_FIELDS; i++)
		numbers_free(&x->ask.fields[i]);
	for (i = 0; i < 2; i++) {
		nets_free(&x->ask.nets[i]);
		free(x->ask.tables[i]);
	}
	numbers_free(&x->ask.one);
	numbers_free(&x->ask.spare);
	nets_free(&x->ask.one_net);
	nets_free(&x->ask.spare_net);
}

/* The largest block of numbers that starts at `lo`, ends at `hi` or before, and is a prefix. */
static struct range first_block(uint32_t lo, uint32_t hi)
{
	uint32_t size = 1;

	while (lo % (size * 2) == 0 && lo + size * 2 - 1 <= hi)
		size *= 2;
	return (struct range){ lo, lo + size - 1 };
}

/* Protocols are compared under a mask: ranges become blocks. The number of them, or one more than
 * PROTO_BLOCKS. */
static size_t proto_blocks(const struct numbers *protos, struct range blocks[PROTO_BLOCKS])
{
	size_t i, n = 0;
	uint32_t next;

	for (i = 0; i < protos->n; i++) {
		for (next = protos->at[i].lo; next <= protos->at[i].hi; n++) {
			if (n == PROTO_BLOCKS)
				return n + 1;
			blocks[n] = first_block(next, protos->at[i].hi);
			next = blocks[n].hi + 1;
		}
	}
	return n;
}

/* Conditions that are cheap to ask for come first. */
static int by_cost(const void *a, const void *b)
{
	const struct pc_cond *x = a, *y = b;
	int dear_x = (x->test == PC_TEST_SET) + 2 * (x->field == PC_FIELD_ESTABLISHED);
	int dear_y = (y->test == PC_TEST_SET) + 2 * (y->field == PC_FIELD_ESTABLISHED);

	return dear_x != dear_y ? dear_x - dear_y : memcmp(x, y, sizeof(*x));
}

/* Puts the conditions into the image, each once. */
static int put_conds(struct ask *ask, uint32_t *ret_address)
{
	struct pc_cond *conds = ask->conds;
	size_t i, n = 0;

	*ret_address = 0;
	if (!ask->n_conds)
		return 0;
	qsort(conds, ask->n_conds, sizeof(*conds), by_cost);
	for (i = 0; i < ask->n_conds; i++)
		if (!n || memcmp(&conds[n - 1], &conds[i], sizeof(*conds)) != 0)
			conds[n++] = conds[i];
	conds[n - 1].last = 1;
	return pool_put(ask->pool, conds, n * sizeof(*conds), sizeof(*conds), ret_address);
}

static void put_net(struct region *region, enum pc_word first, const struct net *net,
                    unsigned words)
{
	unsigned i;

	for (i = 0; i < words; i++) {
		region->word[first + i].lo = net->addr[i];
		region->word[first + i].hi = net->addr[i] | ~net_mask(net->len, i);
	}
}

/* The box that has of each factor the one that `pick` says. */
static void fill_box(const struct ask *ask, uint8_t family, const struct range *blocks,
                     const size_t pick[FACTORS], struct box *box)
{
	struct range *word = box->region.word;
	unsigned words = family == 6 ? 4 : 1;

	put_net(&box->region, PC_WORD_SADDR, &ask->nets[0].at[pick[BY_SRC]], words);
	put_net(&box->region, PC_WORD_DADDR, &ask->nets[1].at[pick[BY_DST]], words);
	word[PC_WORD_SPORT] = ask->fields[ASK_SPORT].at[pick[BY_SPORT]];
	word[PC_WORD_DPORT] = ask->fields[ASK_DPORT].at[pick[BY_DPORT]];
	word[PC_WORD_PROTO] = blocks[pick[BY_PROTO]];
}

static bool is_among(const struct box *boxes, size_t n, const struct box *box)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!memcmp(&boxes[i], box, sizeof(*box)))
			return true;
	return false;
}

static size_t product(const size_t *n)
{
	size_t all = 1, i;

	for (i = 0; i < FACTORS; i++)
		all *= n[i];
	return all;
}

/* Turns lists into conditions, the longest one first, until they make no more than `most` boxes. */
static int shorten(struct ask *ask, uint8_t family, size_t most, size_t n[FACTORS])
{
	static const enum ask_field fields[FACTORS] = {
		[BY_SPORT] = ASK_SPORT, [BY_DPORT] = ASK_DPORT, [BY_PROTO] = ASK_PROTO
	};
	size_t i, longest;
	int r = 0;

	if (n[BY_PROTO] > PROTO_BLOCKS) {
		r = ask_field_as_cond(ask, ASK_PROTO);
		n[BY_PROTO] = 1;
	}
	while (r >= 0 && product(n) > most) {
		for (i = 1, longest = 0; i < FACTORS; i++)
			if (n[i] > n[longest])
				longest = i;
		r = longest == BY_SRC || longest == BY_DST
		            ? ask_nets_as_cond(ask, longest == BY_DST, family)
		            : ask_field_as_cond(ask, fields[longest]);
		n[longest] = 1;
	}
	return r;
}

/* What is left of fields that trees do not know becomes conditions, and all of those an address. */
static int put_rest(struct ask *ask, uint32_t *ret_cond)
{
	static const enum ask_field fields[] = { ASK_LEN, ASK_DSCP };
	size_t i;
	int r;

	for (i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		if (numbers_are_all(&ask->fields[fields[i]], ask_known[fields[i]].max))
			continue;
		r = ask_field_as_cond(ask, fields[i]);
		if (r < 0)
			return r;
	}
	return put_conds(ask, ret_cond);
}

/* Appends all boxes of what is asked for, `most` of them at most, but for those that are there from
 * `first` on. */
static int put_boxes(struct ask *ask, size_t rule, uint8_t family, size_t most, size_t first,
                     struct boxes *boxes)
{
	struct box box = { .region = region_all(), .rule = rule };
	struct range blocks[PROTO_BLOCKS];
	size_t n[FACTORS] = { ask->nets[0].n, ask->nets[1].n, ask->fields[ASK_SPORT].n,
		              ask->fields[ASK_DPORT].n,
		              proto_blocks(&ask->fields[ASK_PROTO], blocks) };
	size_t pick[FACTORS], i, all, f, rest, before = boxes->n - first;
	int r = shorten(ask, family, most, n);

	if (r >= 0)
		r = put_rest(ask, &box.cond);
	if (r < 0)
		return r;
	proto_blocks(&ask->fields[ASK_PROTO], blocks);
	all = product(n);
	if (!boxes_fit(boxes, all))
		return -ENOMEM;
	for (i = 0; i < all; i++) {
		for (f = 0, rest = i; f < FACTORS; rest /= n[f++])
			pick[f] = rest % n[f];
		fill_box(ask, family, blocks, pick, &box);
		if (!is_among(boxes->at + first, before, &box))
			boxes->at[boxes->n++] = box;
	}
	return 0;
}

static bool has_two_sides(const struct match *match)
{
	return (match->kind == MATCH_ADDR || match->kind == MATCH_SET ||
	        match->kind == MATCH_PORT) &&
	       match->side == SIDE_EITHER && !match->negate;
}

/* One way a rule can match: bit n of `dst` says that the nth match that is either side's is meant
 * for the destination. Returns as ask_match(). */
static int ask_all(struct ask *ask, const struct rule *rule, const struct kind *kind, unsigned dst)
{
	size_t i;
	int r = ask_reset(ask);

	if (r)
		return r;
	for (i = 0, r = 1; r > 0 && i < rule->n_matches; i++) {
		const struct match *match = &rule->matches[i];
		enum side side = match->side;

		if (has_two_sides(match)) {
			side = dst & 1 ? SIDE_DST : SIDE_SRC;
			dst >>= 1;
		}
		r = ask_match(ask, match, side, kind);
	}
	return r;
}

int expand_rule(struct expander *x, size_t index, enum pc_kind kind, struct boxes *boxes)
{
	const struct rule *rule = &x->ask.policy->rules[index];
	const struct kind *k = kind_of(kind);
	size_t first = boxes->n, i, ways = 1, most;
	unsigned way;
	int r;

	for (i = 0; i < rule->n_matches; i++)
		ways *= has_two_sides(&rule->matches[i]) && ways <= EXPAND_MAX ? 2 : 1;
	most = x->most > ways ? x->most / ways : 1;
	for (way = 0; way < ways && way < EXPAND_MAX; way++) {
		r = ask_all(&x->ask, rule, k, way);
		if (r > 0)
			r = put_boxes(&x->ask, index, k->family, most, first, boxes);
		if (r < 0)
			return r;
	}
	return ways > EXPAND_MAX && boxes->n > first ? -E2BIG : 0;
}
