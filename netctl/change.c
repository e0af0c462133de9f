/* SPDX-License-Identifier: GPL-2.0-only */
/* A change of one interface's policy: under the root's lock, from the policy in force to another,
 * which is kept on disk. */
#include "netctl/change.h"

#include <errno.h>
#include <stdio.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/store/keep.h"
#include "netctl/rules_view.h"
#include "netctl/select.h"

int change_begin(const struct invocation *inv, int at, struct change *ret_change)
{
	int r;

	*ret_change = (struct change){ .args = inv->args, .lock = -1 };
	r = select_one(inv, at, &ret_change->pins);
	if (!r)
		r = pins_lock(ret_change->pins.root, false, &ret_change->lock);
	if (r)
		return r;
	/* It may have gone while we waited for the lock. */
	if (pins_state(&ret_change->pins, &ret_change->meta) != PINS_WHOLE)
		return fail_because(ERR_ABSENT, "%s: not attached", pins_name(&ret_change->pins));
	return commit_read(&ret_change->pins, &ret_change->now);
}

void change_end(struct change *change)
{
	commit_state_free(&change->now);
	if (change->lock >= 0)
		pins_unlock(change->pins.root, change->lock);
}

void change_keep(const struct change *change, const struct policy *policy,
                 const struct policy *previous)
{
	if (keep_save(keep_dir(change->args->state_dir), pins_name(&change->pins), policy,
	              previous))
		warn("%s: in force, but not kept for an attach after a reboot",
		     pins_name(&change->pins));
}

static bool enforces(const struct pc_plan *plan)
{
	return plan->tc_backend || (plan->xdp_mode && plan->early_drop);
}

int change_say(const struct change *change, const struct common *common)
{
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
	printf("%s: ", pins_name(&change->pins));
	rules_view_generation(&brief, stdout);
	if (brief.pending)
		printf("; netctl policy confirm keeps it");
	printf("\n");
	return 0;
}

int change_to(const struct change *change, const struct common *common, struct policy *policy)
{
	unsigned seconds = change->args->confirm;
	int r = commit_apply(&change->pins, &change->meta.plan, policy, seconds);

	if (r)
		return r;
	if (!seconds)
		change_keep(change, policy, &change->now.policy);
	return change_say(change, common);
}
