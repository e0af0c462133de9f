/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules to the one text that says them, which parses back to the same rules. */
#ifndef LIB_RULES_PRINT_H
#define LIB_RULES_PRINT_H

#include "lib/rules/rule.h"

/* All of these return a string to be freed, or NULL: no memory. */

/* All of a policy, one rule a line. */
char *policy_print(const struct policy *policy);

/* A rule without its label, without a line end. `policy` has the names of its sets. */
char *rule_print(const struct rule *rule, const struct policy *policy);

/* One primitive of a rule. */
char *match_print(const struct match *match, const struct policy *policy);

#endif
