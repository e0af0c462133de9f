/* SPDX-License-Identifier: GPL-2.0-only */
/* What tracepoints and functions have in common: records of fields, filtered by them, shown or
 * counted. */
#include "netctl/trace_record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "abi/trace_event.h"
#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/kern/load.h"
#include "lib/trace/event_filter.h"

int record_prepare(const struct record_args *args, struct traced *traced)
{
	if (args->count && args->common.limit && args->common.words.comm)
		return fail_because(ERR_USAGE, "--limit cannot count by --comm");
	event_describe(&traced->format, &traced->wanted);
	traced->wanted.count = args->count;
	traced->wanted.limit = args->count ? args->common.limit : 0;
	return args->filter ? event_filter_read(&traced->format, args->filter, &traced->wanted) : 0;
}

int record_configure(struct trace_session *session, struct tracing *tracing)
{
	const struct traced *traced = tracing->state;
	size_t size;
	void *knob = load_knob(session->object, "wanted", &size);
	int r = 0;

	if (!knob || size != sizeof(traced->wanted))
		return load_refused(ENOENT, traced->format.name);
	memcpy(knob, &traced->wanted, size);
	if (traced->wanted.count)
		r = bpf_map__set_max_entries(
			bpf_object__find_map_by_name(session->object, PC_EVENT_COUNTS),
			PC_EVENT_MAX_COMMS);
	return r ? load_refused(r, traced->format.name) : 0;
}

int record_show(void *context, const void *data, size_t size)
{
	struct tracing *tracing = context;
	const struct traced *traced = tracing->state;
	struct lines *lines = &tracing->lines;
	auto_free char *text = NULL;
	struct event_values values;
	int r;

	/* All that is to be counted is: it ends. */
	if (traced->wanted.count)
		return -ECANCELED;
	r = event_decode(&traced->format, data, size, &values);
	if (r)
		return r;
	text = values.text;
	trace_line_begin(tracing, data);
	line_text(lines, traced->key, LINE_JSON, traced->format.name);
	line_value(lines, "fields", -1, values.fields, text);
	line_value(lines, "truncated", LINE_JSON, json_boolean(values.truncated), NULL);
	return line_end(lines) ?: 1;
}

/* The kernel runs no program on a CPU where it is in the middle of one of that sort. */
static uint64_t missed(const struct trace_session *session)
{
	struct bpf_program *program;
	uint64_t sum = 0;

	bpf_object__for_each_program(program, session->object)
	{
		struct bpf_prog_info info = { 0 };
		__u32 size = sizeof(info);

		if (bpf_program__fd(program) >= 0 &&
		    !bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
			sum += info.recursion_misses;
	}
	return sum;
}

int record_finish(struct trace_session *session, struct tracing *tracing)
{
	const struct traced *traced = tracing->state;
	uint64_t more = missed(session);

	if (more)
		warn("trace %s: up to %llu more happened where the kernel could not tell",
		     session->name, (unsigned long long)more);
	return traced->wanted.count ? record_print_counts(session, tracing) : 0;
}
