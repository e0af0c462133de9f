/* SPDX-License-Identifier: GPL-2.0-only */
/* What all tracers have in common on the command line and on the screen. */
#include "netctl/trace.h"

#include <errno.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/trace/tracefs.h"

static json_t *container_json(const struct who *who)
{
	if (!who || !who->in_container)
		return json_null();
	return json_pack("{s:o,s:o,s:o}", "id", json_text(who->container.id), "name",
	                 json_text(who->container.name), "runtime",
	                 json_text(who->container.runtime));
}

/* Its name, or what docker prints of an ID. */
static const char *container_text(const struct who *who, char text[static CONTAINER_NAME_SIZE])
{
	if (!who || !who->in_container)
		return NULL;
	if (who->container.name[0])
		return who->container.name;
	snprintf(text, CONTAINER_NAME_SIZE, "%.12s", who->container.id);
	return text;
}

/* Null where there is nobody. */
static void line_id(struct lines *lines, const char *key, int width, const struct who *who,
                    int64_t number)
{
	if (who)
		line_number(lines, key, width, number);
	else
		line_text(lines, key, width, NULL);
}

static void line_begin_who(struct lines *lines, const struct pc_trace_task *task,
                           const struct who *who)
{
	char name[CONTAINER_NAME_SIZE];

	line_begin(lines, task->time);
	line_id(lines, "pid", 7, who, task->pid);
	line_id(lines, "ppid", 7, who, task->ppid);
	line_id(lines, "tid", LINE_JSON, who, task->tid);
	line_id(lines, "uid", 5, who, task->uid);
	line_text(lines, "comm", -15, who ? task->comm : NULL);
	line_number(lines, "netns", LINE_JSON, task->netns);
	line_id(lines, "utsns", LINE_JSON, who, task->utsns);
	line_text(lines, "cgroup", LINE_JSON, who ? who->cgroup : NULL);
	line_value(lines, "container", -12, container_json(who), container_text(who, name));
}

void trace_line_begin(struct tracing *tracing, const struct pc_trace_task *task)
{
	line_begin_who(&tracing->lines, task, who_is(tracing->who, task));
}

void trace_line_begin_nobody(struct tracing *tracing, const struct pc_trace_task *task)
{
	line_begin_who(&tracing->lines, task, NULL);
}

void trace_line_ret(struct tracing *tracing, int64_t ret)
{
	const char *name = ret < 0 ? strerrorname_np((int)-ret) : NULL;

	if (name)
		line_named(&tracing->lines, "ret", -12, ret, name);
	else
		line_number(&tracing->lines, "ret", -12, ret);
}

static int trace(const struct tracer *tracer, struct trace_session *session,
                 const struct trace_filter *filter, struct tracing *tracing, unsigned limit)
{
	size_t size;
	const void *elf = tracer->elf(&size);
	int r = tracefs_need();

	if (!r)
		r = trace_open(session, tracer->name, elf, size, filter);
	if (!r && tracer->configure)
		r = tracer->configure(session, tracing);
	if (!r)
		r = trace_load(session);
	if (!r)
		r = tracer->attach ? tracer->attach(session, tracing) : trace_attach(session);
	if (r)
		return r;
	warn("trace %s: watching, Ctrl-C ends it", tracer->name);
	session->tick = tracer->tick;
	r = trace_run(session, limit, tracer->show, tracing);
	if (tracer->finish)
		r = tracer->finish(session, tracing) ?: r;
	warn("trace %s: %llu event%s, %llu lost", tracer->name, (unsigned long long)session->shown,
	     session->shown == 1 ? "" : "s", (unsigned long long)trace_lost(session));
	return r;
}

int trace_tool(const struct tracer *tracer, const struct invocation *inv, void *state)
{
	const struct trace_args *args = inv->args;
	struct trace_words words = args->words;
	struct tracing tracing = { .lines = { .json = inv->common.json, .time = args->time },
		                   .args = inv->args,
		                   .state = state };
	auto_trace_session struct trace_session session = { 0 };
	struct trace_filter filter;
	int r;

	words.netns = inv->common.netns;
	r = trace_filter_read(&words, &filter);
	if (!r) {
		tracing.who = who_open();
		r = tracing.who ? 0 : -ENOMEM;
	}
	if (!r)
		r = trace(tracer, &session, &filter, &tracing, args->limit);
	who_close(tracing.who);
	trace_filter_free(&filter);
	return r;
}
