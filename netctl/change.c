/* SPDX-License-Identifier: GPL-2.0-only */
/* A change of one interface's policy: under the root's lock, from the policy in force to another,
 * which is kept on disk. */
#include "netctl/change.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/kern/guard.h"
#include "lib/kern/netns.h"
#include "netctl/rules_view.h"
#include "netctl/select.h"

int change_begin(const struct invocation *inv, int at, struct change *ret_change)
{
	struct change *change = ret_change;
	int r;

	*change = (struct change){ .args = inv->args, .lock = -1 };
	if (geteuid())
		return fail_because(EPERM, "root is needed: try sudo");
	r = pins_root(inv->common.pin_root, &change->root);
	if (!r)
		r = pins_lock(change->root, false, &change->lock);
	if (!r)
		r = guard_heal_all(change->root);
	if (!r)
		r = select_one(inv, at, &change->pins);
	if (r)
		return r;
	pins_state(&change->pins, &change->meta);
	return commit_read(&change->pins, &change->now);
}

void change_end(struct change *change)
{
	commit_state_free(&change->now);
	if (change->root)
		pins_unlock(change->root, change->lock);
}

void change_keep(const struct change *change, const struct keep *last, const struct keep *previous)
{
	if (keep_save(keep_dir(change->args->state_dir), pins_name(&change->pins), last, previous))
		warn("%s: in force, but not kept for an attach after a reboot",
		     pins_name(&change->pins));
}

static bool enforces(const struct pc_plan *plan)
{
	return plan->tc_backend || (plan->xdp_mode && plan->early_drop);
}

int change_say(const struct change *change, const struct common *common)
{
	char text[COMMIT_BRIEF_SIZE];
	struct commit_brief brief;
	int r = commit_read_brief(&change->pins, &brief);

	if (r)
		return r;
	if (!enforces(&change->meta.plan))
		warn("%s: attached to count only; no hook enforces the policy",
		     pins_name(&change->pins));
	if (common->json)
		return json_print(json_pack("{s:[o]}", "interfaces",
		                            rules_view_summary(&change->pins, &brief)));
	printf("%s: %s%s\n", pins_name(&change->pins), commit_brief_text(&brief, text),
	       brief.pending ? "; netctl policy confirm keeps it" : "");
	return 0;
}

/* What loader attached knows the built-in policy only, and is replaced in place by what knows all
 * of them and for now says the same; in its own network namespace, which need not be ours. */
static int need_policies(struct change *change)
{
	struct pc_plan plan = change->meta.plan;
	int back, r;

	if (plan.policies)
		return 0;
	plan.policies = 1;
	back = pins_visit(&change->pins);
	if (back < 0)
		return back;
	r = guard_converge(&change->pins, &change->meta, &plan, false);
	netns_return(back);
	return r;
}

int change_to(struct change *change, const struct common *common, struct policy *policy)
{
	const struct keep previous = { &change->now.policy, change->now.text };
	unsigned seconds = change->args->confirm;
	auto_free char *text = NULL;
	int r = need_policies(change);

	if (!r)
		r = commit_apply(&change->pins, policy, seconds, &text);
	if (r)
		return r;
	if (!seconds)
		change_keep(change, &(struct keep){ policy, text }, &previous);
	return change_say(change, common);
}
