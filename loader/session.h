/* SPDX-License-Identifier: GPL-2.0-only */
/* One run of the loader under the root's lock: in the right namespace, tidied up after. */
#ifndef LOADER_SESSION_H
#define LOADER_SESSION_H

#include "lib/base/cmd.h"
#include "lib/kern/pins.h"

struct session {
	const char *root;
	int lock; /* -1: there is no root, so nothing is attached */
	char netns[NETNS_NAME_SIZE];
};

/* Enters the namespace asked for and takes the lock. With `create` the root is made if it is not
 * there. */
int session_begin(const struct common *common, bool create, struct session *ret_session);

/* Leaves the bpffs as it was found if nothing is attached any more. */
void session_end(struct session *session);

#define auto_session __attribute__((cleanup(session_end)))

#endif
