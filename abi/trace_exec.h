/* SPDX-License-Identifier: GPL-2.0-only */
/* The events of trace exec. */
#ifndef PC_ABI_TRACE_EXEC_H
#define PC_ABI_TRACE_EXEC_H

#include "abi/trace.h"

/* Followed by `size` bytes: the path of the file, then every argument, each ended by a NUL. */
struct pc_trace_exec {
	struct pc_trace_task task;
	__s32 ret; /* 0 or a negative errno value */
	__u32 size;
	__u32 truncated; /* 1: there were more */
	__u32 reserved;
	char strings[];
};

/* Of path and arguments, bytes. The kernel allows more (6 MiB), nobody types it. */
#define PC_TRACE_EXEC_MAX (128 << 10)

#endif
