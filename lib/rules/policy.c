/* SPDX-License-Identifier: GPL-2.0-only */
/* Policies in memory: copied, compared, changed rule by rule, let go. */
#include "lib/rules/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void rule_free(struct rule *rule)
{
	for (size_t i = 0; i < rule->n_matches; i++) {
		free(rule->matches[i].ranges);
		free(rule->matches[i].prefixes);
	}
	free(rule->matches);
	*rule = (struct rule){ 0 };
}

void policy_free(struct policy *policy)
{
	for (size_t i = 0; i < policy->n_rules; i++)
		rule_free(&policy->rules[i]);
	free(policy->rules);
	for (size_t i = 0; i < policy->n_sets; i++) {
		free(policy->sets[i].file);
		free(policy->sets[i].prefixes);
	}
	free(policy->sets);
	*policy = (struct policy){ 0 };
}

/* A copy of an array; of one without elements NULL. False: no memory. */
static bool copy_array(void *ret_copy, const void *from, size_t n, size_t element_size)
{
	void **copy = ret_copy;

	*copy = NULL;
	if (!n)
		return true;
	*copy = calloc(n, element_size);
	if (*copy)
		memcpy(*copy, from, n * element_size);
	return *copy != NULL;
}

#define COPY_ARRAY(to, from, n) copy_array(&(to), (from), (n), sizeof(*(from)))

static bool copy_match(const struct match *match, struct match *copy)
{
	*copy = *match;
	copy->prefixes = NULL;
	return COPY_ARRAY(copy->ranges, match->ranges, match->n_ranges) &&
	       COPY_ARRAY(copy->prefixes, match->prefixes, match->n_prefixes);
}

int rule_copy(const struct rule *rule, struct rule *ret_rule)
{
	auto_rule struct rule copy = *rule;

	copy.n_matches = 0;
	copy.matches = NULL;
	if (rule->n_matches) {
		copy.matches = calloc(rule->n_matches, sizeof(*copy.matches));
		if (!copy.matches)
			return -ENOMEM;
	}
	while (copy.n_matches < rule->n_matches) {
		size_t i = copy.n_matches++;

		if (!copy_match(&rule->matches[i], &copy.matches[i]))
			return -ENOMEM;
	}
	*ret_rule = copy;
	memset(&copy, 0, sizeof(copy));
	return 0;
}

static bool copy_set(const struct set *set, struct set *copy)
{
	*copy = *set;
	copy->prefixes = NULL;
	copy->file = set->file ? strdup(set->file) : NULL;
	return (!set->file || copy->file) &&
	       COPY_ARRAY(copy->prefixes, set->prefixes, set->n_prefixes);
}

int policy_copy(const struct policy *policy, struct policy *ret_policy)
{
	auto_policy struct policy copy = *policy;

	copy.n_rules = copy.n_sets = 0;
	copy.rules = calloc(policy->n_rules ?: 1, sizeof(*copy.rules));
	copy.sets = calloc(policy->n_sets ?: 1, sizeof(*copy.sets));
	if (!copy.rules || !copy.sets)
		return -ENOMEM;
	while (copy.n_sets < policy->n_sets) {
		size_t i = copy.n_sets++;

		if (!copy_set(&policy->sets[i], &copy.sets[i]))
			return -ENOMEM;
	}
	while (copy.n_rules < policy->n_rules) {
		if (rule_copy(&policy->rules[copy.n_rules], &copy.rules[copy.n_rules]))
			return -ENOMEM;
		copy.n_rules++;
	}
	*ret_policy = copy;
	memset(&copy, 0, sizeof(copy));
	return 0;
}

int policy_insert(struct policy *policy, size_t index, struct rule *rule)
{
	struct rule *rules;

	if (policy->n_rules >= PC_MAX_RULES)
		return -ENOSPC;
	if (*rule->label && policy_find_label(policy, rule->label) < policy->n_rules)
		return -EEXIST;
	rules = reallocarray(policy->rules, policy->n_rules + 1, sizeof(*rules));
	if (!rules)
		return -ENOMEM;
	policy->rules = rules;
	memmove(&rules[index + 1], &rules[index], (policy->n_rules - index) * sizeof(*rules));
	rules[index] = *rule;
	policy->n_rules++;
	*rule = (struct rule){ 0 };
	return 0;
}

void policy_delete(struct policy *policy, size_t index)
{
	struct rule *rule = &policy->rules[index];

	rule_free(rule);
	policy->n_rules--;
	memmove(rule, rule + 1, (policy->n_rules - index) * sizeof(*rule));
}

size_t policy_find_label(const struct policy *policy, const char *label)
{
	size_t i = 0;

	while (i < policy->n_rules && strcmp(policy->rules[i].label, label) != 0)
		i++;
	return i;
}

size_t policy_find_set(const struct policy *policy, const char *name)
{
	size_t i = 0;

	while (i < policy->n_sets && strcmp(policy->sets[i].name, name) != 0)
		i++;
	return i;
}

static bool match_equal(const struct match *a, const struct policy *of_a, const struct match *b,
                        const struct policy *of_b)
{
	if (a->kind != b->kind || a->side != b->side || a->negate != b->negate ||
	    a->type != b->type || a->flags_value != b->flags_value ||
	    a->flags_mask != b->flags_mask || a->n_ranges != b->n_ranges ||
	    a->n_prefixes != b->n_prefixes)
		return false;
	if (a->kind == MATCH_SET && strcmp(of_a->sets[a->set].name, of_b->sets[b->set].name) != 0)
		return false;
	return (!a->n_ranges || !memcmp(a->ranges, b->ranges, a->n_ranges * sizeof(*a->ranges))) &&
	       (!a->n_prefixes ||
	        !memcmp(a->prefixes, b->prefixes, a->n_prefixes * sizeof(*a->prefixes)));
}

bool rule_equal(const struct rule *a, const struct policy *of_a, const struct rule *b,
                const struct policy *of_b)
{
	if (a->action != b->action || a->in != b->in || a->out != b->out || a->rate != b->rate ||
	    a->rate_period != b->rate_period || a->burst != b->burst || a->per_src != b->per_src ||
	    a->n_matches != b->n_matches)
		return false;
	for (size_t i = 0; i < a->n_matches; i++) {
		if (!match_equal(&a->matches[i], of_a, &b->matches[i], of_b))
			return false;
	}
	return true;
}
