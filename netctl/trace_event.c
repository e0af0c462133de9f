/* SPDX-License-Identifier: GPL-2.0-only */
/* netctl trace event: any tracepoint of the kernel, its fields decoded, or how often it was passed.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <linux/perf_event.h>
#include <sys/syscall.h>

#include <bpf/libbpf.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/trace/nearest.h"
#include "lib/trace/tracefs.h"
#include "netctl/commands.h"
#include "netctl/trace_record.h"
#include "trace_prog/event.skel.h"

static const struct opt event_opts[] = {
	RECORD_OPTS,
	{ 0 },
};

struct event_state {
	struct traced traced;
	char category[128], name[128];
};

/* Not by the name, as libbpf would look for that in debugfs, where looking is enough for the kernel
 * to mount something. */
static int attach(struct trace_session *session, struct tracing *tracing)
{
	const struct event_state *state = tracing->state;
	const char *name = state->traced.format.name;
	struct bpf_program *program = bpf_object__find_program_by_name(session->object, "event");
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT,
		                        .size = sizeof(attr),
		                        .config = state->traced.format.id };
	/* On one CPU: the program is run on all. */
	int fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	struct bpf_link *link;
	int r;

	if (fd < 0)
		return fail(errno, "%s", name);
	link = bpf_program__attach_perf_event(program, fd);
	r = trace_hold(session, link, name);
	if (!link)
		close(fd);
	return r;
}

static int split_name(const char *operand, struct event_state *state)
{
	const char *colon = strchr(operand, ':');
	size_t category = colon ? (size_t)(colon - operand) : 0;

	if (!category || !colon[1] || strpbrk(operand, "/.") || strchr(colon + 1, ':'))
		return fail_because(
			ERR_USAGE, "trace event '%s': CATEGORY:NAME is wanted; trace list has them",
			operand);
	if (category >= sizeof(state->category) || strlen(colon + 1) >= sizeof(state->name))
		return fail_because(ERR_ABSENT, "trace event %.60s...: no such tracepoint",
		                    operand);
	memcpy(state->category, operand, category);
	memcpy(state->name, colon + 1, strlen(colon + 1));
	return 0;
}

static int no_event(const char *wanted)
{
	auto_free char *nearest = nearest_event(wanted);

	if (nearest)
		return fail_because(ERR_ABSENT, "%s: no such tracepoint; is %s meant?", wanted,
		                    nearest);
	return fail_because(ERR_ABSENT, "%s: no such tracepoint; trace list has them all", wanted);
}

/* Finds out what is there and what of it is wanted. */
static int prepare(const struct invocation *inv, struct event_state *state)
{
	const struct record_args *args = inv->args;
	auto_free char *text = NULL;
	size_t size;
	int r = split_name(inv->operands[0], state) ?: tracefs_need();

	if (!r && !tracefs_has(state->category, state->name))
		r = no_event(inv->operands[0]);
	if (!r)
		r = tracefs_format(state->category, state->name, &text, &size);
	if (!r)
		r = event_format_read(state->category, state->name, text, size,
		                      &state->traced.format);
	return r ?: record_prepare(args, &state->traced);
}

static const struct tracer tracer = {
	.name = "event",
	.elf = trace_prog_event__elf_bytes,
	.configure = record_configure,
	.attach = attach,
	.show = record_show,
	.finish = record_finish,
};

static int run_event(const struct invocation *inv)
{
	struct event_state state = { .traced.key = "event" };
	int r;

	if (inv->operand_count != 1)
		return fail_because(ERR_USAGE, "trace event: one CATEGORY:NAME is wanted");
	r = prepare(inv, &state);
	if (!r)
		r = trace_tool(&tracer, inv, &state);
	event_format_free(&state.traced.format);
	return r;
}

const struct cmd trace_event_cmd = { "trace event",
	                             "CATEGORY:NAME",
	                             "any tracepoint of the kernel, its fields decoded",
	                             event_opts,
	                             sizeof(struct record_args),
	                             run_event };
