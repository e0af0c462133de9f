/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a cache of flows gains by what a policy asks. */
#include "lib/rules/caching.h"

#include "abi/image.h"

static bool has_ip6(const struct prefix *prefixes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (prefixes[i].family == 6)
			return true;
	}
	return false;
}

bool caching_ip6(const struct policy *policy)
{
	for (size_t i = 0; i < policy->n_sets; i++) {
		if (has_ip6(policy->sets[i].prefixes, policy->sets[i].n_prefixes))
			return true;
	}
	for (size_t i = 0; i < policy->n_rules; i++) {
		for (size_t k = 0; k < policy->rules[i].n_matches; k++) {
			const struct match *m = &policy->rules[i].matches[k];

			if (has_ip6(m->prefixes, m->n_prefixes))
				return true;
		}
	}
	return false;
}

bool caching_rule(const struct rule *rule)
{
	for (size_t i = 0; i < rule->n_matches; i++) {
		const struct match *m = &rule->matches[i];

		if (m->kind == MATCH_SET || (m->kind == MATCH_ADDR && m->n_prefixes > PC_FEW))
			return true;
	}
	return false;
}
