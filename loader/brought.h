/* SPDX-License-Identifier: GPL-2.0-only */
/* The policy that an attach brings along: in force before the first packet meets it, and gone again
 * if the attach fails. */
#ifndef LOADER_BROUGHT_H
#define LOADER_BROUGHT_H

#include <stdbool.h>

#include "lib/kern/commit.h"
#include "lib/rules/policy.h"

/* What the command line asks for. */
struct brought_args {
	const char *file; /* NULL: none */
	bool restore;
	const char *state_dir;
};

/* One interface's. */
struct brought {
	bool pending; /* in force, and to be confirmed or taken back */
	struct policy policy;
	char *text;
	struct commit_state former;
};

void brought_free(struct brought *brought);

/* Reads the file, if one was given, once for all interfaces; what is wrong with it is said. */
int brought_read(const struct brought_args *args, struct policy *ret_given);

/* Puts in force what the command line asks of this interface, if anything, until it is confirmed.
 */
int brought_apply(const struct brought_args *args, const struct policy *given,
                  const struct pins *pins, struct brought *ret_brought);

/* It stays, and is kept. */
int brought_confirm(const struct brought_args *args, const struct pins *pins,
                    const struct brought *brought);

#endif
