/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of numbers, as ranges in ascending order with gaps between them. */
#include "lib/rules/numbers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void numbers_free(struct numbers *numbers)
{
	free(numbers->at);
	*numbers = (struct numbers){ 0 };
}

static int make_room(struct numbers *numbers, size_t n)
{
	struct range *at;

	if (n <= numbers->room)
		return 0;
	at = realloc(numbers->at, n * 2 * sizeof(*at));
	if (!at)
		return -ENOMEM;
	numbers->at = at;
	numbers->room = n * 2;
	return 0;
}

int numbers_all(struct numbers *numbers, uint32_t max)
{
	if (make_room(numbers, 1))
		return -ENOMEM;
	numbers->at[0] = (struct range){ 0, max };
	numbers->n = 1;
	return 0;
}

static int by_start(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->lo < y->lo ? -1 : x->lo > y->lo;
}

/* Merges what overlaps or is adjacent, and cuts off what is above `max`. */
static void tidy(struct numbers *numbers, uint32_t max)
{
	const struct range *from;
	struct range *last;
	size_t n = 0;

	qsort(numbers->at, numbers->n, sizeof(*numbers->at), by_start);
	for (from = numbers->at; from < numbers->at + numbers->n; from++) {
		struct range one = { from->lo, from->hi < max ? from->hi : max };

		if (one.lo > one.hi)
			continue;
		last = n ? &numbers->at[n - 1] : NULL;
		if (!last || (one.lo > last->hi && one.lo - last->hi > 1))
			numbers->at[n++] = one;
		else if (one.hi > last->hi)
			last->hi = one.hi;
	}
	numbers->n = n;
}

/* There is room for one more. */
static void complement(struct numbers *numbers, uint32_t max)
{
	uint32_t next = 0; /* the first number not looked at */
	size_t i, n = 0;

	for (i = 0; i < numbers->n; i++) {
		struct range gone = numbers->at[i];

		if (gone.lo > next)
			numbers->at[n++] = (struct range){ next, gone.lo - 1 };
		if (gone.hi == max) {
			numbers->n = n;
			return;
		}
		next = gone.hi + 1;
	}
	numbers->at[n++] = (struct range){ next, max };
	numbers->n = n;
}

int numbers_set(struct numbers *to, const struct range *from, size_t n, bool others, uint32_t max)
{
	if (make_room(to, n + 1))
		return -ENOMEM;
	if (n)
		memcpy(to->at, from, n * sizeof(*from));
	to->n = n;
	tidy(to, max);
	if (others)
		complement(to, max);
	return 0;
}

int numbers_intersect(struct numbers *numbers, const struct numbers *with, struct numbers *spare)
{
	struct numbers result;
	size_t a = 0, b = 0;

	if (make_room(spare, numbers->n + with->n))
		return -ENOMEM;
	spare->n = 0;
	while (a < numbers->n && b < with->n) {
		struct range x = numbers->at[a], y = with->at[b];
		struct range both = { x.lo > y.lo ? x.lo : y.lo, x.hi < y.hi ? x.hi : y.hi };

		if (both.lo <= both.hi)
			spare->at[spare->n++] = both;
		if (x.hi < y.hi)
			a++;
		else
			b++;
	}
	result = *spare;
	*spare = *numbers;
	*numbers = result;
	return 0;
}
