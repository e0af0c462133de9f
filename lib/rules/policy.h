/* SPDX-License-Identifier: GPL-2.0-only */
/* Policies changed rule by rule; struct policy itself is in rule.h. */
#ifndef LIB_RULES_POLICY_H
#define LIB_RULES_POLICY_H

#include <stddef.h>

#include "lib/rules/rule.h"

/* Lets go of what a rule holds, and leaves an empty one. */
void rule_free(struct rule *rule);
#define auto_rule   __attribute__((cleanup(rule_free)))
#define auto_policy __attribute__((cleanup(policy_free)))

/* A copy that owns all it refers to. Returns 0 or -ENOMEM. */
int rule_copy(const struct rule *rule, struct rule *ret_rule);
int policy_copy(const struct policy *policy, struct policy *ret_policy);

/* Puts the rule before the one at `index`, n_rules to put it last, and takes it over: *rule is
 * empty afterwards. Returns 0, -ENOMEM, -ENOSPC (PC_MAX_RULES are there already) or -EEXIST
 * (another rule has its label); then nothing has changed. */
int policy_insert(struct policy *policy, size_t index, struct rule *rule);

/* Takes out and frees the rule at `index`, which must be there. */
void policy_delete(struct policy *policy, size_t index);

/* The index of the rule with this label; n_rules: there is none. */
size_t policy_find_label(const struct policy *policy, const char *label);

/* The index of the set with this name; n_sets: there is none. */
size_t policy_find_set(const struct policy *policy, const char *name);

#endif
