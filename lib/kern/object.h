/* SPDX-License-Identifier: GPL-2.0-only */
/* Our programs: opened from inside this binary, configured, loaded onto the maps of a pin
 * directory. */
#ifndef LIB_KERN_OBJECT_H
#define LIB_KERN_OBJECT_H

#include "abi/policy.h"
#include "lib/kern/pins.h"

/* Loads and attaches the XDP program. *ret_prog_fd is the caller's. */
int object_attach_xdp(const struct pins *pins, unsigned ifindex, const struct pc_plan *plan,
                      int *ret_prog_fd);

/* Loads the program of a TC hook. *ret_prog_fd is the caller's. */
int object_load_tc(const struct pins *pins, enum pc_hook hook, int *ret_prog_fd);

/* Loads the program that one of a TC hook hands over to, and makes the maps of policies that are
 * not there yet. *ret_prog_fd is the caller's. */
int object_load_policy_door(const struct pins *pins, enum pc_door door, const struct pc_plan *plan,
                            int *ret_prog_fd);

/* Loads a twin of the program that knows policies at a hook, which counts nothing, takes nothing
 * from rate limits, and leaves what it would have done in the map *ret_decision_fd: one struct
 * pc_decision. Both are the caller's. */
int object_load_dry_run(const struct pins *pins, enum pc_hook hook, const struct pc_plan *plan,
                        int *ret_prog_fd, int *ret_decision_fd);

#endif
