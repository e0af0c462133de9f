/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of numbers, as ranges in ascending order with gaps between them. */
#ifndef LIB_RULES_NUMBERS_H
#define LIB_RULES_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/rules/rule.h"

struct numbers {
	struct range *at;
	size_t n, room;
};

void numbers_free(struct numbers *numbers);

/* All numbers from 0 to `max`. Returns 0 or -ENOMEM, as all of these. */
int numbers_all(struct numbers *numbers, uint32_t max);

/* Sets `to` to the numbers in these ranges of any order, as far as they are `max` at most; or to
 * all others, up to `max`. */
int numbers_set(struct numbers *to, const struct range *from, size_t n, bool others, uint32_t max);

/* Leaves in `numbers` what is in `with` too. `spare` is overwritten. */
int numbers_intersect(struct numbers *numbers, const struct numbers *with, struct numbers *spare);

static inline bool numbers_are_all(const struct numbers *numbers, uint32_t max)
{
	return numbers->n == 1 && numbers->at[0].lo == 0 && numbers->at[0].hi == max;
}

#endif
