/* SPDX-License-Identifier: GPL-2.0-only */
/* netctl trace listen: the sockets that begin to listen. */
#include <errno.h>

#include "abi/trace_listen.h"
#include "lib/base/err.h"
#include "netctl/commands.h"
#include "netctl/trace.h"
#include "netctl/trace_end.h"
#include "trace_prog/listen.skel.h"

struct listen_args {
	struct trace_args common;
};

static const struct opt listen_opts[] = {
	TRACE_OPTS(listen_args),
	{ 0 },
};

static int show(void *context, const void *data, size_t size)
{
	struct tracing *tracing = context;
	struct lines *lines = &tracing->lines;
	const struct pc_trace_listen *event = data;

	if (size < sizeof(*event))
		return fail_because(EPROTO, "trace listen: an event is too short");
	trace_line_begin(tracing, &event->task);
	trace_line_ret(tracing, event->ret);
	line_text(lines, "proto", LINE_JSON, "tcp");
	line_family(lines, event->family);
	line_value(lines, "v6only", LINE_JSON, json_boolean(event->v6only), NULL);
	line_number(lines, "backlog", 7, event->backlog);
	line_end_of(lines, "addr", "port", event->family, &event->at);
	return line_end(lines) ?: 1;
}

static const struct tracer tracer = {
	.name = "listen",
	.elf = trace_prog_listen__elf_bytes,
	.show = show,
};

static int run_listen(const struct invocation *inv)
{
	return trace_tool(&tracer, inv, NULL);
}

const struct cmd trace_listen_cmd = { "trace listen",
	                              "",
	                              "the sockets that begin to listen",
	                              listen_opts,
	                              sizeof(struct listen_args),
	                              run_listen };
