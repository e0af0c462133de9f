/* SPDX-License-Identifier: GPL-2.0-only */
/* Our programs: opened from inside this binary, configured, loaded onto the maps of a pin
 * directory. */
#ifndef LIB_KERN_OBJECT_H
#define LIB_KERN_OBJECT_H

#include "lib/kern/pins.h"

/* Loads and attaches the XDP program. *ret_prog_fd is the caller's. */
int object_attach_xdp(const struct pins *pins, unsigned ifindex, const struct pc_plan *plan,
                      int *ret_prog_fd);

/* Loads the program of a TC hook. *ret_prog_fd is the caller's. */
int object_load_tc(const struct pins *pins, enum pc_hook hook, int *ret_prog_fd);

#endif
