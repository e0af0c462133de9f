/* SPDX-License-Identifier: GPL-2.0-only */
/* A policy into the image that the data plane reads: a pure function. */
#ifndef LIB_RULES_COMPILE_H
#define LIB_RULES_COMPILE_H

#include "lib/rules/image.h"
#include "lib/rules/rule.h"

/* Makes the image of a policy; the same policy always gives the same bytes. A rule has the same
 * index in both, and its `cell` is the caller's to say. Returns 0; -ENOMEM; or, for what exceeds an
 * image, -E2BIG (a rule) or -ENOSPC (all of it) with a sentence in *ret_why that names what is to
 * blame and that lives in *ret_image, which is empty otherwise. */
int policy_compile(const struct policy *policy, uint32_t generation, struct image *ret_image,
                   const char **ret_why);

#endif
