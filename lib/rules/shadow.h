/* SPDX-License-Identifier: GPL-2.0-only */
/* Which earlier rule leaves nothing for a later one, found without comparing all with all. */
#ifndef LIB_RULES_SHADOW_H
#define LIB_RULES_SHADOW_H

#include "lib/rules/rule.h"

struct shadows;

/* Looks through the rules of a policy, which must stay as it is. NULL: no memory. */
struct shadows *shadows_new(const struct policy *policy);
void shadows_free(struct shadows *shadows);

/* For the rules one after the other: an earlier rule that decides about every packet of the rule at
 * `index` before it; or, if that rule counts, one that says the same. NULL: none is known, and the
 * rule is one that later rules are compared with. */
const struct rule *shadows_next(struct shadows *shadows, size_t index);

#endif
