/* SPDX-License-Identifier: GPL-2.0-only */
/* netctl rule: rules listed with what they matched, one added, one deleted. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/rules/parse.h"
#include "lib/rules/policy.h"
#include "netctl/change.h"
#include "netctl/commands.h"
#include "netctl/rules_view.h"
#include "netctl/select.h"

/* --- list --- */

static int read_counted(const struct pins *pins, struct commit_state *ret_state,
                        struct pc_counter **ret_counts)
{
	struct pc_meta meta;
	int lock, r = select_lock(pins, &meta, &lock);

	if (!r)
		r = commit_read(pins, ret_state);
	if (!r) {
		*ret_counts = calloc(ret_state->policy.n_rules + 1, sizeof(**ret_counts));
		r = *ret_counts ? commit_counts(pins, ret_state, *ret_counts)
		                : fail(ENOMEM, "%s", pins_name(pins));
	}
	pins_unlock(pins->root, lock);
	return r;
}

static int list_one(const struct pins *pins, const struct listing *listing)
{
	auto_commit_state struct commit_state state = { 0 };
	auto_free struct pc_counter *counts = NULL;
	int r = read_counted(pins, &state, &counts);

	if (r)
		return r;
	if (listing->interfaces)
		json_array_append_new(listing->interfaces, rules_view_json(pins, &state, counts));
	else
		rules_view_text(pins, &state, counts);
	return 0;
}

static int run_list(const struct invocation *inv)
{
	return select_each(inv, list_one);
}

const struct cmd rule_list_cmd = {
	"rule list", "[IFACE...]", "the rules in force, and what each matched", NULL, 0, run_list
};

/* --- which rule --- */

/* By its label, or its number from 1. */
static int find_rule(const struct policy *policy, const char *name, size_t *ret_index)
{
	size_t index = policy_find_label(policy, name);
	unsigned long number;
	char *end;

	if (index == policy->n_rules) {
		errno = 0;
		number = strtoul(name, &end, 10);
		if (errno || *end || name[strspn(name, "0123456789")] || !number ||
		    number > policy->n_rules)
			return fail_because(ERR_ABSENT, "no rule '%s'; netctl rule list shows all",
			                    name);
		index = number - 1;
	}
	*ret_index = index;
	return 0;
}

/* --- add --- */

static const struct opt add_opts[] = {
	{ "before", 0, OPT_TEXT, offsetof(struct change_args, before), "N|LABEL",
	  "stands before this rule; else it is the last", NULL },
	CHANGE_OPT_CONFIRM,
	CHANGE_OPT_STATE_DIR,
	{ 0 },
};

static int parse_operand(const char *text, const struct policy *policy, struct rule *ret_rule)
{
	auto_diag struct diag diag = { 0 };
	int r = rule_parse("rule", text, strlen(text), policy, ret_rule, &diag);

	diag_write(&diag, stderr);
	if (r == -EINVAL)
		return -ERR_USAGE;
	return r ? fail(r, "rule") : 0;
}

static int insert(struct policy *policy, size_t index, struct rule *rule)
{
	int r = policy_insert(policy, index, rule);

	if (r == -ENOSPC)
		return fail_because(ENOSPC, "a policy has at most %d rules", PC_MAX_RULES);
	if (r == -EEXIST)
		return fail_because(EEXIST, "another rule has the label '%s'", rule->label);
	return r ? fail(r, "rule") : 0;
}

static int run_add(const struct invocation *inv)
{
	const struct change_args *args = inv->args;
	auto_change struct change change = { .lock = -1 };
	auto_policy struct policy next = { 0 };
	auto_rule struct rule rule = { 0 };
	size_t index;
	int r;

	if (!inv->operand_count)
		return fail_because(ERR_USAGE, "rule add: a rule is wanted, as one operand");
	r = change_begin(inv, 1, &change);
	if (!r)
		r = parse_operand(inv->operands[0], &change.now.policy, &rule);
	if (!r && policy_copy(&change.now.policy, &next))
		r = fail(ENOMEM, "rule add");
	index = next.n_rules;
	if (!r && args->before)
		r = find_rule(&next, args->before, &index);
	if (!r)
		r = insert(&next, index, &rule);
	return r ? r : change_to(&change, &inv->common, &next);
}

const struct cmd rule_add_cmd = {
	"rule add", "'RULE' [IFACE]",           "one more rule, in force at once",
	add_opts,   sizeof(struct change_args), run_add
};

/* --- delete --- */

static const struct opt delete_opts[] = {
	CHANGE_OPT_CONFIRM,
	CHANGE_OPT_STATE_DIR,
	{ 0 },
};

static int run_delete(const struct invocation *inv)
{
	auto_change struct change change = { .lock = -1 };
	auto_policy struct policy next = { 0 };
	size_t index = 0;
	int r;

	if (!inv->operand_count)
		return fail_because(ERR_USAGE, "rule delete: a number or a label is wanted");
	r = change_begin(inv, 1, &change);
	if (!r)
		r = find_rule(&change.now.policy, inv->operands[0], &index);
	if (!r && policy_copy(&change.now.policy, &next))
		r = fail(ENOMEM, "rule delete");
	if (r)
		return r;
	policy_delete(&next, index);
	return change_to(&change, &inv->common, &next);
}

const struct cmd rule_delete_cmd = { "rule delete", "N|LABEL [IFACE]",          "one rule less",
	                             delete_opts,   sizeof(struct change_args), run_delete };
