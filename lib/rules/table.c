/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of addresses into tables of an image.
 *
 * The members, sorted, are cut into slots of equal size at the first bit in which they differ, and
 * those of a slot again, until a leaf holds them. */
#include "lib/rules/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"

#define MIN_BITS  5     /* of a cut: it bounds the depth, as 7 such cuts use up a word ... */
#define ROOT_BITS 2     /* ... even if the first one is as small as this */
#define MAX_BITS  15    /* that many children are a page */
#define LINE_BITS 12    /* that many lines are a page */
#define LINES     256   /* fewer members than that need none */
#define GOES_ON   (~0u) /* span of a line's first member */
_Static_assert(4 * ((32 + MIN_BITS - 1) / MIN_BITS) <= PC_TABLE_DEPTH, "cuts use up an address");
_Static_assert((32 - ROOT_BITS + MIN_BITS - 1) / MIN_BITS < (32 + MIN_BITS - 1) / MIN_BITS,
               "the first one is no cut more");

/* Addresses from `lo` to `hi`. */
struct span {
	uint32_t lo[4], hi[4];
};

static const struct span everything = { .hi = { ~0u, ~0u, ~0u, ~0u } };

struct builder {
	struct pool *pool;
	uint8_t family;
	size_t leaf; /* the most members of one */
};

