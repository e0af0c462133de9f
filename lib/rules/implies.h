/* SPDX-License-Identifier: GPL-2.0-only */
/* What follows from a rule: whether it can match at all, and whether another matches then, too.
 * Claims are so for every packet; what is not claimed may be so as well. */
#ifndef LIB_RULES_IMPLIES_H
#define LIB_RULES_IMPLIES_H

#include <stdbool.h>

#include "lib/rules/classes.h"
#include "lib/rules/rule.h"

/* The addresses a primitive asks for, in their order; NULL where that is not known (the set is in a
 * file), too much to compare, or nothing. */
const struct prefix *match_prefixes(const struct match *match, const struct policy *policy,
                                    size_t *ret_n);

/* Whether no packet is such that both are true. */
bool matches_exclude(const struct match *a, const struct match *b, const struct policy *policy);

/* Whether every packet that `inner` matches is one that `outer` matches, in the directions of
 * `inner`. `classes` are those of `inner`. */
bool rule_covers(const struct rule *outer, const struct rule *inner, const struct classes *classes,
                 const struct policy *policy);

#endif
