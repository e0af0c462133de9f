/* SPDX-License-Identifier: GPL-2.0-only */
/* Any bytes to the parsers of policies and of sets; what they accept is printed, and must come back
 * the same. The first byte chooses which. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/rules/check.h"
#include "lib/rules/parse.h"
#include "lib/rules/policy.h"
#include "lib/rules/prefix.h"
#include "lib/rules/print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool sets_equal(const struct set *a, const struct set *b)
{
	if (strcmp(a->name, b->name) != 0 || !a->file != !b->file ||
	    (a->file && strcmp(a->file, b->file) != 0) || a->n_prefixes != b->n_prefixes)
		return false;
	return !a->n_prefixes ||
	       !memcmp(a->prefixes, b->prefixes, a->n_prefixes * sizeof(*a->prefixes));
}

static void must_be_same(const struct policy *a, const struct policy *b)
{
	must(a->n_rules == b->n_rules && a->n_sets == b->n_sets);
	must(!memcmp(a->drops, b->drops, sizeof(a->drops)));
	for (size_t i = 0; i < a->n_sets; i++)
		must(sets_equal(&a->sets[i], &b->sets[i]));
	for (size_t i = 0; i < a->n_rules; i++) {
		must(!strcmp(a->rules[i].label, b->rules[i].label));
		must(rule_equal(&a->rules[i], a, &b->rules[i], b));
	}
}

static void show(const struct diag *diag)
{
	auto_free char *text = diag_text(diag);

	must(text != NULL);
}

/* The first rule alone is a rule. */
static void check_rule(const struct policy *policy)
{
	auto_free char *text = rule_print(&policy->rules[0], policy);
	auto_diag struct diag diag = { 0 };
	auto_rule struct rule rule = { 0 };

	must(!rule_parse("rule", text, strlen(text), policy, &rule, &diag));
	must(rule_equal(&rule, policy, &policy->rules[0], policy));
}

static void try_policy(const char *text, size_t len)
{
	auto_policy struct policy policy = { 0 }, again = { 0 }, copy = { 0 };
	auto_diag struct diag diag = { 0 }, none = { 0 };
	auto_free char *printed = NULL, *second = NULL;
	int r = policy_parse("fuzz", text, len, &policy, &diag);

	must(!r == !diag.errors);
	if (!r)
		policy_check(&policy, "fuzz", &diag);
	show(&diag);
	if (r)
		return;
	printed = policy_print(&policy);
	must(!policy_parse("printed", printed, strlen(printed), &again, &none));
	must_be_same(&policy, &again);
	must(!policy_copy(&policy, &copy));
	must_be_same(&policy, &copy);
	second = policy_print(&again);
	must(!strcmp(printed, second));
	if (policy.n_rules)
		check_rule(&policy);
}

static void try_set(const char *text, size_t len)
{
	auto_diag struct diag diag = { 0 };
	struct set set = { 0 };
	int r = set_parse_file("fuzz", text, len, &set, &diag);

	must(!r == !diag.errors);
	show(&diag);
	for (size_t i = 0; i < set.n_prefixes; i++) {
		char one[PREFIX_TEXT_SIZE];
		struct prefix prefix;

		prefix_print(one, &set.prefixes[i]);
		must(prefix_parse(one, strlen(one), &prefix) == PREFIX_OK);
		must(!memcmp(&prefix, &set.prefixes[i], sizeof(prefix)));
		must(!i || !prefix_contains(&set.prefixes[i - 1], &prefix));
	}
	free(set.prefixes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy: reading one byte beyond it is noticed. */
	auto_free char *text = malloc(size ?: 1);

	if (!size || !text)
		return 0;
	memcpy(text, data + 1, size - 1);
	if (*data == 's')
		try_set(text, size - 1);
	else
		try_policy(text, size - 1);
	return 0;
}
