/* SPDX-License-Identifier: GPL-2.0-only */
/* trace exec: every execve() and execveat(), done or failed, with its arguments. */
#include "abi/trace_exec.h"
#include "trace_prog/ring.h"
#include "trace_prog/string.h"
#include "trace_prog/syscall.h"
#include "trace_prog/task.h"

/* Kernel: include/linux/binfmts.h */
struct linux_binprm {
	const char *filename;
} __attribute__((preserve_access_index));

/* The room for an event is reserved in one of a few sizes, as it has to be known when this is
 * compiled: most command lines are short. */
#define SMALL      (1 << 10)
#define MEDIUM     (16 << 10)
#define LARGE      PC_TRACE_EXEC_MAX
#define PATH       256 /* at most, of the file's path; what follows are the arguments */
#define ARGS(room) ((room)-2 * PATH)

static __always_inline struct pc_trace_exec *reserve(struct task_struct *task, __u32 room, int ret)
{
	struct pc_trace_exec *event = ring_reserve(sizeof(*event) + room);

	if (!event)
		return NULL;
	task_describe(task, task_netns(task), &event->task);
	event->ret = ret;
	event->truncated = 0;
	return event;
}

/* What a string takes that was read to the start of the event's, its NUL included: 1 to PATH bytes.
 * One byte more is asked for, which is how a longer one is told from it. The mask says nothing new,
 * but it says it to Linux 6.1. */
static __always_inline __u64 path_size(struct pc_trace_exec *event, long size)
{
	__u64 taken = size;

	if (size <= 0) {
		event->strings[0] = '\0';
		taken = 1;
	} else if (size > PATH) {
		event->strings[PATH - 1] = '\0';
		event->truncated = 1;
		taken = PATH;
	}
	asm volatile("" : "+r"(taken));
	return taken & (2 * PATH - 1);
}

/* --- done: the arguments lie on the new stack, one after the other. Kernel: fs/binfmt_elf.c,
 * create_elf_tables() --- */

static __always_inline void tell_done(struct task_struct *task, const char *path, __u64 from,
                                      __u64 size, __u32 room)
{
	struct pc_trace_exec *event = reserve(task, room, 0);
	__u64 taken = size, used;

	if (!event)
		return;
	used = path_size(event, bpf_probe_read_kernel_str(event->strings, PATH + 1, path));
	if (taken > ARGS(room))
		taken = ARGS(room);
	if (bpf_probe_read_user(event->strings + used, taken, (void *)from))
		taken = 0;
	event->size = used + taken;
	event->truncated |= taken < size;
	ring_submit(event);
}

SEC("tp_btf/sched_process_exec")
int exec_done(__u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	struct linux_binprm *program = (void *)ctx[2];
	__u64 from = BPF_CORE_READ(task, mm, arg_start);
	__u64 size = BPF_CORE_READ(task, mm, arg_end) - from;
	const char *path = BPF_CORE_READ(program, filename);

	if (!task_is_wanted(task, task_netns(task)))
		return 0;
	if (size <= ARGS(SMALL))
		tell_done(task, path, from, size, SMALL);
	else if (size <= ARGS(MEDIUM))
		tell_done(task, path, from, size, MEDIUM);
	else
		tell_done(task, path, from, size, LARGE);
	return 0;
}

/* --- failed: the arguments are where the caller has them --- */

#define MAX_ARGS 65536

struct gathering {
	struct pc_trace_exec *event;
	const char *const *argv;
	bool all;
};

/* One argument; half of the room is for the last one. What is used of it is kept in the event: of
 * what it finds there the verifier knows nothing, so that one turn is for it like any other. */
static __always_inline long gather_one(__u32 i, struct gathering *g, __u32 half)
{
	__u32 used = g->event->size;
	const char *arg;
	long size;

	if (bpf_probe_read_user(&arg, sizeof(arg), &g->argv[i]))
		return 1;
	g->all = !arg;
	if (!arg || used > half)
		return 1;
	size = string_read(g->event->strings + used, half, arg);
	if (size <= 0 || size >= half)
		return 1;
	g->event->size = used + size;
	return 0;
}

/* Half of the room has to be a number for the verifier. */
static long gather_small(__u32 i, struct gathering *g)
{
	return gather_one(i, g, SMALL / 2);
}

static long gather_medium(__u32 i, struct gathering *g)
{
	return gather_one(i, g, MEDIUM / 2);
}

static long gather_large(__u32 i, struct gathering *g)
{
	return gather_one(i, g, LARGE / 2);
}

/* Returns whether that was all of it; if not, and not `at_any_rate`, nothing is told. */
static __always_inline bool tell_failed(const char *path, const char *const *argv, int ret,
                                        __u32 room, long (*gather)(__u32, struct gathering *),
                                        bool at_any_rate)
{
	struct gathering g = { .argv = argv };

	g.event = reserve(task_current(), room, ret);
	if (!g.event)
		return true;
	g.event->size =
		path_size(g.event, bpf_probe_read_user_str(g.event->strings, PATH + 1, path));
	bpf_loop(MAX_ARGS, gather, &g, 0);
	g.event->truncated |= !g.all;
	if (g.all || at_any_rate)
		ring_submit(g.event);
	else
		bpf_ringbuf_discard(g.event, 0);
	return g.all;
}

static __always_inline int failed(const struct syscall_exit *exit, int path_at)
{
	struct syscall_args call;
	const char *path;
	const char *const *argv;

	/* Of one that was done nothing is left of what it was given; it has been told. */
	if (!syscall_take(&call) || exit->ret >= 0)
		return 0;
	path = (const char *)call.args[path_at];
	argv = (const char *const *)call.args[path_at + 1];
	if (!tell_failed(path, argv, exit->ret, SMALL, gather_small, false) &&
	    !tell_failed(path, argv, exit->ret, MEDIUM, gather_medium, false))
		tell_failed(path, argv, exit->ret, LARGE, gather_large, true);
	return 0;
}

SYSCALL_KEEP(execve)

SEC("tracepoint/syscalls/sys_exit_execve")
int exit_execve(struct syscall_exit *ctx)
{
	return failed(ctx, 0);
}

SYSCALL_KEEP(execveat)

SEC("tracepoint/syscalls/sys_exit_execveat")
int exit_execveat(struct syscall_exit *ctx)
{
	return failed(ctx, 1);
}
