/* SPDX-License-Identifier: GPL-2.0-only */
/* A policy into the image that the data plane reads: a pure function. */
#include "lib/rules/compile.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/rules/caching.h"
#include "lib/rules/expand.h"
#include "lib/rules/front.h"
#include "lib/rules/pool.h"
#include "lib/rules/print.h"
#include "lib/rules/tree.h"

/* How many boxes for packets of one kind there may be without rules with lists having to make do
 * with fewer, and at all. */
#define BOXES_AMPLE 131072
#define BOXES_MOST  524288

/* The boxes of one kind of packets, of what is decided and of what is counted. */
struct compiler {
	const struct policy *policy;
	struct image *image;
	struct pool pool;
	struct expander expander;
	struct boxes boxes[PC_DIRECTION_COUNT][2];
	bool ip6; /* it speaks of IPv6 addresses */
};

static void compiler_free(struct compiler *c)
{
	unsigned i;

	pool_free(&c->pool);
	expand_free(&c->expander);
	for (i = 0; i < PC_DIRECTION_COUNT * 2; i++)
		free(c->boxes[i / 2][i % 2].at);
}

static struct pc_image *header_of(const struct compiler *c)
{
	return image_at(c->image, 0);
}

/* Says why, if it is for more than want of memory, and passes the error on. */
static int __attribute__((format(printf, 3, 4)))
because(struct image *image, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(image->why, sizeof(image->why), format, args);
	va_end(args);
	return error;
}

static int too_large(struct compiler *c, int error)
{
	switch (error) {
	case -ENOSPC:
		return because(c->image, -ENOSPC, "it needs more than %u MiB",
		               (PC_IMAGE_PAGES * (PC_PAGE_SIZE >> 10)) >> 10);
	case -E2BIG:
		return because(c->image, -E2BIG,
		               "more than %u rules differ in neither addresses nor ports nor "
		               "protocol",
		               PC_LEAF_NODES * PC_LEAF_ENTRIES);
	default:
		return error;
	}
}

static int expand(struct compiler *c, size_t index, enum pc_kind kind, struct boxes *boxes)
{
	int r = expand_rule(&c->expander, index, kind, boxes);

	switch (r) {
	case -E2BIG:
		return because(c->image, -E2BIG, "rule %zu expands to more than %d entries",
		               index + 1, EXPAND_MAX);
	case -EOVERFLOW:
		return because(c->image, -E2BIG, "rule %zu has more than %d conditions", index + 1,
		               PC_MAX_CONDS);
	default:
		return too_large(c, r);
	}
}

static int copy_boxes(const struct boxes *from, size_t first, struct boxes *to)
{
	size_t more = from->n - first;

	if (!boxes_fit(to, more))
		return -ENOMEM;
	if (more)
		memcpy(to->at + to->n, from->at + first, more * sizeof(*to->at));
	to->n += more;
	return 0;
}

/* The boxes of a rule for packets of a kind, in its directions. */
static int add_rule(struct compiler *c, size_t index, enum pc_kind kind)
{
	const struct rule *rule = &c->policy->rules[index];
	bool counts = rule->action == PC_ACTION_COUNT;
	struct boxes *in = &c->boxes[PC_IN][counts], *out = &c->boxes[PC_OUT][counts];
	size_t first = in->n;
	int r = expand(c, index, kind, rule->in ? in : out);

	return !r && rule->in && rule->out ? copy_boxes(in, first, out) : r;
}

/* The boxes of all rules for packets of a kind. Returns 1 if they would be more than `most`. */
static int add_rules(struct compiler *c, enum pc_kind kind, size_t most)
{
	size_t i, j, sum;
	int r;

	for (j = 0; j < PC_DIRECTION_COUNT * 2; j++)
		c->boxes[j / 2][j % 2].n = 0;
	for (i = 0; i < c->policy->n_rules; i++) {
		r = add_rule(c, i, kind);
		if (r)
			return r;
		for (sum = j = 0; j < PC_DIRECTION_COUNT * 2; j++)
			sum += c->boxes[j / 2][j % 2].n;
		if (sum > most)
			return 1;
	}
	return 0;
}

