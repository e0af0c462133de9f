/* SPDX-License-Identifier: GPL-2.0-only */
/* A function of the kernel: what its BTF says of its arguments. */
#ifndef LIB_TRACE_FUNCTION_H
#define LIB_TRACE_FUNCTION_H

#include "lib/trace/event.h"

enum function_how {
	FUNCTION_FENTRY, /* the arguments have names and types */
	FUNCTION_KPROBE, /* they are registers */
};

/* Finds out how the function can be traced here, and what its calls' records have in them, the
 * return value too if `returns`. Says why it cannot: -ERR_ABSENT when there is none of that name.
 */
int function_read(const char *name, bool returns, enum function_how *ret_how,
                  struct event_format *ret_format);

#endif
