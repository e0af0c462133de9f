/* SPDX-License-Identifier: GPL-2.0-only */
/* The TC programs that know policies: loaded when the first policy comes, in use from then on. What
 * is attached hands over to them, so that no attach is slower for what it may never need. */
#ifndef LIB_KERN_DOORS_H
#define LIB_KERN_DOORS_H

#include "lib/kern/pins.h"

/* Makes sure of them. Until an image is in force they say what the built-in policy says. */
int doors_need(const struct pins *pins, const struct pc_plan *plan);

/* Loads them anew if they are in use: they depend on the plan. */
int doors_renew(const struct pins *pins, const struct pc_plan *plan);

#endif
