/* SPDX-License-Identifier: GPL-2.0-only */
/* What programs at tracepoints of the category syscalls are given. Kernel:
 * kernel/trace/trace_syscalls.c. */
#ifndef TRACE_PROG_SYSCALL_CTX_H
#define TRACE_PROG_SYSCALL_CTX_H

#include <linux/types.h>

struct syscall_enter {
	__u64 common; /* struct trace_entry */
	long nr;
	unsigned long args[6];
};

struct syscall_exit {
	__u64 common; /* struct trace_entry */
	long nr;
	long ret;
};

#endif
