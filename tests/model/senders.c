/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets sent by every CPU at once, as fast as they are taken. */
#include "tests/model/senders.h"

#include <errno.h>
#include <sched.h>
#include <time.h>

#include <bpf/bpf.h>

static int send_one(const struct sending *w, unsigned frame, enum stand_door door)
{
	const struct frame *f = &w->frames[frame];
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = f->bytes, .data_size_in = f->len,
	            .repeat = w->repeat);

	return bpf_prog_test_run_opts(w->stand->programs[door], &run);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void note_time(struct sender *s)
{
	double time = now();

	if (time - s->last > SENDER_PAUSE)
		s->paused += time - s->last;
	s->last = time;
}

static int stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

static void *run(void *argument)
{
	struct sender *s = argument;
	const struct sending *w = s->what;

	s->error = stay_on(s->cpu);
	s->first = s->last = now();
	while (!s->error && !__atomic_load_n(s->stop, __ATOMIC_RELAXED)) {
		for (unsigned i = 0; i < w->n_frames; i++) {
			for (unsigned door = 0; door < w->n_doors && !s->error; door++)
				s->error = send_one(w, i, w->doors[door]);
			s->sent[i] += w->repeat;
		}
		note_time(s);
	}
	return NULL;
}

int senders_start(const struct sending *what, struct senders *ret_senders)
{
	struct senders *all = ret_senders;
	int r = 0;

	*all = (struct senders){ 0 };
	for (int cpu = 0; cpu < SENDERS_MOST && !r; cpu++) {
		struct sender *s = &all->each[all->count];

		*s = (struct sender){ .what = what, .cpu = cpu, .stop = &all->stop };
		if (cpu >= stand_cpus())
			break;
		r = -pthread_create(&s->thread, NULL, run, s);
		all->count += !r;
	}
	return r;
}

int senders_stop(struct senders *senders)
{
	int r = 0;

	__atomic_store_n(&senders->stop, true, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < senders->count; i++) {
		pthread_join(senders->each[i].thread, NULL);
		r = r ? r : senders->each[i].error;
	}
	return r;
}

uint64_t senders_sent(const struct senders *senders, unsigned frame)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < senders->count; i++)
		sum += senders->each[i].sent[frame];
	return sum;
}

double senders_time(const struct senders *senders, double *ret_paused)
{
	double first = senders->each[0].first, last = senders->each[0].last;

	*ret_paused = senders->each[0].paused;
	for (unsigned i = 1; i < senders->count; i++) {
		const struct sender *s = &senders->each[i];

		first = s->first < first ? s->first : first;
		last = s->last > last ? s->last : last;
		*ret_paused = s->paused < *ret_paused ? s->paused : *ret_paused;
	}
	return last - first;
}
