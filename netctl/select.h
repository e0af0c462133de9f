/* SPDX-License-Identifier: GPL-2.0-only */
/* Which interfaces a command is about: those named, or all that are attached. */
#ifndef NETCTL_SELECT_H
#define NETCTL_SELECT_H

#include "lib/base/cmd.h"
#include "lib/kern/pins.h"

/* Only interfaces that are attached and whole: pins that are half there, or of an interface that is
 * gone, are never read as if they were ours. Those named must be; of all, the others are left out
 * with a sentence. The caller frees *ret_pins. -ERR_ABSENT when there is none. */
int select_interfaces(const struct invocation *inv, struct pins **ret_pins, size_t *ret_count);

/* The one interface a command is about: named by the operand at `at`, which must be the last, or
 * the only one that is attached. */
int select_one(const struct invocation *inv, int at, struct pins *ret_pins);

#endif
