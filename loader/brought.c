/* SPDX-License-Identifier: GPL-2.0-only */
/* The policy that an attach brings along: in force before the first packet meets it, and gone again
 * if the attach fails. */
#include "loader/brought.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/err.h"
#include "lib/rules/check.h"
#include "lib/store/keep.h"
#include "lib/store/source.h"

/* Longer than any attach takes: a loader that is killed leaves the policy that was there. */
#define ATTACH_SECONDS 120

void brought_free(struct brought *brought)
{
	policy_free(&brought->policy);
	free(brought->text);
	commit_state_free(&brought->former);
}

int brought_read(const struct brought_args *args, struct policy *ret_given)
{
	auto_diag struct diag diag = { 0 };
	int r;

	if (args->file && args->restore)
		return fail_because(ERR_USAGE, "--policy and --restore exclude each other");
	if (!args->file)
		return 0;
	r = source_read(args->file, ret_given, &diag);
	if (!r)
		policy_check(ret_given, args->file, &diag);
	diag_write(&diag, stderr);
	return r;
}

/* -ERR_ABSENT: nothing is brought. */
static int choose(const struct brought_args *args, const struct policy *given,
                  const struct pins *pins, struct policy *ret_policy)
{
	int r;

	if (args->file)
		return policy_copy(given, ret_policy) ? fail(ENOMEM, "policy") : 0;
	if (!args->restore)
		return -ERR_ABSENT;
	r = keep_load(keep_dir(args->state_dir), pins_name(pins), KEEP_LAST, ret_policy);
	if (r == -ERR_ABSENT)
		warn("%s: nothing to restore, the policy stays what it is", pins_name(pins));
	return r;
}

int brought_apply(const struct brought_args *args, const struct policy *given,
                  const struct pins *pins, struct brought *ret_brought)
{
	int r = choose(args, given, pins, &ret_brought->policy);

	if (r)
		return r == -ERR_ABSENT ? 0 : r;
	r = commit_read(pins, &ret_brought->former);
	if (!r)
		r = commit_apply(pins, &ret_brought->policy, ATTACH_SECONDS, &ret_brought->text);
	ret_brought->pending = !r;
	return r;
}

int brought_confirm(const struct brought_args *args, const struct pins *pins,
                    const struct brought *brought)
{
	const struct keep last = { &brought->policy, brought->text };
	const struct keep previous = { &brought->former.policy, brought->former.text };
	int r = brought->pending ? commit_confirm(pins) : 0;

	if (!r && brought->pending &&
	    keep_save(keep_dir(args->state_dir), pins_name(pins), &last, &previous))
		warn("%s: in force, but not kept for an attach after a reboot", pins_name(pins));
	return r;
}
