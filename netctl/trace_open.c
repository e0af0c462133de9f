/* SPDX-License-Identifier: GPL-2.0-only */
/* netctl trace open: the files that are opened, and those that could not be. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/fcntl.h>

#include "abi/trace_open.h"
#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/kern/load.h"
#include "lib/trace/tracefs.h"
#include "netctl/commands.h"
#include "netctl/trace.h"
#include "trace_prog/open.skel.h"

struct open_args {
	struct trace_args common;
	bool failed;
};

static const struct opt open_opts[] = {
	TRACE_OPTS(open_args),
	{ "failed", 'x', OPT_FLAG, offsetof(struct open_args, failed), NULL,
	  "only those that failed", NULL },
	{ 0 },
};

/* An architecture need not have all of them: those that came later have no open() and creat(). */
static void choose(struct trace_session *session, const char *call)
{
	static const char *const ways[] = { "enter", "exit" };
	char program[32], tracepoint[32];

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		snprintf(program, sizeof(program), "%s_%s", ways[i], call);
		snprintf(tracepoint, sizeof(tracepoint), "sys_%s_%s", ways[i], call);
		bpf_program__set_autoload(
			bpf_object__find_program_by_name(session->object, program),
			tracefs_has("syscalls", tracepoint));
	}
}

static int configure(struct trace_session *session, struct tracing *tracing)
{
	static const char *const calls[] = { "open", "creat", "openat2" };
	const struct open_args *args = tracing->args;

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		choose(session, calls[i]);
	return load_set_bool(session->object, "only_failed", args->failed);
}

/* --- flags --- */

/* Those that contain others come before them. */
static const struct {
	__u64 bits;
	const char *name;
} flag_names[] = {
	{ O_CREAT, "O_CREAT" },         { O_EXCL, "O_EXCL" },
	{ O_NOCTTY, "O_NOCTTY" },       { O_TRUNC, "O_TRUNC" },
	{ O_APPEND, "O_APPEND" },       { O_NONBLOCK, "O_NONBLOCK" },
	{ O_SYNC, "O_SYNC" },           { O_DSYNC, "O_DSYNC" },
	{ FASYNC, "O_ASYNC" },          { O_DIRECT, "O_DIRECT" },
	{ O_LARGEFILE, "O_LARGEFILE" }, { O_TMPFILE, "O_TMPFILE" },
	{ O_DIRECTORY, "O_DIRECTORY" }, { O_NOFOLLOW, "O_NOFOLLOW" },
	{ O_NOATIME, "O_NOATIME" },     { O_CLOEXEC, "O_CLOEXEC" },
	{ O_PATH, "O_PATH" },
};

static void add_flag(json_t *names, FILE *text, const char *name)
{
	fprintf(text, "%s%s", json_array_size(names) ? "|" : "", name);
	json_array_append_new(names, json_string(name));
}

static void name_flags(__u64 flags, json_t *names, FILE *text)
{
	static const char *const access[] = { "O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE" };
	char unknown[32];

	add_flag(names, text, access[flags & O_ACCMODE]);
	flags &= ~(__u64)O_ACCMODE;
	for (size_t i = 0; i < sizeof(flag_names) / sizeof(*flag_names); i++) {
		if ((flags & flag_names[i].bits) != flag_names[i].bits)
			continue;
		add_flag(names, text, flag_names[i].name);
		flags &= ~flag_names[i].bits;
	}
	if (!flags)
		return;
	snprintf(unknown, sizeof(unknown), "%#llx", (unsigned long long)flags);
	add_flag(names, text, unknown);
}

static int line_flags(struct lines *lines, const struct pc_trace_open *event)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	json_t *names = json_array();

	if (!file) {
		json_decref(names);
		return fail(ENOMEM, "trace open");
	}
	if (event->has_flags)
		name_flags(event->flags, names, file);
	fclose(file);
	line_value(lines, "flags", -18, event->has_flags ? json_incref(names) : json_null(),
	           event->has_flags ? text : NULL);
	json_decref(names);
	return 0;
}

/* --- an event --- */

static json_t *mode_json(const struct pc_trace_open *event)
{
	bool creates = event->has_flags && (event->flags & (O_CREAT | __O_TMPFILE));

	return creates ? json_integer((json_int_t)event->mode) : json_null();
}

static json_t *dfd_json(const struct pc_trace_open *event)
{
	if (!event->size || event->path[0] == '/')
		return json_null();
	return event->dfd == AT_FDCWD ? json_string("AT_FDCWD") : json_integer(event->dfd);
}

static int line_path(struct lines *lines, const struct pc_trace_open *event)
{
	auto_free char *cut = NULL;

	if (!event->size) {
		line_text(lines, "path", -1, NULL);
		return 0;
	}
	if (asprintf(&cut, "%s...", event->path) < 0) {
		cut = NULL;
		return fail(ENOMEM, "trace open");
	}
	line_value(lines, "path", -1, json_bytes(event->path, strlen(event->path)),
	           event->truncated ? cut : event->path);
	return 0;
}

static int show(void *context, const void *data, size_t size)
{
	struct tracing *tracing = context;
	struct lines *lines = &tracing->lines;
	const struct pc_trace_open *event = data;
	int r;

	if (size < sizeof(*event) || event->size > size - sizeof(*event) ||
	    (event->size && event->path[event->size - 1]))
		return fail_because(EPROTO, "trace open: an event is shorter than it says");
	trace_line_begin(tracing, &event->task);
	trace_line_ret(tracing, event->ret);
	r = line_flags(lines, event);
	line_value(lines, "mode", LINE_JSON, mode_json(event), NULL);
	line_value(lines, "dfd", LINE_JSON, dfd_json(event), NULL);
	r = line_path(lines, event) ?: r;
	line_value(lines, "truncated", LINE_JSON, json_boolean(event->truncated), NULL);
	return line_end(lines) ?: r ?: 1;
}

static const struct tracer tracer = {
	.name = "open",
	.elf = trace_prog_open__elf_bytes,
	.configure = configure,
	.show = show,
};

static int run_open(const struct invocation *inv)
{
	return trace_tool(&tracer, inv, NULL);
}

const struct cmd trace_open_cmd = { "trace open",
	                            "",
	                            "the files that are opened, and those that cannot be",
	                            open_opts,
	                            sizeof(struct open_args),
	                            run_open };
