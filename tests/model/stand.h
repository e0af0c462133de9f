/* SPDX-License-Identifier: GPL-2.0-only */
/* The data plane under test: its programs, loaded as the loader loads them; policies put in force
 * as netctl does it; packets sent through. */
#ifndef TESTS_MODEL_STAND_H
#define TESTS_MODEL_STAND_H

#include <stdbool.h>
#include <unistd.h>

#include "abi/policy.h"
#include "abi/types.h"
#include "lib/kern/pins.h"
#include "tests/model/frames.h"

enum stand_door { DOOR_XDP, DOOR_IN, DOOR_OUT, DOORS };

extern const char *const stand_doors[DOORS];

/* Two interfaces: at one XDP enforces what comes in, at the other TC does. */
enum stand_side { SIDE_EARLY, SIDE_TC, SIDES };

struct stand {
	struct pins pins[SIDES];
	struct pc_plan plans[SIDES];
	int programs[DOORS];
	int pages[SIDES];
	int cpu;                                        /* the one that all of this runs on */
	struct pc_counter *cells[SIDES][PC_CELL_PAGES]; /* of that CPU; NULL: not there yet */
};

/* In namespaces of its own. All of these return 0 or a negative errno. */
int stand_open(struct stand *ret_stand);

/* Puts a policy in force on both interfaces, by way of its text; says which cells its rules have.
 */
int stand_apply(struct stand *s, struct policy *policy);

/* *ret_drops: what became of it. XDP gets it without the tag beside it. */
int stand_send(const struct stand *s, enum stand_door door, const struct frame *f, bool *ret_drops);

/* CPUs there are; they are numbered from 0. */
static inline int stand_cpus(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN);
}

static inline enum stand_side stand_side(enum stand_door door)
{
	return door == DOOR_XDP ? SIDE_EARLY : SIDE_TC;
}

/* What a rule has counted at an interface. */
static inline struct pc_counter stand_cell(const struct stand *s, enum stand_side side,
                                           unsigned cell)
{
	const struct pc_counter *page = s->cells[side][cell / PC_CELLS_PER_PAGE];

	return page ? page[cell % PC_CELLS_PER_PAGE] : (struct pc_counter){ 0 };
}

#endif
