/* SPDX-License-Identifier: GPL-2.0-only */
/* The last policy applied to an interface and the one before it, kept on disk: for an attach after
 * a reboot and for an undo. A directory for each interface, with the text and the lists as they
 * were; it can be read, and applied, like any other policy. */
#ifndef LIB_STORE_KEEP_H
#define LIB_STORE_KEEP_H

#include "lib/rules/rule.h"

#define KEEP_DIR "/var/lib/portcullis"

/* The directory an option or PORTCULLIS_STATE_DIR asks for, or the default. */
const char *keep_dir(const char *option);

/* A policy and its canonical text. */
struct keep {
	const struct policy *policy;
	const char *text;
};

/* Keeps a policy, and the one that an undo is to bring back. `name` as pins_name() says it. An
 * interruption leaves the old ones or the new ones, each whole. */
int keep_save(const char *dir, const char *name, const struct keep *last,
              const struct keep *previous);

enum keep_which { KEEP_LAST, KEEP_PREVIOUS };

/* To be put in force and kept as the last one. -ERR_ABSENT, said, when nothing is kept. */
int keep_load(const char *dir, const char *name, enum keep_which which, struct policy *ret_policy);

#endif
