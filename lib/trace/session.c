/* SPDX-License-Identifier: GPL-2.0-only */
/* The life of a tracer. */
#include "lib/trace/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/base/cleanup.h"
#include "lib/base/ending.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/moment.h"
#include "lib/kern/load.h"

/* Holds a burst while the reader is off the CPU: some 8,000 small events. */
#define RING_BYTES (8 << 20)
#define POLL_MS    100
/* Events after which the ring is left: libbpf goes on as long as there is one, which is for ever
 * when they come faster than they are printed, and signals would never be looked at. */
#define TURN       1024

static int refused(const struct trace_session *session, int error)
{
	auto_free char *what = NULL;

	if (asprintf(&what, "trace %s", session->name) < 0)
		what = NULL;
	return load_refused(error, what ? what : "trace");
}

static struct bpf_map *map_of(const struct trace_session *session, const char *name)
{
	return bpf_object__find_map_by_name(session->object, name);
}

/* --- open, configure --- */

static int size_maps(struct trace_session *session)
{
	const struct pc_trace_filter *wanted = &session->filter->kernel;
	int r = bpf_map__set_max_entries(map_of(session, PC_TRACE_RING), RING_BYTES);

	if (!r && wanted->by_pid)
		r = bpf_map__set_max_entries(map_of(session, PC_TRACE_PIDS), PC_TRACE_MAX_PIDS);
	if (!r && wanted->by_comm)
		r = bpf_map__set_max_entries(map_of(session, PC_TRACE_COMMS), PC_TRACE_MAX_COMMS);
	return r;
}

int trace_open(struct trace_session *session, const char *name, const void *elf, size_t size,
               const struct trace_filter *filter)
{
	struct bpf_object_open_opts opts = { .sz = sizeof(opts), .object_name = name };
	size_t knob_size;
	void *knob;
	int r;

	*session = (struct trace_session){ .name = name, .filter = filter };
	log_forget();
	session->object = bpf_object__open_mem(elf, size, &opts);
	if (!session->object)
		return refused(session, errno);
	knob = load_knob(session->object, "filter", &knob_size);
	if (!knob || knob_size != sizeof(filter->kernel))
		return refused(session, ENOENT);
	memcpy(knob, &filter->kernel, sizeof(filter->kernel));
	r = size_maps(session);
	return r ? refused(session, r) : 0;
}

int trace_load(struct trace_session *session)
{
	const struct trace_filter *filter = session->filter;
	int r;

	/* From here on a signal ends it in good order. */
	ending_catch();
	log_forget();
	r = bpf_object__load(session->object);
	for (size_t i = 0; !r && i < filter->pid_count; i++)
		r = bpf_map__update_elem(map_of(session, PC_TRACE_PIDS), &filter->pids[i],
		                         sizeof(__u32), &(__u8){ 1 }, sizeof(__u8), BPF_ANY);
	return r ? refused(session, r) : 0;
}

/* --- attach --- */

int trace_hold(struct trace_session *session, struct bpf_link *link, const char *what)
{
	struct bpf_link **links;

	if (!link) {
		int error = errno;

		return fail(error, "trace %s: %s", session->name, what);
	}
	links = reallocarray(session->links, session->link_count + 1, sizeof(struct bpf_link *));
	if (!links) {
		bpf_link__destroy(link);
		return fail(ENOMEM, "trace %s", session->name);
	}
	session->links = links;
	session->links[session->link_count++] = link;
	return 0;
}

int trace_attach(struct trace_session *session)
{
	struct bpf_program *program;
	int r = 0;

	bpf_object__for_each_program(program, session->object)
	{
		if (r || !bpf_program__autoload(program) || !bpf_program__autoattach(program))
			continue;
		r = trace_hold(session, bpf_program__attach(program),
		               bpf_program__section_name(program));
	}
	return r;
}

/* --- poll --- */

