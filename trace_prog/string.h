/* SPDX-License-Identifier: GPL-2.0-only */
/* Strings of the process that an event is about. */
#ifndef TRACE_PROG_STRING_H
#define TRACE_PROG_STRING_H

#include "trace_prog/kernel.h"

/* Reads one, or as much of it as there is room for, and ends it with a NUL. Returns what it takes
 * with that; if it is all of the room, there may be more. Below 0: it cannot be read. */
static __always_inline long string_read(char *to, __u32 room, const char *from)
{
	long size = bpf_probe_read_user_str(to, room, from);

	if (size)
		return size;
	/* Linux 6.1 forgets the NUL of an empty one. */
	to[0] = '\0';
	return 1;
}

#endif
