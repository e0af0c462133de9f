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

/* A rule of the old policy that no rule of the new one has been found to be, by what it says. */
struct known {
	char *text;
	uint16_t cell;
	bool taken;
};

struct known_list {
	struct known *known;
	size_t count;
};

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct known *)a)->text, ((const struct known *)b)->text);
}

static void known_free(struct known_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->known[i].text);
	free(list->known);
}
#define auto_known __attribute__((cleanup(known_free)))

static int known_make(const struct policy *now, const bool *kept, struct known_list *ret_list)
{
	struct known_list *list = ret_list;

	list->known = calloc(now->n_rules + 1, sizeof(*list->known));
	if (!list->known)
		return -ENOMEM;
	for (size_t i = 0; i < now->n_rules; i++) {
		struct known *k = &list->known[list->count];

		if (kept[now->rules[i].cell])
			continue;
		k->text = rule_print(&now->rules[i], now);
		k->cell = now->rules[i].cell;
		if (!k->text)
			return -ENOMEM;
		list->count++;
	}
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

/* Most changes are small: rules that come in the same order are found side by side. `found` is for
 * the rules of `next`, `kept` for cells. */
static void keep_in_order(struct policy *next, const struct policy *now, bool *found, bool *kept)
{
	size_t j = 0;

	for (size_t i = 0; i < next->n_rules && j < now->n_rules; i++) {
		/* One was taken out. */
		if (j + 1 < now->n_rules &&
		    !rule_equal(&next->rules[i], next, &now->rules[j], now) &&
		    rule_equal(&next->rules[i], next, &now->rules[j + 1], now))
			j++;
		if (!rule_equal(&next->rules[i], next, &now->rules[j], now))
			continue;
		next->rules[i].cell = now->rules[j++].cell;
		found[i] = kept[next->rules[i].cell] = true;
	}
}

/* The rest is looked for by what it says. */
static int keep_by_text(struct policy *next, const struct policy *now, bool *found, bool *kept)
{
	auto_known struct known_list list = { NULL, 0 };
	int r = known_make(now, kept, &list);

	for (size_t i = 0; !r && list.count && i < next->n_rules; i++) {
		auto_free char *text = found[i] ? NULL : rule_print(&next->rules[i], next);
		struct known *known = text ? known_take(&list, text) : NULL;

		if (!found[i] && !text)
			r = -ENOMEM;
		if (known) {
			next->rules[i].cell = known->cell;
			found[i] = true;
		}
	}
	return r;
}

int cells_assign(struct policy *next, const struct policy *now, bool **ret_fresh)
{
	auto_free bool *used = calloc(PC_MAX_CELLS, sizeof(*used));
	auto_free bool *kept = calloc(PC_MAX_CELLS, sizeof(*kept));
	auto_free bool *fresh = calloc(PC_MAX_CELLS, sizeof(*fresh));
	auto_free bool *found = calloc(next->n_rules + 1, sizeof(*found));
	size_t cell = 0;

	if (!used || !kept || !fresh || !found)
		return fail(ENOMEM, "the rules' counters");
	keep_in_order(next, now, found, kept);
	if (keep_by_text(next, now, found, kept))
		return fail(ENOMEM, "the rules' counters");
	for (size_t i = 0; i < now->n_rules; i++)
		used[now->rules[i].cell] = true;
	for (size_t i = 0; i < next->n_rules; i++) {
		if (found[i])
			continue;
		while (cell < PC_MAX_CELLS && used[cell])
			cell++;
		if (cell == PC_MAX_CELLS)
			return fail(ENOSPC, "the rules' counters");
		used[cell] = fresh[cell] = true;
		next->rules[i].cell = cell;
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
