/* SPDX-License-Identifier: GPL-2.0-only */
/* netctl trace readline: the command lines that are typed into bash. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "abi/trace_readline.h"
#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/trace/readers.h"
#include "netctl/commands.h"
#include "netctl/trace.h"
#include "trace_prog/readline.skel.h"

struct readline_args {
	struct trace_args common;
	const char *paths;
};

static const struct opt readline_opts[] = {
	TRACE_OPTS(readline_args),
	{ "path", 0, OPT_TEXT, offsetof(struct readline_args, paths), "FILE[,FILE...]",
	  "of these programs or libraries, not of bash", NULL },
	{ 0 },
};

/* Before anything is loaded, as there may be nothing to watch. */
static int configure(struct trace_session *session, struct tracing *tracing)
{
	const struct readline_args *args = tracing->args;
	const struct trace_filter *filter = session->filter;

	if (args->paths)
		return readers_named(tracing->state, args->paths);
	if (filter->pid_count)
		return readers_of(tracing->state, filter->pids, filter->pid_count);
	return readers_shells(tracing->state);
}

static struct bpf_link *attach_to(const struct trace_session *session, const struct reader *reader,
                                  size_t number)
{
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .retprobe = true, .bpf_cookie = number);
	char path[48];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", reader->fd);
	return bpf_program__attach_uprobe_opts(
		bpf_object__find_program_by_name(session->object, "readline_done"), -1, path,
		reader->offset, &opts);
}

static int attach(struct trace_session *session, struct tracing *tracing)
{
	const struct readers *readers = tracing->state;
	size_t attached = 0;
	int r = 0;

	for (size_t i = 0; !r && i < readers->count; i++) {
		const struct reader *reader = &readers->items[i];
		struct bpf_link *link = attach_to(session, reader, i);
		bool last = i + 1 == readers->count;

		/* One that nobody asked for is not worth giving up all, unless it is all. */
		if (!link && !reader->asked_for && (attached || !last)) {
			auto_free char *path = harmless_text(reader->path);

			warn("trace readline: %s is not watched", path ?: "a bash");
			continue;
		}
		r = trace_hold(session, link, reader->path);
		attached++;
	}
	return r;
}

/* The column shows where a command was cut off. */
static int line_command(struct lines *lines, const struct pc_trace_readline *event)
{
	auto_free char *cut = NULL;

	if (asprintf(&cut, "%s...", event->command) < 0) {
		cut = NULL;
		return fail(ENOMEM, "trace readline");
	}
	line_value(lines, "command", -1, json_bytes(event->command, strlen(event->command)),
	           event->truncated ? cut : event->command);
	return 0;
}

static int show(void *context, const void *data, size_t size)
{
	struct tracing *tracing = context;
	struct lines *lines = &tracing->lines;
	const struct readers *readers = tracing->state;
	const struct pc_trace_readline *event = data;
	int r = 0;

	if (size < sizeof(*event) || event->size > size - sizeof(*event) ||
	    event->file >= readers->count || (event->size && event->command[event->size - 1]))
		return fail_because(EPROTO, "trace readline: an event is not what it says");
	trace_line_begin(tracing, &event->task);
	line_text(lines, "path", -15, readers->items[event->file].path);
	if (event->size)
		r = line_command(lines, event);
	else
		line_text(lines, "command", -1, NULL);
	line_value(lines, "truncated", LINE_JSON, json_boolean(event->truncated), NULL);
	return line_end(lines) ?: r ?: 1;
}

static const struct tracer tracer = {
	.name = "readline",
	.elf = trace_prog_readline__elf_bytes,
	.configure = configure,
	.attach = attach,
	.show = show,
};

static int run_readline(const struct invocation *inv)
{
	struct readers readers = { 0 };
	int r = trace_tool(&tracer, inv, &readers);

	readers_free(&readers);
	return r;
}

const struct cmd trace_readline_cmd = { "trace readline",
	                                "",
	                                "the command lines that are typed into bash",
	                                readline_opts,
	                                sizeof(struct readline_args),
	                                run_readline };
