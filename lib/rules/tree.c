/* SPDX-License-Identifier: GPL-2.0-only */
/* Boxes into the trees that packets walk.
 *
 * A node is cut in slots of equal size, and each slot again, until a leaf holds what is left. Boxes
 * in several slots make a tree grow: it has a budget, which a node hands down to its children, and
 * where it is used up leaves are long instead. */
#include "lib/rules/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/rules/cut.h"

#define LEAF_WANTED 4  /* no more cuts for that many */
#define SHADES      64 /* how many boxes may each be compared with all others */

struct builder {
	struct pool *pool;
	const struct tree_plan *plan;
	const struct box *boxes;
};

/* The boxes that reach a node, in the order of their rules. */
struct list {
	uint32_t *at;
	size_t n;
};

static struct pc_entry4 entry4(const struct box *box)
{
	const struct range *w = box->region.word;

	return (struct pc_entry4){ .saddr = w[PC_WORD_SADDR].lo,
		                   .smask = ~(w[PC_WORD_SADDR].lo ^ w[PC_WORD_SADDR].hi),
		                   .daddr = w[PC_WORD_DADDR].lo,
		                   .dmask = ~(w[PC_WORD_DADDR].lo ^ w[PC_WORD_DADDR].hi),
		                   .sport_lo = w[PC_WORD_SPORT].lo,
		                   .sport_hi = w[PC_WORD_SPORT].hi,
		                   .dport_lo = w[PC_WORD_DPORT].lo,
		                   .dport_hi = w[PC_WORD_DPORT].hi,
		                   .proto = w[PC_WORD_PROTO].lo,
		                   .proto_mask = ~(w[PC_WORD_PROTO].lo ^ w[PC_WORD_PROTO].hi),
		                   .rule = box->rule,
		                   .cond = box->cond };
}

static struct pc_entry6 entry6(const struct box *box)
{
	const struct range *w = box->region.word;
	const struct pc_entry4 part = entry4(box); /* what both have */
	struct pc_entry6 entry = { .sport_lo = part.sport_lo,
		                   .sport_hi = part.sport_hi,
		                   .dport_lo = part.dport_lo,
		                   .dport_hi = part.dport_hi,
		                   .proto = part.proto,
		                   .proto_mask = part.proto_mask,
		                   .rule = part.rule,
		                   .cond = part.cond };
	unsigned i;

	for (i = 0; i < 4; i++) {
		entry.saddr[i] = w[PC_WORD_SADDR + i].lo;
		entry.smask[i] = ~(w[PC_WORD_SADDR + i].lo ^ w[PC_WORD_SADDR + i].hi);
		entry.daddr[i] = w[PC_WORD_DADDR + i].lo;
		entry.dmask[i] = ~(w[PC_WORD_DADDR + i].lo ^ w[PC_WORD_DADDR + i].hi);
	}
	return entry;
}

/* n <= PC_LEAF_ENTRIES */
static int put_leaf(const struct builder *b, const uint32_t *list, size_t n,
                    struct pc_node *ret_node)
{
	struct pc_entry4 entries4[PC_LEAF_ENTRIES];
	struct pc_entry6 entries6[PC_LEAF_ENTRIES];
	size_t i;

	*ret_node = (struct pc_node){ .mask = n, .leaf = 1 };
	if (!n)
		return 0;
	if (b->plan->family == 6) {
		for (i = 0; i < n; i++)
			entries6[i] = entry6(&b->boxes[list[i]]);
		return pool_put(b->pool, entries6, n * sizeof(*entries6), 16, &ret_node->base);
	}
	for (i = 0; i < n; i++)
		entries4[i] = entry4(&b->boxes[list[i]]);
	/* An even number of them takes no more cache lines than it must. */
	return pool_put(b->pool, entries4, n * sizeof(*entries4), n % 2 ? 32 : 64, &ret_node->base);
}

