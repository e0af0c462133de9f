/* SPDX-License-Identifier: GPL-2.0-only */
/* What the programs attached to an interface say of a packet, and which rule says so. */
#ifndef NETCTL_ANSWER_H
#define NETCTL_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/kern/commit.h"
#include "lib/kern/dryrun.h"
#include "lib/kern/pins.h"

/* All zero before it is asked for; to be followed by answer_free() in any case. */
struct answer {
	struct commit_state state; /* the policy that was asked */
	struct dryrun run;
	size_t decided; /* the index of the rule that did; policy.n_rules: the default */
};

/* Has the frame go one direction of the interface, without counting it. Says what went wrong:
 * -ERR_ABSENT when the interface is not attached, gone, or no program of ours is on that way. */
int answer_ask(const struct pins *pins, enum pc_direction direction, const uint8_t *frame,
               size_t len, struct answer *answer);
void answer_free(struct answer *answer);

/* "drop", "pass". */
const char *answer_verdict(const struct answer *answer);

/* NULL: the default decided. */
const struct rule *answer_rule(const struct answer *answer);

#endif
