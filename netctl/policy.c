/* SPDX-License-Identifier: GPL-2.0-only */
/* netctl policy: the whole policy shown, checked, compared, replaced, confirmed, taken back. */
#include <errno.h>
#include <stdio.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/rules/check.h"
#include "lib/rules/compile.h"
#include "lib/rules/policy.h"
#include "lib/store/keep.h"
#include "lib/store/source.h"
#include "netctl/change.h"
#include "netctl/commands.h"
#include "netctl/rules_view.h"
#include "netctl/select.h"

/* --- show --- */

static int show_one(const struct pins *pins, const struct listing *listing)
{
	auto_commit_state struct commit_state state = { 0 };
	int r = select_policy(pins, &state);

	if (r)
		return r;
	if (listing->interfaces) {
		json_t *interface = rules_view_summary(pins, &state.brief);

		json_object_set_new(interface, "policy", json_string(state.text));
		json_array_append_new(listing->interfaces, interface);
	} else {
		if (listing->count > 1)
			printf("# %s\n", pins_name(pins));
		fputs(state.text, stdout);
	}
	return 0;
}

static int run_show(const struct invocation *inv)
{
	return select_each(inv, show_one);
}

const struct cmd policy_show_cmd = {
	"policy show", "[IFACE...]", "the policy in force, as text that loads back", NULL, 0,
	run_show
};

/* --- reading one from a file --- */

/* All that is wrong with it is shown on stderr. */
static int read_policy(const char *path, struct policy *ret_policy, struct diag *diag)
{
	int r = source_read(path, ret_policy, diag);

	if (!r)
		policy_check(ret_policy, path, diag);
	return r;
}

static int need_file(const struct invocation *inv, const char *what)
{
	if (!inv->operand_count)
		return fail_because(ERR_USAGE, "%s: a file is wanted, or - for standard input",
		                    what);
	return 0;
}

/* --- check --- */

/* Whether the data plane can have it. */
static int try_compile(const char *path, const struct policy *policy, struct diag *diag)
{
	const struct spot whole = { .file = path, .at = { 1, 1 } };
	auto_image struct image image = { 0 };
	const char *why = NULL;
	int r = policy_compile(policy, 1, &image, &why);

	if (!r)
		return 0;
	if (!why)
		return fail(r, "compiling the policy");
	diag_add(diag, SEVERITY_ERROR, &whole, "the policy cannot be compiled: %s", why);
	return -EINVAL;
}

static int check_json(const struct policy *policy, const struct diag *diag)
{
	json_t *found = rules_view_diag(diag);

	json_object_set_new(found, "rules", json_integer((json_int_t)policy->n_rules));
	return json_print(found);
}

static int run_check(const struct invocation *inv)
{
	auto_policy struct policy policy = { 0 };
	auto_diag struct diag diag = { 0 };
	int r = need_file(inv, "policy check");

	if (!r && inv->operand_count > 1)
		r = fail_because(ERR_USAGE, "policy check: one file is wanted");
	if (r)
		return r;
	r = read_policy(inv->operands[0], &policy, &diag);
	if (!r)
		r = try_compile(inv->operands[0], &policy, &diag);
	if (inv->common.json && (!r || r == -EINVAL)) {
		int printed = check_json(&policy, &diag);

		return r ? r : printed;
	}
	diag_write(&diag, stderr);
	if (!r)
		printf("%s: %zu rule%s, %zu set%s, %zu warning%s\n", inv->operands[0],
		       policy.n_rules, policy.n_rules == 1 ? "" : "s", policy.n_sets,
		       policy.n_sets == 1 ? "" : "s", diag.warnings, diag.warnings == 1 ? "" : "s");
	return r;
}

const struct cmd policy_check_cmd = {
	"policy check", "FILE", "what is wrong with a policy; needs no root", NULL, 0, run_check
};

/* --- apply --- */

static const struct opt apply_opts[] = {
	CHANGE_OPT_CONFIRM,
	CHANGE_OPT_STATE_DIR,
	{ 0 },
};

static int run_apply(const struct invocation *inv)
{
	auto_change struct change change = { .lock = -1 };
	auto_policy struct policy next = { 0 };
	auto_diag struct diag diag = { 0 };
	int r = need_file(inv, "policy apply");

	if (r)
		return r;
	/* Before the lock is taken: at the other end of standard input may be another netctl. */
	r = read_policy(inv->operands[0], &next, &diag);
	diag_write(&diag, stderr);
	if (!r)
		r = change_begin(inv, 1, &change);
	return r ? r : change_to(&change, &inv->common, &next);
}

const struct cmd policy_apply_cmd = { "policy apply",
	                              "FILE [IFACE]",
	                              "this policy instead, atomically",
	                              apply_opts,
	                              sizeof(struct change_args),
	                              run_apply };

/* --- confirm and rollback --- */

static const struct opt decide_opts[] = {
	CHANGE_OPT_STATE_DIR,
	{ 0 },
};

static int run_confirm(const struct invocation *inv)
{
	auto_change struct change change = { .lock = -1 };
	auto_commit_state struct commit_state former = { 0 };
	int r = change_begin(inv, 0, &change);

	if (!r && change.now.brief.pending)
		r = commit_read_former(&change.pins, &former);
	if (!r)
		r = commit_confirm(&change.pins);
	if (r)
		return r;
	change_keep(&change, &(struct keep){ &change.now.policy, change.now.text },
	            &(struct keep){ &former.policy, former.text });
	return change_say(&change, &inv->common);
}

const struct cmd policy_confirm_cmd = { "policy confirm",
	                                "[IFACE]",
	                                "a change applied with --confirm stays",
	                                decide_opts,
	                                sizeof(struct change_args),
	                                run_confirm };

static int run_rollback(const struct invocation *inv)
{
	auto_change struct change change = { .lock = -1 };
	auto_policy struct policy previous = { 0 };
	int r = change_begin(inv, 0, &change);

	if (!r && change.now.brief.pending) {
		r = commit_roll_back(&change.pins);
		return r ? r : change_say(&change, &inv->common);
	}
	if (!r)
		r = keep_load(keep_dir(change.args->state_dir), pins_name(&change.pins),
		              KEEP_PREVIOUS, &previous);
	return r ? r : change_to(&change, &inv->common, &previous);
}

const struct cmd policy_rollback_cmd = { "policy rollback",
	                                 "[IFACE]",
	                                 "back to the policy before the last change",
	                                 decide_opts,
	                                 sizeof(struct change_args),
	                                 run_rollback };
