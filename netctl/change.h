/* SPDX-License-Identifier: GPL-2.0-only */
/* A change of one interface's policy: under the root's lock, from the policy in force to another,
 * which is kept on disk. */
#ifndef NETCTL_CHANGE_H
#define NETCTL_CHANGE_H

#include "lib/base/cmd.h"
#include "lib/kern/commit.h"
#include "lib/kern/pins.h"
#include "lib/store/keep.h"

/* What every command that changes a policy takes. */
struct change_args {
	unsigned confirm; /* seconds; 0: it stays */
	const char *state_dir;
	const char *before; /* rule add: the rule to stand before */
};

#define CHANGE_OPT_STATE_DIR \
	{ \
		"state-dir", 0, OPT_TEXT, offsetof(struct change_args, state_dir), "DIR", \
			"where the policy is kept; also PORTCULLIS_STATE_DIR", NULL \
	}
#define CHANGE_OPT_CONFIRM \
	{ \
		"confirm", 0, OPT_COUNT, offsetof(struct change_args, confirm), "SECONDS", \
			"goes back by itself unless netctl policy confirm comes in time", NULL \
	}

struct change {
	const struct change_args *args;
	const char *root;
	int lock;
	struct pins pins;
	struct pc_meta meta;
	struct commit_state now; /* in force when the change began */
};

/* Puts right what an interrupted command left first. The interface is named by the operand at `at`,
 * or the only one. */
int change_begin(const struct invocation *inv, int at, struct change *ret_change);
void change_end(struct change *change);
#define auto_change __attribute__((cleanup(change_end)))

/* Puts a policy in force, keeps it unless it waits to be confirmed, and says which it is now. */
int change_to(struct change *change, const struct common *common, struct policy *policy);

/* Keeps a policy with `previous` as the one an undo goes back to. What is in force stays so if that
 * fails: it is only said. */
void change_keep(const struct change *change, const struct keep *last, const struct keep *previous);

/* Says which policy is in force now. */
int change_say(const struct change *change, const struct common *common);

#endif
