/* SPDX-License-Identifier: GPL-2.0-only */
/* trace function: the calls of a function of the kernel, or their returns; by fentry and fexit, or
 * by a kprobe where there is no fentry. User space says by which. */
#include <linux/ptrace.h>

#include "abi/trace_function.h"
#include "trace_prog/record.h"

const volatile __u32 arg_count; /* fentry, fexit: in words */

/* Where a call becomes a record, see pc_room. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct pc_function_record);
} pc_record SEC(".maps");

static __always_inline struct pc_function_record *function_record(void)
{
	return bpf_map_lookup_elem(&pc_record, &(__u32){ 0 });
}

/* --- fentry, fexit --- */

static __always_inline void function_args(void *ctx, struct pc_function_record *record)
{
	for (__u32 i = 0; i < PC_FUNCTION_ARGS; i++) {
		record->args[i] = 0;
		if (i < arg_count)
			bpf_get_func_arg(ctx, i, &record->args[i]);
	}
}

SEC("fentry")
int function_entry(void *ctx)
{
	struct pc_function_record *record = function_record();

	if (!record)
		return 0;
	function_args(ctx, record);
	return event_pass(record);
}

SEC("fexit")
int function_exit(void *ctx)
{
	struct pc_function_record *record = function_record();

	if (!record)
		return 0;
	function_args(ctx, record);
	record->ret = 0;
	bpf_get_func_ret(ctx, &record->ret);
	return event_pass(record);
}

/* --- kprobes: at the return the arguments are gone; of the registers libbpf 1.1 names five --- */

/* Of calls within calls of the same thread only the innermost has its arguments. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct pc_function_record);
} pc_calls SEC(".maps");

static __always_inline void function_regs(struct pt_regs *regs, struct pc_function_record *record)
{
	record->args[0] = PT_REGS_PARM1(regs);
	record->args[1] = PT_REGS_PARM2(regs);
	record->args[2] = PT_REGS_PARM3(regs);
	record->args[3] = PT_REGS_PARM4(regs);
	record->args[4] = PT_REGS_PARM5(regs);
}

SEC("kprobe")
int function_kprobe(struct pt_regs *regs)
{
	struct pc_function_record *record = function_record();

	if (!record)
		return 0;
	function_regs(regs, record);
	return event_pass(record);
}

SEC("kprobe")
int function_keep(struct pt_regs *regs)
{
	struct pc_function_record record = {};
	__u64 thread = bpf_get_current_pid_tgid();

	function_regs(regs, &record);
	bpf_map_update_elem(&pc_calls, &thread, &record, BPF_ANY);
	return 0;
}

SEC("kretprobe")
int function_kretprobe(struct pt_regs *regs)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct pc_function_record *record = bpf_map_lookup_elem(&pc_calls, &thread);

	if (!record)
		return 0;
	record->ret = PT_REGS_RC(regs);
	event_pass(record);
	bpf_map_delete_elem(&pc_calls, &thread);
	return 0;
}
