/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's list of tracepoints, /sys/kernel/tracing. */
#ifndef LIB_TRACE_TRACEFS_H
#define LIB_TRACE_TRACEFS_H

#include <stdbool.h>
#include <stddef.h>

#define TRACEFS "/sys/kernel/tracing"

/* Sees to it that TRACEFS is there. Where nobody mounted it, it is mounted for this process alone:
 * in a mount namespace of its own, which ends with it. */
int tracefs_need(void);

/* Whether there is a tracepoint of that name; tracefs_need() first. */
bool tracefs_has(const char *category, const char *name);

/* Its format file, NUL-terminated, to be freed. Says what is wrong. */
int tracefs_format(const char *category, const char *name, char **ret_text, size_t *ret_size);

/* Calls back with every tracepoint that programs can be attached to, sorted, until that returns
 * other than 0; returns that. */
int tracefs_each(int (*visit)(void *context, const char *category, const char *name),
                 void *context);

#endif
