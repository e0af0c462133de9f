/* SPDX-License-Identifier: GPL-2.0-only */
/* Loaded programs: which they are, and whether they are those of one pin directory. */
#ifndef LIB_KERN_PROG_H
#define LIB_KERN_PROG_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/kern/pins.h"

#define PROG_NAME_SIZE 16 /* BPF_OBJ_NAME_LEN */

/* The pinned maps by which we know our programs again: nobody else's use them. What is attached is
 * ours if and only if it counts into our maps; no record of an attach can be wrong about that. */
struct prog_owner {
	unsigned count;
	uint32_t map_ids[2];
};

void prog_owner_read(const struct pins *pins, struct prog_owner *ret_owner);
bool prog_is_owned(uint32_t prog_id, const struct prog_owner *owner);

/* 0 when it cannot be told. */
uint32_t prog_id(int fd);

/* "?" when it cannot be told. */
void prog_name(uint32_t id, char ret_name[static PROG_NAME_SIZE]);

/* Pins in place of what may be pinned there, without a moment in which nothing is. */
int prog_pin(int fd, const struct pins *pins, const char *entry);

#endif
