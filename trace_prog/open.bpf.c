/* SPDX-License-Identifier: GPL-2.0-only */
/* trace open: every open(), creat(), openat() and openat2(), done or failed. */
#include <linux/fcntl.h>
#include <linux/openat2.h>

#include "abi/trace_open.h"
#include "trace_prog/ring.h"
#include "trace_prog/string.h"
#include "trace_prog/syscall.h"
#include "trace_prog/task.h"

const volatile bool only_failed;

/* The room for an event is reserved in one of two sizes, as it has to be known when this is
 * compiled: most paths are short. The larger has one byte more than a path can have, which is how a
 * longer one is told from it. */
#define SMALL 128
#define LARGE (PC_TRACE_OPEN_MAX + 1)

struct opening {
	const char *path;
	__u64 flags, mode;
	int dfd;
	bool has_flags;
};

/* Returns whether that was all of it; if not, and not `at_any_rate`, nothing is told. */
static __always_inline bool tell(const struct opening *opening, int ret, __u32 room,
                                 bool at_any_rate)
{
	struct task_struct *task = task_current();
	struct pc_trace_open *event = ring_reserve(sizeof(*event) + room);
	long size;

	if (!event)
		return true;
	size = string_read(event->path, room, opening->path);
	if (size == room && !at_any_rate) {
		bpf_ringbuf_discard(event, 0);
		return false;
	}
	task_describe(task, task_netns(task), &event->task);
	event->flags = opening->flags;
	event->mode = opening->mode;
	event->ret = ret;
	event->dfd = opening->dfd;
	event->size = size < 0 ? 0 : size;
	event->has_flags = opening->has_flags;
	event->truncated = size == room;
	event->reserved[0] = event->reserved[1] = 0;
	ring_submit(event);
	return true;
}

/* The path is read now that the call returns: the kernel has read it, so it is in memory. */
static __always_inline void opened(const struct opening *opening, int ret)
{
	if (!tell(opening, ret, SMALL, false))
		tell(opening, ret, LARGE, true);
}

/* What the call that returns now was given, if anybody wants to know. */
static __always_inline bool take(const struct syscall_exit *exit, struct syscall_args *ret_call)
{
	return syscall_take(ret_call) && !(only_failed && exit->ret >= 0);
}

/* open() and openat(); the former's arguments are the latter's but for the first. */
static __always_inline int exit_plain(const struct syscall_exit *exit, int path_at)
{
	struct opening opening = { .dfd = AT_FDCWD, .has_flags = true };
	struct syscall_args call;

	if (!take(exit, &call))
		return 0;
	if (path_at)
		opening.dfd = call.args[0];
	opening.path = (const char *)call.args[path_at];
	opening.flags = (__u32)call.args[path_at + 1];
	opening.mode = (__u16)call.args[path_at + 2]; /* umode_t */
	opened(&opening, exit->ret);
	return 0;
}

SYSCALL_KEEP(open)

SEC("tracepoint/syscalls/sys_exit_open")
int exit_open(struct syscall_exit *ctx)
{
	return exit_plain(ctx, 0);
}

SYSCALL_KEEP(openat)

SEC("tracepoint/syscalls/sys_exit_openat")
int exit_openat(struct syscall_exit *ctx)
{
	return exit_plain(ctx, 1);
}

SYSCALL_KEEP(creat)

SEC("tracepoint/syscalls/sys_exit_creat")
int exit_creat(struct syscall_exit *ctx)
{
	struct opening opening = { .dfd = AT_FDCWD,
		                   .flags = O_CREAT | O_WRONLY | O_TRUNC,
		                   .has_flags = true };
	struct syscall_args call;

	if (!take(ctx, &call))
		return 0;
	opening.path = (const char *)call.args[0];
	opening.mode = (__u16)call.args[1];
	opened(&opening, ctx->ret);
	return 0;
}

SYSCALL_KEEP(openat2)

SEC("tracepoint/syscalls/sys_exit_openat2")
int exit_openat2(struct syscall_exit *ctx)
{
	struct opening opening = {};
	struct syscall_args call;
	struct open_how how;

	if (!take(ctx, &call))
		return 0;
	/* One that is smaller the kernel does not look at; what a larger one may have behind these
	 * is not for us. */
	if (call.args[3] >= sizeof(how) &&
	    !bpf_probe_read_user(&how, sizeof(how), (const void *)call.args[2])) {
		opening.has_flags = true;
		opening.flags = how.flags;
		opening.mode = how.mode;
	}
	opening.dfd = call.args[0];
	opening.path = (const char *)call.args[1];
	opened(&opening, ctx->ret);
	return 0;
}
