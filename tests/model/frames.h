/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets for a policy: made to fit one of its rules, or almost; then, at times, broken. */
#ifndef TESTS_MODEL_FRAMES_H
#define TESTS_MODEL_FRAMES_H

#include "tests/model/chance.h"
#include "tests/model/reference.h"

#define FRAME_MAX 2048

struct frame {
	size_t len;
	int tag; /* as in struct passing */
	uint8_t bytes[FRAME_MAX];
};

/* In the way `way`, where `host` has its sockets. Without rules anything at all. */
void random_frame(struct chance *c, const struct policy *policy, const struct host *host,
                  enum pc_direction way, struct frame *ret_frame);

/* Changes a byte of it, or cuts it short. */
void spoil_frame(struct chance *c, struct frame *f);

#endif
