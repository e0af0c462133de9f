/* SPDX-License-Identifier: GPL-2.0-only */
/* The events of trace open. */
#ifndef PC_ABI_TRACE_OPEN_H
#define PC_ABI_TRACE_OPEN_H

#include "abi/trace.h"

struct pc_trace_open {
	struct pc_trace_task task;
	__u64 flags, mode; /* as the caller gave them */
	__s32 ret;         /* the file descriptor or a negative errno value */
	__s32 dfd;         /* what a relative path starts at */
	__u32 size;        /* of the path with its NUL; 0: it could not be read */
	__u8 has_flags;    /* 0: neither they nor the mode could be read */
	__u8 truncated;    /* 1: the path was longer */
	__u8 reserved[2];
	char path[];
};

/* Of a path with its NUL: what the kernel itself takes. */
#define PC_TRACE_OPEN_MAX 4096

_Static_assert(sizeof(struct pc_trace_open) == 104, "as both sides have it");

#endif