static int expand_kind(struct compiler *c, enum pc_kind kind)
{
	size_t *most = &c->expander.most;
	int r;

	for (*most = EXPAND_MAX; *most > 1; *most /= 4) {
		r = add_rules(c, kind, BOXES_AMPLE);
		if (r <= 0)
			return r;
	}
	r = add_rules(c, kind, BOXES_MOST);
	return r <= 0 ? r
	              : because(c->image, -ENOSPC, "its rules expand to more than %d entries",
	                        BOXES_MOST);
}

static bool same_boxes(const struct boxes *a, const struct boxes *b)
{
	return a->n == b->n && (!a->n || !memcmp(a->at, b->at, a->n * sizeof(*a->at)));
}

/* Which of the flow caches packets of a kind are in. */
static uint8_t cache_of(const struct compiler *c, enum pc_kind kind)
{
	uint8_t family = kind_of(kind)->family;

	return family == 4 ? PC_CACHE_IP4 : family == 6 && c->ip6 ? PC_CACHE_IP6 : 0;
}

/* The forests of both directions for packets of a kind, which may be the same. */
static int build_forests(struct compiler *c, enum pc_kind kind, bool counts)
{
	const struct boxes *in = &c->boxes[PC_IN][counts], *out = &c->boxes[PC_OUT][counts];
	const struct tree_plan plan = { kind_of(kind)->family, counts };
	struct pc_forest forests[PC_DIRECTION_COUNT];
	enum pc_direction d;
	int r = tree_forest(&c->pool, &plan, in, &forests[PC_IN]);

	if (!r && same_boxes(in, out))
		forests[PC_OUT] = forests[PC_IN];
	else if (!r)
		r = tree_forest(&c->pool, &plan, out, &forests[PC_OUT]);
	if (r)
		return too_large(c, r);

	for (d = 0; d < PC_DIRECTION_COUNT; d++) {
		struct pc_side *side = &header_of(c)->side[d];
		struct pc_front_side *front = &header_of(c)->front.side[d];

		(counts ? side->counts : side->verdicts)[kind] = forests[d];
		front->has_counts |= counts && c->boxes[d][counts].n;
		if (c->boxes[d][counts].n > PC_FEW)
			front->worth_caching |= cache_of(c, kind);
	}
	return 0;
}

static void cache_tables(struct compiler *c)
{
	for (size_t i = 0; i < c->policy->n_rules; i++) {
		const struct rule *rule = &c->policy->rules[i];
		uint8_t caches =
			caching_rule(rule) ? PC_CACHE_IP4 | (c->ip6 ? PC_CACHE_IP6 : 0) : 0;

		if (rule->in)
			header_of(c)->front.side[PC_IN].worth_caching |= caches;
		if (rule->out)
			header_of(c)->front.side[PC_OUT].worth_caching |= caches;
	}
}

static int compile_trees(struct compiler *c)
{
	enum pc_kind kind;
	int r = 0;

	for (kind = 0; !r && kind < PC_KIND_COUNT; kind++) {
		r = expand_kind(c, kind);
		if (!r)
			r = build_forests(c, kind, false);
		if (!r)
			r = build_forests(c, kind, true);
	}
	if (!r)
		cache_tables(c);
	return r;
}

/* 1/1024 ns a packet, to the nearest. */
static uint64_t interval(const struct rule *rule)
{
	unsigned __int128 one = (unsigned __int128)rule->rate_period * 1000000000u * 1024;
	unsigned __int128 result = rule->rate ? (one + rule->rate / 2) / rule->rate : UINT64_MAX;

	return result > UINT64_MAX ? UINT64_MAX : result ?: 1;
}

static int put_rules(struct compiler *c)
{
	size_t n = c->policy->n_rules, i;
	struct pc_rule *to;
	uint32_t address;
	int r = image_append(c->image, n * sizeof(*to), sizeof(*to), &address);

	if (r)
		return r;
	to = image_at(c->image, address);
	for (i = 0; i < n; i++) {
		const struct rule *rule = &c->policy->rules[i];

		to[i] = (struct pc_rule){ .action = rule->action, .cell = rule->cell };
		if (rule->action != PC_ACTION_LIMIT)
			continue;
		to[i].per_src = rule->per_src;
		to[i].burst = rule->burst;
		to[i].interval = interval(rule);
		header_of(c)->uses_limits = 1;
		header_of(c)->uses_sources |= rule->per_src;
	}
	header_of(c)->front.rules = address;
	header_of(c)->n_rules = n;
	return 0;
}

