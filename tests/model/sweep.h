/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets that are alike but for 16 bits of one field, all 65,536 of them, and policies of which
 * the upper half of those bits decides: what is remembered of one flow would be wrong for its
 * neighbour. */
#ifndef TESTS_MODEL_SWEEP_H
#define TESTS_MODEL_SWEEP_H

#include "tests/model/frames.h"

struct sweep {
	const char *name;
	unsigned family, offset; /* of the two bytes, in the frame */
	enum match_kind kind;
	enum side side;
};

#define SWEEPS 10
extern const struct sweep sweeps[SWEEPS];

/* UDP on its way in is dropped where the upper byte is even. */
int sweep_policy(const struct sweep *s, struct policy *ret_policy);

void sweep_frame(const struct sweep *s, unsigned protocol, uint16_t value, struct frame *ret_frame);

#endif
