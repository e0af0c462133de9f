/* SPDX-License-Identifier: GPL-2.0-only */
/* netctl trace exec: the programs that are started, with their arguments. */
#include <errno.h>
#include <string.h>

#include "abi/trace_exec.h"
#include "lib/base/err.h"
#include "netctl/commands.h"
#include "netctl/trace.h"
#include "trace_prog/exec.skel.h"

struct exec_args {
	struct trace_args common;
	bool failed;
};

static const struct opt exec_opts[] = {
	TRACE_OPTS(exec_args),
	{ "failed", 'x', OPT_FLAG, offsetof(struct exec_args, failed), NULL,
	  "those that failed as well", NULL },
	{ 0 },
};

/* Failures are seen by tracing system calls, which nobody is to pay for who did not ask. */
static int configure(struct trace_session *session, struct tracing *tracing)
{
	static const char *const programs[] = { "enter_execve", "exit_execve", "enter_execveat",
		                                "exit_execveat" };
	const struct exec_args *args = tracing->args;

	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++)
		bpf_program__set_autoload(
			bpf_object__find_program_by_name(session->object, programs[i]),
			args->failed);
	return 0;
}

static int show(void *context, const void *data, size_t size)
{
	struct tracing *tracing = context;
	struct lines *lines = &tracing->lines;
	const struct exec_args *args = tracing->args;
	const struct pc_trace_exec *event = data;
	size_t path;

	if (size < sizeof(*event) || event->size > size - sizeof(*event))
		return fail_because(EPROTO, "trace exec: an event is shorter than it says");
	path = strnlen(event->strings, event->size) + 1;
	if (path > event->size)
		return fail_because(EPROTO, "trace exec: an event has no path");
	trace_line_begin(tracing, &event->task);
	trace_line_ret(tracing, event->ret);
	/* Of one that failed the first argument says little: it is the path that was not to be had.
	 */
	line_text(lines, "path", args->failed ? -24 : LINE_JSON, event->strings);
	line_strings(lines, "args", -1, event->strings + path, event->size - path,
	             event->truncated);
	line_value(lines, "truncated", LINE_JSON, json_boolean(event->truncated), NULL);
	return line_end(lines) ?: 1;
}

static const struct tracer tracer = {
	.name = "exec",
	.elf = trace_prog_exec__elf_bytes,
	.configure = configure,
	.show = show,
};

static int run_exec(const struct invocation *inv)
{
	return trace_tool(&tracer, inv, NULL);
}

const struct cmd trace_exec_cmd = { "trace exec",
	                            "",
	                            "the programs that are started, with their arguments",
	                            exec_opts,
	                            sizeof(struct exec_args),
	                            run_exec };