static int put_text(struct compiler *c)
{
	auto_free char *text = policy_print(c->policy);
	size_t len = text ? strlen(text) : 0;
	uint32_t address;
	int r = text ? image_append(c->image, len, 1, &address) : -ENOMEM;

	if (r)
		return r;
	memcpy(image_at(c->image, address), text, len);
	header_of(c)->text = address;
	header_of(c)->text_len = len;
	return 0;
}

/* The addresses of one family, as packed records. */
static int put_records(struct compiler *c, const struct set *set, uint8_t family,
                       uint32_t *ret_address, uint32_t *ret_n)
{
	size_t size = family == 4 ? 4 : 16, n = 0, i;
	uint8_t *record;
	int r;

	for (i = 0; i < set->n_prefixes; i++)
		n += set->prefixes[i].family == family;
	r = image_append(c->image, n * (1 + size), 1, ret_address);
	if (r)
		return r;
	record = image_at(c->image, *ret_address);
	for (i = 0; i < set->n_prefixes; i++) {
		if (set->prefixes[i].family != family)
			continue;
		record[0] = set->prefixes[i].len;
		memcpy(record + 1, set->prefixes[i].addr, size);
		record += 1 + size;
	}
	*ret_n = n;
	return 0;
}

static int put_sets(struct compiler *c)
{
	const struct set *sets = c->policy->sets;
	struct pc_image_set record;
	size_t i, n = 0;
	uint32_t address;
	int r;

	for (i = 0; i < c->policy->n_sets; i++)
		n += !!sets[i].file;
	r = image_append(c->image, n * sizeof(record), 8, &address);
	header_of(c)->sets = address;
	header_of(c)->n_sets = n;
	for (i = 0; !r && i < c->policy->n_sets; i++) {
		if (!sets[i].file)
			continue;
		record = (struct pc_image_set){ 0 };
		memcpy(record.name, sets[i].name, sizeof(record.name));
		r = put_records(c, &sets[i], 4, &record.ip4, &record.n_ip4);
		if (!r)
			r = put_records(c, &sets[i], 6, &record.ip6, &record.n_ip6);
		if (!r)
			memcpy(image_at(c->image, address), &record, sizeof(record));
		address += sizeof(record);
	}
	return r;
}

static int compile(struct compiler *c, uint32_t generation)
{
	uint32_t start;
	int r = image_alloc(c->image, sizeof(struct pc_image), 64, &start);

	if (!r)
		r = expand_init(&c->expander, &c->pool, c->policy);
	if (!r)
		r = compile_trees(c);
	if (!r)
		r = put_rules(c);
	if (!r)
		r = put_text(c);
	if (!r)
		r = put_sets(c);
	if (r)
		return *c->image->why ? r : too_large(c, r);

	header_of(c)->magic = PC_IMAGE_MAGIC;
	header_of(c)->size = c->image->size;
	header_of(c)->front.generation = generation;
	header_of(c)->front.side[PC_IN].drops = c->policy->drops[PC_IN];
	header_of(c)->front.side[PC_OUT].drops = c->policy->drops[PC_OUT];
	front_put_few(c->image);
	return 0;
}

int policy_compile(const struct policy *policy, uint32_t generation, struct image *ret_image,
                   const char **ret_why)
{
	auto_image struct image image = { 0 };
	__attribute__((cleanup(compiler_free))) struct compiler c = {
		.policy = policy, .ip6 = caching_ip6(policy), .image = &image, .pool.image = &image
	};
	int r = policy->n_rules > PC_MAX_RULES
	                ? because(&image, -E2BIG, "more than %d rules", PC_MAX_RULES)
	                : compile(&c, generation);

	*ret_image = (struct image){ 0 };
	if (r) {
		memcpy(ret_image->why, image.why, sizeof(image.why));
		*ret_why = *image.why ? ret_image->why : NULL;
		return r;
	}
	*ret_image = image;
	image = (struct image){ 0 };
	return 0;
}
