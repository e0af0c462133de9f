/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets sent by every CPU at once, as fast as they are taken. */
#ifndef TESTS_MODEL_SENDERS_H
#define TESTS_MODEL_SENDERS_H

#include <pthread.h>
#include <stdint.h>

#include "tests/model/stand.h"

#define SENDERS_MOST  64 /* CPUs */
#define SENDER_FRAMES 4
#define SENDER_PAUSE  0.01 /* s; what takes less is no pause */

/* Each frame in turn goes through each of the doors, `repeat` times. */
struct sending {
	const struct stand *stand;
	const struct frame *frames;
	unsigned n_frames, repeat;
	const enum stand_door *doors;
	unsigned n_doors;
};

/* Written by one CPU alone. */
struct sender {
	const struct sending *what;
	pthread_t thread;
	int cpu, error;
	uint64_t sent[SENDER_FRAMES]; /* through each of the doors */
	double first, last;           /* when, s of CLOCK_MONOTONIC */
	double paused;                /* in between, when it was not let run, s */
	bool *stop;
};

struct senders {
	struct sender each[SENDERS_MOST];
	unsigned count;
	bool stop;
};

/* Both return 0 or a negative errno. */
int senders_start(const struct sending *what, struct senders *ret_senders);
int senders_stop(struct senders *senders);

/* All that was sent of one frame. */
uint64_t senders_sent(const struct senders *senders, unsigned frame);

/* From the first packet to the last, s; *ret_paused: at most so long was there none at all. */
double senders_time(const struct senders *senders, double *ret_paused);

#endif
