/* SPDX-License-Identifier: GPL-2.0-only */
/* The events of trace readline. */
#ifndef PC_ABI_TRACE_READLINE_H
#define PC_ABI_TRACE_READLINE_H

#include "abi/trace.h"

struct pc_trace_readline {
	struct pc_trace_task task;
	__u32 file;      /* which of those that are traced: the number it was attached with */
	__u32 size;      /* of the command with its NUL */
	__u32 truncated; /* 1: there was more */
	__u32 reserved;
	char command[];
};

/* Of a command with its NUL. */
#define PC_TRACE_READLINE_MAX 4096

_Static_assert(sizeof(struct pc_trace_readline) == 88, "as both sides have it");

#endif
