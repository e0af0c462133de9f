/* SPDX-License-Identifier: GPL-2.0-only */
/* What this kernel offers of BPF: found out by trying, which is what counts where some of it is
 * built in and then refused. */
#ifndef LIB_KERN_FEATURES_H
#define LIB_KERN_FEATURES_H

#include <stdbool.h>

struct feature {
	const char *kind; /* "kernel", "program", "map" or "hook" */
	const char *name;
	bool offered;
};

/* Calls back with each of them until that returns other than 0; returns that. */
int features_each(int (*visit)(void *context, const struct feature *feature), void *context);

/* The same of one that is of the kind "kernel" or "hook". */
bool feature_offered(const char *name);

#endif
