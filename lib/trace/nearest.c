/* SPDX-License-Identifier: GPL-2.0-only */
/* What was meant by a name that is none. */
#include "lib/trace/nearest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/trace/tracefs.h"

#define MAX_LENGTH 127
#define NEAR       3 /* letters that may be wrong */

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned less = a < b ? a : b;

	return less < c ? less : c;
}

/* Levenshtein's, a row at a time. */
unsigned nearest_distance(const char *a, const char *b, unsigned limit)
{
	size_t a_len = strlen(a), b_len = strlen(b);
	unsigned row[MAX_LENGTH + 1], diagonal, above;

	if (a_len > MAX_LENGTH || b_len > MAX_LENGTH || a_len > b_len + limit ||
	    b_len > a_len + limit)
		return limit + 1;
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			above = row[j];
			row[j] =
				least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[b_len];
}

struct search {
	const char *wanted;
	char *nearest;
	unsigned distance;
};

static int compare(void *context, const char *category, const char *name)
{
	struct search *search = context;
	auto_free char *both = NULL;
	unsigned distance;

	if (asprintf(&both, "%s:%s", category, name) < 0)
		return 0;
	distance = nearest_distance(search->wanted, both, NEAR);
	if (distance >= search->distance)
		return 0;
	free(search->nearest);
	search->nearest = TAKE_PTR(both);
	search->distance = distance;
	return 0;
}

char *nearest_event(const char *wanted)
{
	struct search search = { .wanted = wanted, .distance = NEAR + 1 };

	tracefs_each(compare, &search);
	return search.nearest;
}