/* A name the kernel does not know yet passes; it is told what becomes of the next event of it. */
static bool has_wanted_comm(const struct trace_session *session, const struct pc_trace_task *task)
{
	bool wanted;

	if (!session->filter->kernel.by_comm || task->followed)
		return true;
	wanted = !regexec(&session->filter->comm, task->comm, 0, NULL, 0);
	bpf_map__update_elem(map_of(session, PC_TRACE_COMMS), task->comm, sizeof(task->comm),
	                     &wanted, sizeof(wanted), BPF_ANY);
	return wanted;
}

/* Whether the ring is to be left after this event, which is taken out of it in any case. */
static bool is_enough(struct trace_session *session)
{
	return (session->limit && session->shown >= session->limit) ||
	       (!session->end && ++session->turn == TURN);
}

static int on_event(void *context, void *event, size_t size)
{
	struct trace_session *session = context;
	const struct pc_trace_task *task = event;
	int r = 0;

	if (size < sizeof(*task))
		return 0;
	if (session->end && task->time > session->end)
		return -ECANCELED;
	if (has_wanted_comm(session, task))
		r = session->show(session->context, event, size);
	if (r < 0)
		return r;
	session->shown += r;
	/* Ends the poll in the middle of what there is; the number itself says nothing. */
	return is_enough(session) ? -ECANCELED : 0;
}

uint64_t trace_sum(const struct trace_session *session, const char *map, const void *key,
                   size_t key_size)
{
	int cpus = libbpf_num_possible_cpus();
	auto_free __u64 *cells = cpus > 0 ? calloc(cpus, sizeof(*cells)) : NULL;
	uint64_t sum = 0;

	if (!cells || bpf_map__lookup_elem(map_of(session, map), key, key_size, cells,
	                                   cpus * sizeof(*cells), 0))
		return 0;
	for (int i = 0; i < cpus; i++)
		sum += cells[i];
	return sum;
}

uint64_t trace_lost(const struct trace_session *session)
{
	return trace_sum(session, PC_TRACE_LOST, &(__u32){ 0 }, sizeof(__u32));
}

/* While it runs, at most once a second: whoever looks at it is to know that it is not all. */
static void say_lost(struct trace_session *session)
{
	time_t now = time(NULL);
	uint64_t lost;

	if (now == session->looked)
		return;
	session->looked = now;
	lost = trace_lost(session);
	if (lost > session->said_lost)
		warn("trace %s: %llu events were lost up to now", session->name,
		     (unsigned long long)lost);
	session->said_lost = lost;
}

/* One turn. Below 0: it is over. */
static int take_turn(struct trace_session *session)
{
	int r;

	session->turn = 0;
	r = ring_buffer__poll(session->ring, POLL_MS);
	/* Not every event wakes us (trace_prog/ring.h). */
	if (!r)
		r = ring_buffer__consume(session->ring);
	if (r == -EINTR || (r == -ECANCELED && session->turn == TURN))
		r = 0;
	say_lost(session);
	return r >= 0 && session->tick ? session->tick(session->context) : r;
}

int trace_run(struct trace_session *session, uint64_t limit, trace_show_fn *show, void *context)
{
	int r = 0;

	session->limit = limit;
	session->show = show;
	session->context = context;
	session->ring = ring_buffer__new(bpf_map__fd(map_of(session, PC_TRACE_RING)), on_event,
	                                 session, NULL);
	if (!session->ring)
		return refused(session, errno);
	while (!ending() && r >= 0)
		r = take_turn(session);
	/* What happened before the signal is still to be seen. */
	if (ending() && r >= 0) {
		session->end = moment_monotonic();
		r = ring_buffer__consume(session->ring);
	}
	return r == -ECANCELED || r >= 0 || r == -EINTR ? 0 : r;
}

void trace_close(struct trace_session *session)
{
	for (size_t i = 0; i < session->link_count; i++)
		bpf_link__destroy(session->links[i]);
	free(session->links);
	ring_buffer__free(session->ring);
	bpf_object__close(session->object);
	*session = (struct trace_session){ 0 };
}
