/* SPDX-License-Identifier: GPL-2.0-only */
/* Where rules count: a cell for each, kept for as long as a rule's text is. */
#ifndef LIB_KERN_CELLS_H
#define LIB_KERN_CELLS_H

#include "abi/policy.h"
#include "abi/types.h"
#include "lib/rules/rule.h"

/* What the built-in rule counts in whenever it is in force through an image. */
#define CELL_OF_BUILTIN 0

/* Gives every rule of `next` a cell: that of the rule that says the same in `now`, else one that no
 * rule of `now` has. *ret_fresh has a flag for each cell that is new; the caller frees it. */
int cells_assign(struct policy *next, const struct policy *now, bool **ret_fresh);

/* Which pages the cells of a policy are in, for one CPU: their keys into `ret_keys`. Returns how
 * many; the first is always among them. */
unsigned cells_pages(const struct policy *policy, unsigned cpu,
                     __u32 ret_keys[static PC_CELL_PAGES]);

/* Zeroes the cells that are new, and fills their buckets. */
int cells_zero(int pages, const struct policy *policy, const bool *fresh);

/* Adds up all CPUs, into one for each rule. */
int cells_read(int pages, const struct policy *policy, struct pc_counter *ret_counts);

#endif
