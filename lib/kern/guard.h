/* SPDX-License-Identifier: GPL-2.0-only */
/* What of ours is attached to an interface, and how it comes to be what a plan says. All but
 * guard_observe() want the root's lock and to be called in the interface's network namespace. */
#ifndef LIB_KERN_GUARD_H
#define LIB_KERN_GUARD_H

#include "lib/kern/pins.h"
#include "lib/kern/tc.h"
#include "lib/kern/xdp.h"

#define GUARD_MAX_FILTERS 8

/* What is attached and counts into our maps. */
struct guard {
	struct xdp_state xdp; /* of the interface, whosever */
	uint32_t xdp_id;      /* ours; 0: none */
	struct guard_tc {
		uint32_t link_prog_id; /* of our tcx link; 0: none */
		unsigned count;        /* of our filters; more than one only after a crash */
		struct tc_filter filters[GUARD_MAX_FILTERS];
	} tc[PC_HOOK_COUNT]; /* the entry of XDP is not used */
};

int guard_observe(const struct pins *pins, unsigned ifindex, struct guard *ret_guard);

/* Makes the interface be as the plan says, whatever it is now: attaches what is missing, detaches
 * what is too much, leaves alone what fits unless `renew`. Writes down the plan when all is done.
 */
int guard_converge(const struct pins *pins, struct pc_meta *meta, const struct pc_plan *plan,
                   bool renew);

/* Detaches everything, unless the interface is gone and its programs with it, and removes the pins.
 */
int guard_remove(const struct pins *pins, struct pc_meta *meta, bool gone);

/* Moves the pins of interfaces that were renamed to where they belong now, and says so. */
int guard_follow_names(const char *root);

/* Brings every interface under the root that an interrupted command or a vanished device left
 * behind back to the last whole state, and says so. Visits the network namespaces they are in. */
int guard_heal_all(const char *root);

#endif
