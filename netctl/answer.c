/* SPDX-License-Identifier: GPL-2.0-only */
/* What the programs attached to an interface say of a packet, and which rule says so. */
#include "netctl/answer.h"

#include <errno.h>

#include "abi/reasons.h"
#include "lib/base/err.h"
#include "netctl/select.h"

/* Which rule it was. The built-in policy is one rule and known to the programs by no number. */
static int find_rule(const struct pins *pins, struct answer *answer)
{
	const struct pc_decision *d = &answer->run.decision;
	const struct policy *policy = &answer->state.policy;

	answer->decided = policy->n_rules;
	if (!answer->run.enforces)
		return 0;
	if (d->choice != answer->state.brief.choice || d->rule >= (int)policy->n_rules)
		return fail_because(EAGAIN, "%s: the policy went back meanwhile; ask again",
		                    pins_name(pins));
	if (d->rule >= 0)
		answer->decided = d->rule;
	else if (d->choice == PC_CHOICE_BUILTIN && d->reason == PC_R_RULE)
		answer->decided = 0;
	return 0;
}

static int ask_programs(const struct pins *pins, const struct pc_meta *meta,
                        enum pc_direction direction, const uint8_t *frame, size_t len,
                        struct answer *answer)
{
	int back, r = commit_read(pins, &answer->state);

	if (r)
		return r;
	back = pins_visit(pins);
	if (back < 0)
		return back;
	r = dryrun(pins, meta, direction, frame, len, &answer->run);
	netns_return(back);
	return r ? r : find_rule(pins, answer);
}

int answer_ask(const struct pins *pins, enum pc_direction direction, const uint8_t *frame,
               size_t len, struct answer *answer)
{
	struct pc_meta meta;
	int lock, r = select_lock(pins, &meta, &lock);

	if (!r)
		r = ask_programs(pins, &meta, direction, frame, len, answer);
	pins_unlock(pins->root, lock);
	return r;
}

void answer_free(struct answer *answer)
{
	commit_state_free(&answer->state);
}

const char *answer_verdict(const struct answer *answer)
{
	return answer->run.decision.verdict == PC_VERDICT_DROP ? "drop" : "pass";
}

const struct rule *answer_rule(const struct answer *answer)
{
	const struct policy *policy = &answer->state.policy;

	return answer->decided < policy->n_rules ? &policy->rules[answer->decided] : NULL;
}
