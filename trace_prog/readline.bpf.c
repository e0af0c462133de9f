/* SPDX-License-Identifier: GPL-2.0-only */
/* trace readline: what readline() gives back, a line that was typed. Where that function is user
 * space knows. */
#include <asm/ptrace.h>

#include "abi/trace_readline.h"
#include "trace_prog/ring.h"
#include "trace_prog/string.h"
#include "trace_prog/task.h"

/* The room for an event is reserved in one of two sizes, as it has to be known when this is
 * compiled: most commands are short. The larger has one byte more than is told, which is how a
 * command that is cut off is known. */
#define SMALL 256
#define LARGE (PC_TRACE_READLINE_MAX + 1)

/* Returns whether that was all of it; if not, and not `at_any_rate`, nothing is told. */
static __always_inline bool tell(struct task_struct *task, __u32 netns, __u32 file,
                                 const char *line, __u32 room, bool at_any_rate)
{
	struct pc_trace_readline *event = ring_reserve(sizeof(*event) + room);
	long size;

	if (!event)
		return true;
	size = string_read(event->command, room, line);
	if (size == room && !at_any_rate) {
		bpf_ringbuf_discard(event, 0);
		return false;
	}
	task_describe(task, netns, &event->task);
	event->file = file;
	event->size = size < 0 ? 0 : size;
	event->truncated = size == room;
	event->reserved = 0;
	ring_submit(event);
	return true;
}

SEC("uretprobe")
int readline_done(struct pt_regs *ctx)
{
	const char *line = (const char *)PT_REGS_RC(ctx);
	struct task_struct *task = task_current();
	__u32 netns = task_netns(task), file;

	/* NULL: the end of the input. */
	if (!line || !task_is_wanted(task, netns))
		return 0;
	file = bpf_get_attach_cookie(ctx);
	if (!tell(task, netns, file, line, SMALL, false))
		tell(task, netns, file, line, LARGE, true);
	return 0;
}
