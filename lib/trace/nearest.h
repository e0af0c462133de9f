/* SPDX-License-Identifier: GPL-2.0-only */
/* What was meant by a name that is none. */
#ifndef LIB_TRACE_NEAREST_H
#define LIB_TRACE_NEAREST_H

#include <stddef.h>

/* How many letters have to be changed, put in or left out to make one of the other; above `limit`
 * some number above it. */
unsigned nearest_distance(const char *a, const char *b, unsigned limit);

/* The tracepoint "category:name" that is nearest to that name, to be freed; NULL: none is near.
 * tracefs_need() first. */
char *nearest_event(const char *wanted);

#endif
