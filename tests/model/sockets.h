/* SPDX-License-Identifier: GPL-2.0-only */
/* Sockets of this host, connected to each other over the loopback interface, and some that are not
 * connected: what `established` is about. */
#ifndef TESTS_MODEL_SOCKETS_H
#define TESTS_MODEL_SOCKETS_H

#include "tests/model/reference.h"

#define SOCKETS_MOST 16

struct sockets {
	struct connection connections[SOCKETS_MOST];
	size_t count;
};

/* Brings the loopback interface up and opens them, for as long as the process runs. Returns 0 or a
 * negative errno. */
int sockets_open(struct sockets *ret_sockets);

#endif
