/* SPDX-License-Identifier: GPL-2.0-only */
/* What tracepoints and functions have in common: records of fields, filtered by them, shown or
 * counted. */
#ifndef NETCTL_TRACE_RECORD_H
#define NETCTL_TRACE_RECORD_H

#include "lib/trace/event.h"
#include "netctl/trace.h"

/* The first member of the tracer's own arguments. */
struct record_args {
	struct trace_args common;
	const char *filter;
	bool count;
};

/* They may be all of them: the options land in it, whatever follows. */
#define RECORD_OPTS \
	TRACE_OPTS(record_args), \
		{ "filter",    0, \
		  OPT_TEXT,    offsetof(struct record_args, filter), \
		  "CONDITION", "only if 'FIELD OP VALUE [&& ...]', OP one of == != < <= > >=", \
		  NULL }, \
	{ \
		"count", 0, OPT_FLAG, offsetof(struct record_args, count), NULL, \
			"count in the kernel, and say at the end how many", NULL \
	}

/* What is traced, the state of such a tracer: its first member. */
struct traced {
	const char *key; /* JSON's: "event" or "function" */
	struct event_format format;
	struct pc_event_wanted wanted;
};

/* Once the format is there: what of it is asked for. Says what is wrong. */
int record_prepare(const struct record_args *args, struct traced *traced);

/* For struct tracer. */
int record_configure(struct trace_session *session, struct tracing *tracing);
int record_show(void *context, const void *data, size_t size);
int record_finish(struct trace_session *session, struct tracing *tracing);

/* Part of record_finish(). */
int record_print_counts(struct trace_session *session, const struct tracing *tracing);

#endif
