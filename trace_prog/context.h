/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether what happens is done by or for the task that runs, or by an interrupt that it knows
 * nothing of. */
#ifndef TRACE_PROG_CONTEXT_H
#define TRACE_PROG_CONTEXT_H

#include "trace_prog/kernel.h"

#define THREAD_SIZE (16 << 10) /* at least; kernel: asm/page_64_types.h */

struct task_struct___stack {
	void *stack;
} __attribute__((preserve_access_index));

/* Told by the stack, as interrupts and what they leave for later (softirqs) have one of their own:
 * the count that the kernel itself goes by has no address for programs where CONFIG_KALLSYMS_ALL is
 * not set. `context` is what a program of a tracepoint is given, which lies on the stack. */
static __always_inline bool context_is_task(const void *context)
{
	struct task_struct___stack *task = (void *)bpf_get_current_task();
	__u64 here = 0;

	/* As a number: the verifier does not let pointers of that kind be computed with. */
	bpf_probe_read_kernel(&here, sizeof(here), &context);
	return here - (__u64)BPF_CORE_READ(task, stack) < THREAD_SIZE;
}

#endif