/* More than a leaf holds: leaves in a row, behind a node with this one child. */
static int put_leaves(const struct builder *b, const struct list *list, struct pc_node *ret_node)
{
	size_t nodes = (list->n + PC_LEAF_ENTRIES - 1) / PC_LEAF_ENTRIES, i, from;
	auto_free struct pc_node *row = NULL;
	int r;

	if (nodes <= 1)
		return put_leaf(b, list->at, list->n, ret_node);
	if (nodes > PC_LEAF_NODES)
		return -E2BIG;
	row = calloc(nodes, sizeof(*row));
	if (!row)
		return -ENOMEM;
	for (i = 0, from = 0; i < nodes; i++, from += PC_LEAF_ENTRIES) {
		bool last = i == nodes - 1;

		r = put_leaf(b, list->at + from, last ? list->n - from : PC_LEAF_ENTRIES, &row[i]);
		if (r)
			return r;
		row[i].word = last ? 0 : PC_LEAF_GOES_ON;
	}
	*ret_node = (struct pc_node){ 0 };
	return pool_put(b->pool, row, nodes * sizeof(*row), sizeof(*row), &ret_node->base);
}

/* Takes out what can match nothing that reaches a node with this region: it stands behind a box
 * that matches all of that. Of boxes that count, only those of the same rule are behind one
 * another. */
static void trim(const struct builder *b, const struct region *region, struct list *list)
{
	const struct box *cover = NULL;
	size_t i, n = 0;

	for (i = 0; i < list->n; i++) {
		const struct box *box = &b->boxes[list->at[i]];

		if (cover && cover->rule == box->rule)
			continue;
		list->at[n++] = list->at[i];
		if (box->cond || !region_covers(&box->region, region))
			continue;
		if (!b->plan->counts)
			break;
		cover = box;
	}
	list->n = n;
}

/* The boxes of each slot, one slot after the other in `flat`; those of slot i end at ends[i]. */
static void distribute(const struct builder *b, const struct list *list, const struct cut *cut,
                       uint32_t *flat, size_t *ends)
{
	uint32_t last = cut_slots(cut) - 1, first, slots, s;
	size_t i, here, sum = 0;

	for (i = 0; i < list->n; i++) {
		slots = cut_place(cut, b->boxes[list->at[i]].region.word[cut->word], &first);
		for (s = 0; s < slots; s++)
			ends[(first + s) & last]++;
	}
	for (s = 0; s <= last; s++, sum += here) {
		here = ends[s];
		ends[s] = sum;
	}
	for (i = 0; i < list->n; i++) {
		slots = cut_place(cut, b->boxes[list->at[i]].region.word[cut->word], &first);
		for (s = 0; s < slots; s++)
			flat[ends[(first + s) & last]++] = list->at[i];
	}
}

/* Whether both slots have the same boxes, none of which ends within them. */
static bool alike(const struct builder *b, const struct list *one, const struct list *two,
                  struct range both, unsigned word)
{
	size_t i;

	if (one->n != two->n || memcmp(one->at, two->at, one->n * sizeof(*one->at)) != 0)
		return false;
	for (i = 0; i < one->n; i++)
		if (!range_covers(b->boxes[one->at[i]].region.word[word], both))
			return false;
	return true;
}

/* Takes out what an earlier box hides, as far as both are in the region. */
static void shade(const struct builder *b, const struct region *region, struct list *list)
{
	uint32_t open[SHADES] = { 0 }; /* boxes without conditions */
	size_t n_open = 0, i, j, n = 0;

	if (b->plan->counts)
		return;
	for (i = 0; i < list->n; i++) {
		const struct box *box = &b->boxes[list->at[i]];
		struct region part = region_overlap(&box->region, region);

		for (j = 0; j < n_open; j++)
			if (region_covers(&b->boxes[open[j]].region, &part))
				break;
		if (j < n_open)
			continue;
		if (!box->cond && n_open < SHADES)
			open[n_open++] = list->at[i];
		list->at[n++] = list->at[i];
	}
	list->n = n;
}

static int build(const struct builder *b, struct list list, const struct region *region,
                 double budget, unsigned depth, struct pc_node *ret_node);

