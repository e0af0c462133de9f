/* SPDX-License-Identifier: GPL-2.0-only */
/* Where rules count: a cell for each, kept for as long as a rule's text is. */
#include "lib/kern/cells.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/kern/counters.h"
#include "lib/kern/pages.h"
#include "lib/rules/print.h"

/* A rule by what it says, to be looked up. */
struct known {
	char *text;
	uint16_t cell;
	bool taken;
};

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct known *)a)->text, ((const struct known *)b)->text);
}

struct known_list {
	struct known *known;
	size_t count;
};

static void known_free(struct known_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->known[i].text);
	free(list->known);
}
#define auto_known __attribute__((cleanup(known_free)))

static int known_make(const struct policy *policy, struct known_list *ret_list)
{
	struct known_list *list = ret_list;

	list->known = calloc(policy->n_rules + 1, sizeof(*list->known));
	for (size_t i = 0; list->known && i < policy->n_rules; i++) {
		struct known *k = &list->known[list->count];

		k->text = rule_print(&policy->rules[i], policy);
		k->cell = policy->rules[i].cell;
		if (!k->text)
			return -ENOMEM;
		list->count++;
	}
	if (!list->known)
		return -ENOMEM;
	qsort(list->known, list->count, sizeof(*list->known), compare);
	return 0;
}

/* The next of the rules that say `text` and are not taken yet; rules may be there twice. */
static struct known *known_take(struct known_list *list, char *text)
{
	struct known key = { .text = text };
	struct known *hit = bsearch(&key, list->known, list->count, sizeof(key), compare);

	while (hit && hit > list->known && !compare(hit - 1, &key))
		hit--;
	while (hit && hit < list->known + list->count && !compare(hit, &key)) {
		if (!hit->taken) {
			hit->taken = true;
			return hit;
		}
		hit++;
	}
	return NULL;
}

int cells_assign(struct policy *next, const struct policy *now, bool **ret_fresh)
{
	auto_free bool *used = calloc(PC_MAX_CELLS, sizeof(*used));
	auto_free bool *fresh = calloc(PC_MAX_CELLS, sizeof(*fresh));
	auto_known struct known_list list = { NULL, 0 };
	size_t free_cell = 0;
	int r = known_make(now, &list);

	if (r || !used || !fresh)
		return fail(ENOMEM, "the rules' counters");
	for (size_t i = 0; i < now->n_rules; i++)
		used[now->rules[i].cell] = true;
	for (size_t i = 0; i < next->n_rules; i++) {
		auto_free char *text = rule_print(&next->rules[i], next);
		struct known *known = text ? known_take(&list, text) : NULL;

		if (!text)
			return fail(ENOMEM, "the rules' counters");
		if (known) {
			next->rules[i].cell = known->cell;
			continue;
		}
		while (free_cell < PC_MAX_CELLS && used[free_cell])
			free_cell++;
		if (free_cell == PC_MAX_CELLS)
			return fail(ENOSPC, "the rules' counters");
		used[free_cell] = fresh[free_cell] = true;
		next->rules[i].cell = free_cell;
	}
	*ret_fresh = TAKE_PTR(fresh);
	return 0;
}

/* Every CPU's page for the cells that begin with `first`. */
static int each_page(int pages, uint16_t first,
                     int (*visit)(struct pc_counter *cells, uint16_t first, void *arg), void *arg)
{
	for (unsigned cpu = 0; cpu < counters_cpus(); cpu++) {
		struct pc_page *page = pages_map(pages, PC_PAGE_CELLS(cpu, first));
		int r;

		if (!page)
			return fail(errno, "the rules' counters");
		r = visit((struct pc_counter *)page->bytes, first, arg);
		pages_unmap(page);
		if (r)
			return r;
	}
	return 0;
}

static bool any_in_page(const struct policy *policy, uint32_t first)
{
	for (size_t i = 0; i < policy->n_rules; i++) {
		if (policy->rules[i].cell / PC_CELLS_PER_PAGE == first / PC_CELLS_PER_PAGE)
			return true;
	}
	return false;
}

static int zero_fresh(struct pc_counter *cells, uint16_t first, void *arg)
{
	const bool *fresh = arg;

	for (unsigned i = 0; i < PC_CELLS_PER_PAGE; i++) {
		if (fresh[first + i])
			cells[i] = (struct pc_counter){ 0 };
	}
	return 0;
}

unsigned cells_pages(const struct policy *policy, unsigned cpu,
                     __u32 ret_keys[static PC_CELL_PAGES])
{
	unsigned count = 0;

	for (uint32_t first = 0; first < PC_MAX_CELLS; first += PC_CELLS_PER_PAGE) {
		if (!first || any_in_page(policy, first))
			ret_keys[count++] = PC_PAGE_CELLS(cpu, first);
	}
	return count;
}

/* A bucket that is zero is full. */
static void fill_buckets(int pages, const bool *fresh)
{
	struct pc_page *page = pages_map(pages, PC_PAGE_BUCKETS);
	__u64 *buckets = page ? (__u64 *)page->bytes : NULL;

	for (unsigned cell = 0; buckets && cell < PC_MAX_CELLS; cell++) {
		if (fresh[cell])
			buckets[cell] = 0;
	}
	pages_unmap(page);
}

int cells_zero(int pages, const struct policy *policy, const bool *fresh)
{
	int r = 0;

	fill_buckets(pages, fresh);

	for (uint32_t first = 0; !r && first < PC_MAX_CELLS; first += PC_CELLS_PER_PAGE) {
		if (any_in_page(policy, first))
			r = each_page(pages, first, zero_fresh, (void *)fresh);
	}
	return r;
}

struct sum {
	const struct policy *policy;
	struct pc_counter *counts;
};

static int add(struct pc_counter *cells, uint16_t first, void *arg)
{
	struct sum *sum = arg;

	for (size_t i = 0; i < sum->policy->n_rules; i++) {
		unsigned at = sum->policy->rules[i].cell - first;

		if (at < PC_CELLS_PER_PAGE) {
			sum->counts[i].packets += cells[at].packets;
			sum->counts[i].bytes += cells[at].bytes;
		}
	}
	return 0;
}

int cells_read(int pages, const struct policy *policy, struct pc_counter *ret_counts)
{
	struct sum sum = { policy, ret_counts };
	int r = 0;

	memset(ret_counts, 0, policy->n_rules * sizeof(*ret_counts));
	for (uint32_t first = 0; !r && first < PC_MAX_CELLS; first += PC_CELLS_PER_PAGE) {
		if (any_in_page(policy, first))
			r = each_page(pages, first, add, &sum);
	}
	return r;
}
