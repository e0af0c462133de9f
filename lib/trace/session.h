/* SPDX-License-Identifier: GPL-2.0-only */
/* The life of a tracer: opened from inside this binary, configured, attached, polled until somebody
 * has seen enough, gone without a trace. All it holds are file descriptors: however the process
 * ends, the kernel takes everything away. */
#ifndef LIB_TRACE_SESSION_H
#define LIB_TRACE_SESSION_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "lib/trace/filter.h"

struct bpf_link;
struct bpf_object;
struct bpf_program;
struct ring_buffer;

/* What becomes of an event: 1 it was shown, 0 it was not wanted after all, or a negative errno
 * value, which ends it all. `event` begins with a struct pc_trace_task. */
typedef int trace_show_fn(void *context, const void *event, size_t size);

struct trace_session {
	const char *name; /* of the tracer, for what is said */
	struct bpf_object *object;
	const struct trace_filter *filter;
	struct ring_buffer *ring;
	struct bpf_link **links;
	size_t link_count;

	trace_show_fn *show;
	int (*tick)(void *context); /* some ten times a second; may be NULL. Fails as `show` */
	void *context;
	uint64_t limit; /* shown events after which it ends; 0: none */
	uint64_t shown;
	unsigned int turn; /* events since the ring was last left */
	uint64_t end;      /* CLOCK_MONOTONIC, ns, of the signal; 0: there was none */
	uint64_t said_lost;
	time_t looked; /* for lost events */
};

#define auto_trace_session __attribute__((cleanup(trace_close)))

/* Opens the object `elf` and freezes the filter into it. Between this and trace_start() a tracer
 * may turn its knobs (load_knob()) and say which programs it wants (bpf_program__set_autoload()).
 * `filter` has to live as long as the session. Each of these says what failed. */
int trace_open(struct trace_session *session, const char *name, const void *elf, size_t size,
               const struct trace_filter *filter);

/* Loads it. Programs are still to be attached. */
int trace_load(struct trace_session *session);

/* Attaches every program that says itself where it belongs, which has not been attached yet. */
int trace_attach(struct trace_session *session);

/* Takes over a link made otherwise; NULL: errno says why there is none. `what` for what is said. */
int trace_hold(struct trace_session *session, struct bpf_link *link, const char *what);

/* Gives every event to `show` until as many as `limit` were shown (0: any number), a signal says to
 * end, or showing fails. Returns 0 unless something failed. */
int trace_run(struct trace_session *session, uint64_t limit, trace_show_fn *show, void *context);

/* What all CPUs have counted under a key of a per-CPU map whose values are one __u64. 0: nothing,
 * or it cannot be read. */
uint64_t trace_sum(const struct trace_session *session, const char *map, const void *key,
                   size_t key_size);

/* Events that found no room up to now. */
uint64_t trace_lost(const struct trace_session *session);

void trace_close(struct trace_session *session);

#endif