/* The children of a cut; `budget` is what is there for the boxes of all of them. */
static int build_children(const struct builder *b, const struct list *list,
                          const struct region *region, const struct cut *cut, double budget,
                          unsigned depth, struct pc_node *children)
{
	auto_free uint32_t *flat = calloc(cut->n ?: 1, sizeof(*flat));
	auto_free uint32_t *scratch = malloc(list->n * sizeof(*scratch));
	auto_free size_t *ends = calloc(cut_slots(cut), sizeof(*ends));
	struct list previous = { NULL, 0 }, slot, kept;
	struct region inner = *region;
	size_t from = 0;
	uint32_t i;
	int r;

	if (!flat || !scratch || !ends)
		return -ENOMEM;
	distribute(b, list, cut, flat, ends);
	for (i = 0; i < cut_slots(cut); previous = slot, from = ends[i++]) {
		slot = (struct list){ flat + from, ends[i] - from };
		inner.word[cut->word] = cut_values(cut, i);
		if (i && alike(b, &previous, &slot,
		               (struct range){ cut_values(cut, i - 1).lo, cut_values(cut, i).hi },
		               cut->word)) {
			children[i] = children[i - 1];
			continue;
		}
		kept = (struct list){ scratch, slot.n };
		memcpy(kept.at, slot.at, slot.n * sizeof(*slot.at));
		trim(b, &inner, &kept);
		r = build(b, kept, &inner, budget * slot.n / cut->n, depth, &children[i]);
		if (r)
			return r;
	}
	return 0;
}

/* The tree of a list, which may take room for `budget` boxes. */
static int build(const struct builder *b, struct list list, const struct region *region,
                 double budget, unsigned depth, struct pc_node *ret_node)
{
	auto_free struct pc_node *children = NULL;
	struct cut chosen;
	bool cut;
	int r;

	if (list.n <= SHADES)
		shade(b, region, &list);
	cut = depth < PC_TREE_DEPTH - 1 && list.n > LEAF_WANTED &&
	      cut_choose(b->boxes, list.at, list.n, region, budget, &chosen);
	if (!cut) {
		shade(b, region, &list);
		return put_leaves(b, &list, ret_node);
	}
	children = calloc(cut_slots(&chosen), sizeof(*children));
	if (!children)
		return -ENOMEM;
	r = build_children(b, &list, region, &chosen, budget - cut_slots(&chosen) / 4.0, depth + 1,
	                   children);
	if (r)
		return r;
	*ret_node = (struct pc_node){ .mask = cut_slots(&chosen) - 1,
		                      .shift = chosen.shift,
		                      .word = chosen.word };
	return pool_put(b->pool, children, sizeof(*children) * cut_slots(&chosen),
	                sizeof(*children), &ret_node->base);
}

/* How many boxes the leaves of a tree may have together: 16 MiB of IPv4. */
static double budget_of(size_t n)
{
	double ample = 16.0 * n + 512, most = 1 << 19;

	return ample < most ? ample : most > 2.0 * n ? most : 2.0 * n;
}

static int put_tree(const struct builder *b, struct list list, bool small, uint32_t *ret_root)
{
	const struct region all = region_all();
	struct pc_node root;
	int r;

	trim(b, &all, &list);
	r = small ? put_leaf(b, list.at, list.n, &root)
	          : build(b, list, &all, budget_of(list.n), 0, &root);
	return r ? r : pool_put(b->pool, &root, sizeof(root), sizeof(root), ret_root);
}

/* Boxes that are wide in one address are in many slots of a cut on it: they have trees of their
 * own, where nobody cuts on that. */
static unsigned tree_of(const struct tree_plan *plan, const struct box *box)
{
	uint32_t wide = plan->family == 6 ? 0 : 0xffff; /* as much as that, in the first word */
	struct range src = box->region.word[PC_WORD_SADDR], dst = box->region.word[PC_WORD_DADDR];

	return (src.hi - src.lo > wide) | (dst.hi - dst.lo > wide) << 1;
}

int tree_forest(struct pool *pool, const struct tree_plan *plan, const struct boxes *boxes,
                struct pc_forest *ret_forest)
{
	const struct builder b = { pool, plan, boxes->at };
	bool small = boxes->n <= TREE_SMALL, one = small || plan->counts;
	auto_free uint32_t *list = malloc((boxes->n ?: 1) * sizeof(*list));
	unsigned tree, trees = 0;
	size_t i, n;
	int r;

	if (!list)
		return -ENOMEM;
	*ret_forest = (struct pc_forest){ 0 };
	for (tree = 0; tree < (one ? 1 : PC_TREES); tree++) {
		for (i = n = 0; i < boxes->n; i++)
			if (one || tree_of(plan, &boxes->at[i]) == tree)
				list[n++] = i;
		if (!n)
			continue;
		r = put_tree(&b, (struct list){ list, n }, small, &ret_forest->root[trees++]);
		if (r)
			return r;
	}
	return 0;
}
