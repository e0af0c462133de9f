/* SPDX-License-Identifier: GPL-2.0-only */
/* Our programs: opened from inside this binary, configured, loaded onto the maps of a pin
 * directory. Three in one object, as the dear part of loading is to read the kernel's BTF; and two
 * such objects, one whose programs know the built-in policy only and one for all that policies can
 * say. */
#ifndef LIB_KERN_OBJECT_H
#define LIB_KERN_OBJECT_H

#include "lib/kern/pins.h"

struct bpf_object;

/* The programs of a plan; opened and loaded when they are first wanted. */
struct object {
	const struct pins *pins;
	const struct pc_plan *plan;
	struct bpf_object *opened; /* NULL: not yet */
	bool loaded;
};

void object_close(struct object *object);
#define auto_object __attribute__((cleanup(object_close)))

/* Loads and attaches the XDP program. To be called before object_load(), if at all, as libxdp wants
 * to be the one that loads it. *ret_prog_fd is the caller's. */
int object_attach_xdp(struct object *object, unsigned ifindex, int *ret_prog_fd);

/* Loads the program of a hook; XDP's before those of TC, if at all. *ret_prog_fd is the caller's.
 */
int object_load(struct object *object, enum pc_hook hook, int *ret_prog_fd);

/* Loads a twin of the program that knows policies at a hook, which counts nothing, takes nothing
 * from rate limits, and leaves what it would have done in the map *ret_decision_fd: one struct
 * pc_decision. Both are the caller's. */
int object_load_dry_run(const struct pins *pins, enum pc_hook hook, const struct pc_plan *plan,
                        int *ret_prog_fd, int *ret_decision_fd);

#endif
