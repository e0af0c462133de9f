/* SPDX-License-Identifier: GPL-2.0-only */
/* Which interfaces a command is about: those named, or all that are attached. */
#ifndef NETCTL_SELECT_H
#define NETCTL_SELECT_H

#include "lib/base/cmd.h"
#include "lib/base/json.h"
#include "lib/kern/commit.h"
#include "lib/kern/pins.h"

/* Only interfaces that are attached and whole: pins that are half there, or of an interface that is
 * gone, are never read as if they were ours. Those named must be; of all, the others are left out
 * with a sentence. The caller frees *ret_pins. -ERR_ABSENT when there is none. */
int select_interfaces(const struct invocation *inv, struct pins **ret_pins, size_t *ret_count);

/* Waits for the root's lock; the interface may have been detached meanwhile, which is said. Not to
 * be held while printing, as whoever reads that may take their time. *ret_lock is for
 * pins_unlock(), also after a failure. */
int select_lock(const struct pins *pins, struct pc_meta *ret_meta, int *ret_lock);

/* The policy in force, read under the root's lock. */
int select_policy(const struct pins *pins, struct commit_state *ret_state);

/* What a command says of several interfaces. */
struct listing {
	json_t *interfaces; /* goes out at the end; NULL: text is wanted */
	size_t count;
};

/* Has each interface that is named said, or all that are attached. */
int select_each(const struct invocation *inv,
                int (*say)(const struct pins *pins, const struct listing *listing));

/* The one interface a command is about: named by the operand at `at`, which must be the last, or
 * the only one that is attached. */
int select_one(const struct invocation *inv, int at, struct pins *ret_pins);

#endif
