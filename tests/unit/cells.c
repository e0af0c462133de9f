/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/kern/cells.c: which rules go on counting when another policy comes. */
#include <stdint.h>
#include <stdlib.h>

#include "abi/policy.h"
#include "lib/kern/cells.h"
#include "lib/rules/policy.h"
#include "tests/tap.h"
#include "tests/unit/parsed.h"

#define CELL_OF(i) (7 * (i) + 3)
#define NEW        (-1)
#define END        (-2)

static const struct {
	const char *name, *now, *next;
	int from[8]; /* for each rule of the next policy, which of the old one it is */
} rows[] = {
	{ "the same", "drop\npass tcp\n", "drop\npass tcp\n", { 0, 1, END } },
	{ "none", "drop\n", "", { END } },
	{ "the first ones", "", "drop\npass tcp\n", { NEW, NEW, END } },
	{ "one more in the middle",
	  "drop udp\npass tcp\n",
	  "drop udp\ncount\npass tcp\n",
	  { 0, NEW, 1, END } },
	{ "one less", "drop udp\ncount\npass tcp\n", "drop udp\npass tcp\n", { 0, 2, END } },
	{ "the other way round",
	  "drop udp\ncount\npass tcp\n",
	  "pass tcp\ncount\ndrop udp\n",
	  { 2, 1, 0, END } },
	{ "one changed", "drop udp\npass tcp\n", "drop udp port 1\npass tcp\n", { NEW, 1, END } },
	{ "written in another way",
	  "drop in,out tcp port { 2, 1 }\n",
	  "drop tcp port 1-2\n",
	  { 0, END } },
	{ "another label", "a: drop udp\n", "b: drop udp\n", { 0, END } },
	{ "twice, then three times",
	  "count\npass tcp\ncount\n",
	  "count\ncount\ncount\npass tcp\n",
	  { 0, 2, NEW, 1, END } },
	{ "moved, and then twice",
	  "drop udp\npass tcp\ncount\n",
	  "count\ncount\ndrop udp\npass tcp\n",
	  { 2, NEW, 0, 1, END } },
	{ "three times, then twice", "count\ncount\ncount\n", "count\ncount\n", { 0, 1, END } },
	{ "a set of the same name, elsewhere",
	  "set a = { 10.0.0.1 }\nset b = { 10.0.0.2 }\ndrop src @b\n",
	  "set b = { 10.0.0.2 }\ndrop src @b\n",
	  { 0, END } },
	{ "a set of another name",
	  "set a = { 10.0.0.1 }\ndrop src @a\n",
	  "set b = { 10.0.0.1 }\ndrop src @b\n",
	  { NEW, END } },
};

static void check(size_t row, const struct policy *now, const struct policy *next,
                  const bool *fresh)
{
	const int *from = rows[row].from;
	auto_free bool *taken = calloc(PC_MAX_CELLS, sizeof(*taken));
	size_t n_fresh = 0, wanted = 0, i;

	for (i = 0; i < next->n_rules; i++) {
		uint16_t cell = next->rules[i].cell;

		tap_note("rule %zu", i + 1);
		tap_check(from[i] != END && !taken[cell]);
		taken[cell] = true;
		tap_check_int(fresh[cell], from[i] == NEW);
		if (from[i] >= 0)
			tap_check_int(cell, CELL_OF(from[i]));
		for (size_t k = 0; from[i] == NEW && k < now->n_rules; k++)
			tap_check(cell != now->rules[k].cell);
		wanted += from[i] == NEW;
	}
	tap_check_int(from[i], END);
	for (i = 0; i < PC_MAX_CELLS; i++)
		n_fresh += fresh[i];
	tap_check_int(n_fresh, wanted);
}

/* As many as there may be, and as many others: each has a cell. */
static void full(void)
{
	auto_policy struct policy now = { 0 }, next = { 0 };
	auto_free bool *fresh = NULL;
	auto_free char *one = NULL, *other = NULL;
	size_t size;
	FILE *a = open_memstream(&one, &size), *b = open_memstream(&other, &size);

	tap_test("two policies that are full and have nothing in common");
	for (unsigned i = 0; i < PC_MAX_RULES; i++) {
		fprintf(a, "drop tcp port %u\n", i);
		fprintf(b, "pass tcp port %u\n", i);
	}
	fclose(a);
	fclose(b);
	if (!parsed(one, &now) || !parsed(other, &next))
		return;
	for (size_t i = 0; i < now.n_rules; i++)
		now.rules[i].cell = 2 * i;
	tap_check_int(cells_assign(&next, &now, &fresh), 0);
	for (size_t i = 0; i < next.n_rules; i++) {
		if (!tap_check(next.rules[i].cell % 2 && fresh[next.rules[i].cell]))
			return;
	}
}

int main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		auto_policy struct policy now = { 0 }, next = { 0 };
		auto_free bool *fresh = NULL;

		tap_test("%s", rows[i].name);
		if (!parsed(rows[i].now, &now) || !parsed(rows[i].next, &next))
			continue;
		for (size_t k = 0; k < now.n_rules; k++)
			now.rules[k].cell = CELL_OF(k);
		if (tap_check_int(cells_assign(&next, &now, &fresh), 0))
			check(i, &now, &next, fresh);
	}
	full();
	return tap_done();
}
