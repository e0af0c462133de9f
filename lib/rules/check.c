/* SPDX-License-Identifier: GPL-2.0-only */
/* What parses may still be nonsense: rules that never match, are never reached, or say it twice. */
#include "lib/rules/check.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/rules/implies.h"
#include "lib/rules/print.h"
#include "lib/rules/shadow.h"

/* Where a rule begins, columns further right are not worth being shown. */
#define MAX_COLUMN 100

static void cleanup_shadows(struct shadows **shadows)
{
	shadows_free(*shadows);
}

struct check {
	const struct policy *policy;
	const char *file;
	struct diag *diag;
};

/* The text itself is not at hand: the rule is shown as it is printed, where it stands. */
__attribute__((format(printf, 3, 4))) static void warn_of_rule(const struct check *check,
                                                               const struct rule *rule,
                                                               const char *message, ...)
{
	struct spot spot = { .file = check->file, .at = rule->at };
	bool shown = check->diag->n_items < DIAG_KEPT && rule->at.column <= MAX_COLUMN;
	auto_free char *text = shown ? rule_print(rule, check->policy) : NULL;
	auto_free char *line = NULL;
	char why[512];
	va_list args;

	va_start(args, message);
	vsnprintf(why, sizeof(why), message, args);
	va_end(args);
	if (text && asprintf(&line, "%*s%s", (int)rule->at.column - 1, "", text) >= 0) {
		spot.length = strlen(text);
		spot.line = line;
		spot.line_len = strlen(line);
	}
	diag_add(check->diag, SEVERITY_WARNING, &spot, "%s", why);
}

/* Two that are never true at once; or one that never is, as both. False: none are known. */
static bool find_contradiction(const struct check *check, const struct rule *rule, size_t *ret_one,
                               size_t *ret_other)
{
	for (size_t i = 0; i < rule->n_matches; i++) {
		for (size_t k = 0; k <= i; k++) {
			*ret_one = k;
			*ret_other = i;
			if (k < i ? matches_exclude(&rule->matches[k], &rule->matches[i],
			                            check->policy)
			          : rule->matches[i].kind == MATCH_FLAGS &&
			                    !rule->matches[i].negate &&
			                    rule->matches[i].flags_value &
			                            ~rule->matches[i].flags_mask)
				return true;
		}
	}
	return false;
}

/* Returns whether the rule matches nothing, having said so. */
static bool check_contradiction(const struct check *check, const struct rule *rule)
{
	struct classes classes = classes_of_rule(rule, check->policy);
	auto_free char *one = NULL, *other = NULL;
	size_t i, k;

	if (!find_contradiction(check, rule, &i, &k)) {
		if (classes_meet(&classes, &classes))
			return false;
		warn_of_rule(check, rule, "this rule never matches: no packet is all of this");
		return true;
	}
	one = match_print(&rule->matches[i], check->policy);
	other = match_print(&rule->matches[k], check->policy);
	if (i == k)
		warn_of_rule(check, rule,
		             "this rule never matches: %s wants flags that the mask leaves out",
		             one ?: "flags");
	else
		warn_of_rule(check, rule,
		             "this rule never matches: no packet is '%.80s' and '%.80s'",
		             one ?: "?", other ?: "?");
	return true;
}

static bool is_unconditional(const struct rule *rule)
{
	return !rule->n_matches && rule->in && rule->out && rule->action != PC_ACTION_COUNT;
}

static void warn_of_shadow(const struct check *check, const struct rule *rule,
                           const struct rule *earlier)
{
	const char *quote = *earlier->label ? "'" : "", *blank = *earlier->label ? " " : "";

	if (rule_equal(earlier, check->policy, rule, check->policy))
		warn_of_rule(check, rule, "this rule says the same as rule%s%s%s%s in line %u",
		             blank, quote, earlier->label, quote, earlier->at.line);
	else
		warn_of_rule(check, rule,
		             "this rule is never reached: rule%s%s%s%s in line %u decides about "
		             "all it matches",
		             blank, quote, earlier->label, quote, earlier->at.line);
}

static void check_rules(const struct check *check)
{
	const struct policy *policy = check->policy;
	__attribute__((cleanup(cleanup_shadows))) struct shadows *shadows = shadows_new(policy);
	const struct rule *earlier, *all = NULL;

	for (size_t i = 0; i < policy->n_rules; i++) {
		const struct rule *rule = &policy->rules[i];

		if (all) {
			warn_of_rule(check, rule,
			             "no rule from here on is reached: the one in line %u decides "
			             "about every packet",
			             all->at.line);
			return;
		}
		if (check_contradiction(check, rule))
			continue;
		earlier = shadows ? shadows_next(shadows, i) : NULL;
		if (earlier)
			warn_of_shadow(check, rule, earlier);
		else if (is_unconditional(rule))
			all = rule;
	}
}

static void check_sets(const struct check *check)
{
	const struct policy *policy = check->policy;
	auto_free bool *used = calloc(policy->n_sets + 1, sizeof(*used));

	for (size_t i = 0; i < policy->n_rules && used; i++) {
		for (size_t k = 0; k < policy->rules[i].n_matches; k++) {
			if (policy->rules[i].matches[k].kind == MATCH_SET)
				used[policy->rules[i].matches[k].set] = true;
		}
	}
	for (size_t i = 0; i < policy->n_sets && used; i++) {
		struct spot spot = { .file = check->file, .at = policy->sets[i].at };

		if (!used[i])
			diag_add(check->diag, SEVERITY_WARNING, &spot, "no rule uses set '%s'",
			         policy->sets[i].name);
		if (policy->sets[i].file && !policy->sets[i].n_prefixes)
			diag_add(check->diag, SEVERITY_WARNING, &spot,
			         "set '%s' is empty: nothing is in %s", policy->sets[i].name,
			         policy->sets[i].file);
	}
}

void policy_check(const struct policy *policy, const char *file, struct diag *diag)
{
	struct check check = { policy, file, diag };
	size_t first = diag->n_items;

	check_sets(&check);
	check_rules(&check);
	diag_sort(diag, first);
}
