/* SPDX-License-Identifier: GPL-2.0-only */
/* What all tracers have in common on the command line and on the screen. */
#ifndef NETCTL_TRACE_H
#define NETCTL_TRACE_H

#include <stdbool.h>

#include "lib/base/cmd.h"
#include "lib/trace/session.h"
#include "lib/trace/who.h"
#include "netctl/lines.h"

/* The first member of every tracer's own arguments. */
struct trace_args {
	bool time;
	unsigned limit;
	struct trace_words words;
};

/* The options of `struct type`, whose member `common` is a struct trace_args. */
#define TRACE_OPT(type, member) offsetof(struct type, common.member)
#define TRACE_OPTS(type) \
	{ \
		"time", 'T', OPT_FLAG, TRACE_OPT(type, time), NULL, "begin with the time of day", \
		NULL \
	}, \
		{ "limit",   'c', \
		  OPT_COUNT, TRACE_OPT(type, limit), \
		  "COUNT",   "end after so many events", \
		  NULL }, \
		{ "pid", \
		  'p', \
		  OPT_TEXT, \
		  TRACE_OPT(type, words.pids), \
		  "PID[,PID...]", \
		  "only of these processes", \
		  NULL }, \
		{ "uid",    'u', \
		  OPT_TEXT, TRACE_OPT(type, words.uid), \
		  "UID",    "only of this user, by number or name", \
		  NULL }, \
		{ "cgroup", 0, \
		  OPT_TEXT, TRACE_OPT(type, words.cgroup), \
		  "PATH",   "only in this control group and those below it", \
		  NULL }, \
		{ "container", 0, \
		  OPT_TEXT,    TRACE_OPT(type, words.container), \
		  "NAME",      "only in this container, by name or ID", \
		  NULL }, \
	{ \
		"comm", 0, OPT_TEXT, TRACE_OPT(type, words.comm), "REGEX", \
			"only of processes whose name fits", NULL \
	}

/* What a tracer shows its events with. */
struct tracing {
	struct lines lines;
	struct who_cache *who;
	const void *args; /* the tracer's own, as in struct invocation */
	void *state;      /* the tracer's own */
};

struct tracer {
	const char *name; /* "exec" */
	const void *(*elf)(size_t *ret_size);

	/* Before it is loaded; may be NULL. Turns knobs, chooses programs. */
	int (*configure)(struct trace_session *session, struct tracing *tracing);
	/* Instead of attaching what says itself where it belongs; may be NULL. */
	int (*attach)(struct trace_session *session, struct tracing *tracing);
	/* One event: 1 shown, 0 not, or a negative errno value. `context` is the struct tracing. */
	trace_show_fn *show;
	/* Some ten times a second; may be NULL. `context` as above. */
	int (*tick)(void *context);
	/* At the end, before the summary; may be NULL. Prints what was gathered. */
	int (*finish)(struct trace_session *session, struct tracing *tracing);
};

/* Runs it from the first to the last event and says how many there were, on stderr. `state` is what
 * its functions find in struct tracing. */
int trace_tool(const struct tracer *tracer, const struct invocation *inv, void *state);

/* Begins a line with who it was: comm, pid, container and more. */
void trace_line_begin(struct tracing *tracing, const struct pc_trace_task *task);

/* The same where no process has to do with it: of `task` the time and the namespace are known. */
void trace_line_begin_nobody(struct tracing *tracing, const struct pc_trace_task *task);

/* "ret": 0 and above as it is, else in a column the name of the error, such as ENOENT. */
void trace_line_ret(struct tracing *tracing, int64_t ret);

#endif
