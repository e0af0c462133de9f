/* SPDX-License-Identifier: GPL-2.0-only */
/* What the attached programs say of a packet: their twins are asked, which count nothing and take
 * nothing from rate limits. */
#ifndef LIB_KERN_DRYRUN_H
#define LIB_KERN_DRYRUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/policy.h"
#include "abi/types.h"
#include "lib/kern/pins.h"

struct dryrun {
	enum pc_hook hook; /* that decides, the last of the way if none drops it */
	bool enforces;     /* else all may pass there, whatever the policy says */
	struct pc_decision decision;
	bool other_text; /* what is attached is not the program that was asked */
};

/* Sends a frame through the hooks of one direction. Wants the root's lock, and to be called in the
 * interface's network namespace. Says what went wrong: -ERR_ABSENT when no program of ours is there
 * to see the frame, -EINVAL when the kernel takes it for no test run. */
int dryrun(const struct pins *pins, const struct pc_meta *meta, enum pc_direction direction,
           const uint8_t *frame, size_t len, struct dryrun *ret_run);

#endif
