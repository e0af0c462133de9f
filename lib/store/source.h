/* SPDX-License-Identifier: GPL-2.0-only */
/* A policy read from files: its text, and the lists its sets are read from. */
#ifndef LIB_STORE_SOURCE_H
#define LIB_STORE_SOURCE_H

#include "lib/rules/diag.h"
#include "lib/rules/rule.h"

/* No list has more; what is larger is not read to the end. */
#define SOURCE_MAX_SIZE (256u << 20)

/* Reads a policy, "-" from standard input; the lists of its sets from where it lies itself unless
 * their paths are absolute. What is wrong in the files is in `diag`, which the caller frees and
 * shows, and the result is -EINVAL. What cannot be read is said. */
int source_read(const char *path, struct policy *ret_policy, struct diag *diag);

#endif