static int compare(const uint32_t *a, const uint32_t *b)
{
	unsigned i;

	for (i = 0; i < 4; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

/* On a line of the cache, as far as they fit. */
static size_t align_of(size_t size)
{
	size_t align = sizeof(struct pc_member4);

	while (align < size && align < 64)
		align *= 2;
	return align;
}

static int make_leaf(const struct builder *b, const struct span *spans, size_t n,
                     struct pc_node *ret_node)
{
	struct pc_member4 members4[PC_TABLE_MEMBERS4] = { 0 };
	struct pc_member6 members6[PC_TABLE_MEMBERS6] = { 0 };
	size_t i, j;

	*ret_node = (struct pc_node){ .mask = n, .leaf = 1 };
	if (!n)
		return 0;
	if (b->family == 4) {
		for (i = 0; i < n; i++)
			members4[i] = (struct pc_member4){ spans[i].lo[0],
				                           spans[i].hi[0] - spans[i].lo[0] };
		return pool_put(b->pool, members4, n * sizeof(*members4),
		                align_of(n * sizeof(*members4)), &ret_node->base);
	}
	for (i = 0; i < n; i++) {
		for (j = 0; j < 4; j++) {
			members6[i].addr[j] = spans[i].lo[j];
			members6[i].mask[j] = ~(spans[i].lo[j] ^ spans[i].hi[j]);
		}
	}
	return pool_put(b->pool, members6, n * sizeof(*members6), sizeof(*members6),
	                &ret_node->base);
}

/* Where the spans are cut: `bits` above `shift` of a word. The words before it are the same in all
 * of them, the bits above the cut too. */
struct cut {
	unsigned word, shift, bits;
};

/* As many slots as leave half a leaf to each. Where a node has not so many children, they are to
 * have as many as they can: what is above them is small and stays in the cache. */
static struct cut choose_cut(const struct builder *b, const struct span *all, size_t n,
                             unsigned min_bits)
{
	unsigned max_bits = b->family == 4 ? LINE_BITS : MAX_BITS, top;
	struct cut cut = { 0 };

	while (all->lo[cut.word] == all->hi[cut.word])
		cut.word++;
	top = 32 - __builtin_clz(all->lo[cut.word] ^ all->hi[cut.word]);
	while ((b->leaf / 2) << cut.bits < n)
		cut.bits++;
	if (cut.bits > max_bits)
		cut.bits -= max_bits;
	else
		min_bits = MIN_BITS;
	if (cut.bits < min_bits)
		cut.bits = min_bits;
	if (cut.bits > top)
		cut.bits = top;
	cut.shift = top - cut.bits;
	return cut;
}

/* The addresses of slot `i`. */
static struct span slot_of(const struct span *all, const struct cut *cut, uint32_t i)
{
	unsigned word = cut->word, free_bits = cut->shift + cut->bits, j;
	uint32_t above = free_bits == 32 ? 0 : ~0u << free_bits;
	struct span slot = *all;

	slot.lo[word] = (all->lo[word] & above) | i << cut->shift;
	slot.hi[word] = slot.lo[word] | ((1u << cut->shift) - 1);
	for (j = word + 1; j < 4; j++) {
		slot.lo[j] = 0;
		slot.hi[j] = ~0u;
	}
	return slot;
}

/* The addresses that both have; they overlap. */
static struct span overlap(const struct span *a, const struct span *b)
{
	struct span both = *a;

	if (compare(b->lo, a->lo) > 0)
		memcpy(both.lo, b->lo, sizeof(both.lo));
	if (compare(b->hi, a->hi) < 0)
		memcpy(both.hi, b->hi, sizeof(both.hi));
	return both;
}

static int build(const struct builder *b, const struct span *spans, size_t n,
                 const struct span *region, struct pc_node *ret_node);

/* Those of the spans, which are sorted, that touch a slot: the first is *ret_first. */
static size_t spans_in(const struct span *slot, const struct span *spans, size_t n,
                       size_t *ret_first)
{
	size_t first = *ret_first, end;

	while (first < n && compare(spans[first].hi, slot->lo) < 0)
		first++;
	for (end = first; end < n && compare(spans[end].lo, slot->hi) <= 0;)
		end++;
	*ret_first = first;
	return end - first;
}

/* Whether lines would hold nearly all of the spans. Where these lie close together they do not. */
static bool lines_fit(const struct span *spans, size_t n, const struct span *all,
                      const struct cut *cut)
{
	size_t first = 0, over = 0, here;
	struct span slot;
	uint32_t i;

	if (n < LINES || cut->bits > LINE_BITS)
		return false;
	for (i = 0; i < 1u << cut->bits; i++) {
		slot = slot_of(all, cut, i);
		here = spans_in(&slot, spans, n, &first);
		over += here > PC_TABLE_MEMBERS4 ? here : 0;
	}
	return over < n / 8;
}

/* One line. */
static int make_line(const struct builder *b, const struct span *spans, size_t n,
                     const struct span *slot, uint32_t other,
                     struct pc_member4 *line) /* NOLINT(misc-no-recursion) */
{
	struct pc_node node;
	size_t i;
	int r;

	for (i = 0; i < PC_TABLE_MEMBERS4; i++)
		line[i] = (struct pc_member4){ .first = other };
	if (n <= PC_TABLE_MEMBERS4) {
		for (i = 0; i < n; i++)
			line[i] = (struct pc_member4){ spans[i].lo[0],
				                       spans[i].hi[0] - spans[i].lo[0] };
		return 0;
	}
	r = build(b, spans, n, slot, &node);
	line[0].span = GOES_ON;
	return r ? r : pool_put(b->pool, &node, sizeof(node), sizeof(node), &line[0].first);
}

static int make_lines(const struct builder *b, const struct span *spans, size_t n,
                      const struct span *all, const struct cut *cut,
                      struct pc_node *ret_node) /* NOLINT(misc-no-recursion) */
{
	size_t size = sizeof(struct pc_member4) * PC_TABLE_MEMBERS4, first = 0, here;
	size_t n_lines = (size_t)1 << cut->bits;
	auto_free struct pc_member4 *lines = calloc(n_lines, size);
	struct span slot;
	uint32_t i;
	int r;

	if (!lines)
		return -ENOMEM;
	for (i = 0; i < 1u << cut->bits; i++) {
		slot = slot_of(all, cut, i);
		here = spans_in(&slot, spans, n, &first);
		r = make_line(b, spans + first, here, &slot, slot.lo[0] ^ 1u << cut->shift,
		              lines + i * PC_TABLE_MEMBERS4);
		if (r)
			return r;
	}
	*ret_node = (struct pc_node){ .mask = (1u << cut->bits) - 1,
		                      .shift = cut->shift,
		                      .word = PC_TABLE_LINES,
		                      .leaf = 1 };
	return pool_put(b->pool, lines, size << cut->bits, size, &ret_node->base);
}

static int make_node(const struct builder *b, const struct span *spans, size_t n,
                     const struct span *all, const struct cut *cut,
                     struct pc_node *ret_node) /* NOLINT(misc-no-recursion) */
{
	auto_free struct pc_node *children = calloc(1u << cut->bits, sizeof(*children));
	size_t first = 0, here;
	struct span slot;
	uint32_t i;
	int r;

	if (!children)
		return -ENOMEM;
	for (i = 0; i < 1u << cut->bits; i++) {
		slot = slot_of(all, cut, i);
		here = spans_in(&slot, spans, n, &first);
		r = build(b, spans + first, here, &slot, &children[i]);
		if (r)
			return r;
	}
	*ret_node = (struct pc_node){ .mask = (1u << cut->bits) - 1,
		                      .shift = cut->shift,
		                      .word = cut->word };
	return pool_put(b->pool, children, sizeof(*children) << cut->bits, sizeof(*children),
	                &ret_node->base);
}

/* The tree of the spans, as far as they are in `region`, which each of them touches. */
static int build(const struct builder *b, const struct span *spans, size_t n,
                 const struct span *region,
                 struct pc_node *ret_node) /* NOLINT(misc-no-recursion) */
{
	struct span all;
	struct cut cut;

	if (n <= b->leaf)
		return make_leaf(b, spans, n, ret_node);
	memcpy(all.lo, spans[0].lo, sizeof(all.lo));
	memcpy(all.hi, spans[n - 1].hi, sizeof(all.hi));
	all = overlap(&all, region);
	cut = choose_cut(b, &all, n, region == &everything ? ROOT_BITS : MIN_BITS);
	if (b->family == 4 && lines_fit(spans, n, &all, &cut))
		return make_lines(b, spans, n, &all, &cut, ret_node);
	return make_node(b, spans, n, &all, &cut, ret_node);
}

/* IPv4 members are any range: adjacent prefixes become one. IPv6 members stay prefixes. */
static size_t spans_of(const struct nets *nets, uint8_t family, struct span *spans)
{
	size_t n = 0, i;
	unsigned j;

	for (i = 0; i < nets->n; i++) {
		const struct net *net = &nets->at[i];

		for (j = 0; j < 4; j++) {
			spans[n].lo[j] = net->addr[j];
			spans[n].hi[j] = net->addr[j] | ~net_mask(net->len, j);
		}
		if (family == 4 && n && spans[n].lo[0] - spans[n - 1].hi[0] == 1)
			spans[n - 1].hi[0] = spans[n].hi[0];
		else
			n++;
	}
	return n;
}

int table_build(struct pool *pool, const struct nets *nets, uint8_t family, uint32_t *ret_table)
{
	struct builder b = { pool, family, family == 4 ? PC_TABLE_MEMBERS4 : PC_TABLE_MEMBERS6 };
	auto_free struct span *spans = calloc(nets->n ?: 1, sizeof(*spans));
	struct pc_node root;
	int r;

	if (!spans)
		return -ENOMEM;
	r = build(&b, spans, spans_of(nets, family, spans), &everything, &root);
	return r ? r : pool_put(pool, &root, sizeof(root), sizeof(root), ret_table);
}

static bool member4(const struct pc_member4 *member, const uint32_t *address)
{
	return address[0] - member->first <= member->span;
}

static bool member6(const struct pc_member6 *member, const uint32_t *address)
{
	uint32_t differ = 0;
	unsigned i;

	for (i = 0; i < 4; i++)
		differ |= (address[i] & member->mask[i]) ^ member->addr[i];
	return !differ;
}

/* Down the tree to a leaf; NULL: there is none, the image is damaged. */
static const struct pc_node *walk(const struct image *image, uint32_t table,
                                  const uint32_t address[static 4])
{
	const struct pc_node *node = image_span(image, table, sizeof(*node));
	unsigned depth;

	for (depth = 0; node && !node->leaf && depth < PC_TABLE_DEPTH; depth++)
		node = image_span(image,
		                  node->base +
		                          (address[node->word & 3] >> node->shift & node->mask) *
		                                  sizeof(*node),
		                  sizeof(*node));
	return node && node->leaf ? node : NULL;
}

bool table_has(const struct image *image, uint32_t table, uint8_t family,
               const uint32_t address[static 4])
{
	size_t size = family == 4 ? sizeof(struct pc_member4) : sizeof(struct pc_member6);
	const struct pc_node *node = walk(image, table, address);
	uint32_t at = node ? node->base : 0, n = node ? node->mask : 0, i;
	const struct pc_member4 *line;
	const uint8_t *members;

	if (node && node->word == PC_TABLE_LINES) {
		n = PC_TABLE_MEMBERS4;
		at += (address[0] >> node->shift & node->mask) * n * size;
		line = image_span(image, at, n * size);
		if (line && line->span == GOES_ON)
			return table_has(image, line->first, family, address);
	}
	members = node ? image_span(image, at, n * size) : NULL;
	for (i = 0; members && i < n; i++) {
		if (family == 4 ? member4((const void *)(members + i * size), address)
		                : member6((const void *)(members + i * size), address))
			return true;
	}
	return false;
}
