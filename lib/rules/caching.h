/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a cache of flows gains by what a policy asks. */
#ifndef LIB_RULES_CACHING_H
#define LIB_RULES_CACHING_H

#include "lib/rules/rule.h"

/* Whether a policy speaks of IPv6 addresses. If not, its trees for IPv6 are small, and a cache for
 * each CPU would be memory for little. */
bool caching_ip6(const struct policy *policy);

/* Whether a rule has addresses enough for a table, which costs as much as many entries. */
bool caching_rule(const struct rule *rule);

#endif
