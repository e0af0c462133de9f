/* SPDX-License-Identifier: GPL-2.0-only */
/* The policy of an interface: which one is in force, and one store that puts another in its place
 * for both directions and all hooks. All want the root's lock, and that the interface is attached
 * or being so. They say what went wrong and return 0 or a negative error. */
#ifndef LIB_KERN_COMMIT_H
#define LIB_KERN_COMMIT_H

#include "abi/policy.h"
#include "abi/types.h"
#include "lib/kern/pins.h"
#include "lib/rules/rule.h"

/* Which policy is in force. */
struct commit_brief {
	enum pc_choice choice;
	uint32_t generation; /* 0: the built-in policy */
	uint32_t n_rules;
	bool drops[PC_DIRECTION_COUNT]; /* its default verdicts */
	bool pending;                   /* it goes back by itself unless confirmed */
	double seconds_left;            /* while pending */
};

/* "generation 3, 2 rules, default in pass, out pass". Returns `ret_text`. */
#define COMMIT_BRIEF_SIZE 128
const char *commit_brief_text(const struct commit_brief *brief,
                              char ret_text[static COMMIT_BRIEF_SIZE]);

/* "pass" or "drop". */
const char *commit_brief_default(const struct commit_brief *brief, enum pc_direction direction);

struct commit_state {
	struct commit_brief brief;
	struct policy policy; /* with the cells its rules count in */
	char *text;           /* the same, canonical */
};

int commit_read_brief(const struct pins *pins, struct commit_brief *ret_brief);
int commit_read(const struct pins *pins, struct commit_state *ret_state);

/* The policy that comes back unless the one that is pending is confirmed; only while one is. */
int commit_read_former(const struct pins *pins, struct commit_state *ret_state);

void commit_state_free(struct commit_state *state);
#define auto_commit_state __attribute__((cleanup(commit_state_free)))

/* What each rule of a policy in force matched, into `ret_counts`, one for each rule. */
int commit_counts(const struct pins *pins, const struct commit_state *state,
                  struct pc_counter *ret_counts);

/* Puts a policy in force, its sets filled; gives its canonical text, which the caller frees, and
 * says which cells its rules count in by setting them. Rules that were in force before go on
 * counting. With `seconds` it goes back by itself unless commit_confirm() comes in time; 0: it
 * stays. -EBUSY while another waits to be confirmed. What is attached must know policies (struct
 * pc_plan), or it says what the built-in one says. */
int commit_apply(const struct pins *pins, struct policy *policy, unsigned seconds, char **ret_text);

/* -ERR_ABSENT when nothing waits to be confirmed, or it went back already. */
int commit_confirm(const struct pins *pins);

/* Back to the policy before the one that waits to be confirmed. -ERR_ABSENT as above. */
int commit_roll_back(const struct pins *pins);

#endif
