/* SPDX-License-Identifier: GPL-2.0-only */
/* System calls: what a call was given is kept until it returns, as by then its registers are gone.
 * For tracepoints of the category syscalls. */
#ifndef TRACE_PROG_SYSCALL_H
#define TRACE_PROG_SYSCALL_H

#include "trace_prog/kernel.h"
#include "trace_prog/syscall_ctx.h"
#include "trace_prog/task.h"

struct syscall_args {
	unsigned long args[6];
};

/* A thread that ends in the middle of a call leaves its entry to be the oldest some day. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct syscall_args);
} pc_calls SEC(".maps");

/* Keeps what a call was given, if the filter wants its caller. */
static __always_inline void syscall_keep(const struct syscall_enter *enter)
{
	struct task_struct *task = task_current();
	__u64 thread = bpf_get_current_pid_tgid();
	struct syscall_args call;

	if (!task_is_wanted(task, task_netns(task)))
		return;
	/* By the helper, as the kernel would refuse a program that itself looks at an argument
	 * which the call does not have; there is room for six whatever the call. */
	bpf_probe_read_kernel(call.args, sizeof(call.args), enter->args);
	bpf_map_update_elem(&pc_calls, &thread, &call, BPF_ANY);
}

/* The program that keeps what calls of that name are given. */
#define SYSCALL_KEEP(name) \
	SEC("tracepoint/syscalls/sys_enter_" #name) \
	int enter_##name(struct syscall_enter *ctx) \
	{ \
		syscall_keep(ctx); \
		return 0; \
	}

/* What the call that returns now was given. False: the filter did not want it, or it began before
 * the tracer did. */
static __always_inline bool syscall_take(struct syscall_args *ret_call)
{
	__u64 thread = bpf_get_current_pid_tgid();
	const struct syscall_args *call = bpf_map_lookup_elem(&pc_calls, &thread);

	if (!call)
		return false;
	*ret_call = *call;
	bpf_map_delete_elem(&pc_calls, &thread);
	return true;
}

#endif
