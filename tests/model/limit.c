/* SPDX-License-Identifier: GPL-2.0-only */
/* How exact rate limits are, with every CPU sending more than is let through: what passed against
 * rate times measured time. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/types.h"
#include "lib/base/cleanup.h"
#include "lib/kern/counters.h"
#include "lib/rules/parse.h"
#include "lib/rules/policy.h"
#include "tests/model/ruleset.h"
#include "tests/model/senders.h"
#include "tests/tap.h"

#define SOURCES 3
#define SLACK   0.05

struct limit {
	unsigned long rate;  /* packets a second */
	unsigned long burst; /* what the time that nobody sends in may add up to */
	bool per_src;
};

/* Bursts are a tenth of a second, as the machine may have other work; the last row is for a clock
 * that is finer than a tick. */
static const struct limit limits[] = {
	{ 1, 1, false },     { 1000, 100, false },    { 1000000, 100000, false }, { 1, 1, true },
	{ 1000, 100, true }, { 100000, 10000, true }, { 1000000, 1000, false },
};

static int count_passed(struct stand *s, uint64_t *ret_passed)
{
	static struct cpu_counts sum;
	auto_free struct counters *counters = NULL;
	int r = counters_read(&s->pins[SIDE_TC], &counters);

	if (r)
		return r;
	memset(&sum, 0, sizeof(sum));
	counters_sum(counters, &sum);
	*ret_passed =
		counts_cell(&sum, PC_HOOK_TC_INGRESS, PC_R_PASS, PC_PROTO_UDP, PC_VERDICT_PASS)
			->packets;
	return 0;
}

static int apply(struct stand *s, const struct limit *l)
{
	auto_policy struct policy policy = { 0 };
	auto_diag struct diag diag = { 0 };
	char text[160];

	snprintf(text, sizeof(text), "default in drop\nlimit in udp rate %lu/s burst %lu%s\n",
	         l->rate, l->burst, l->per_src ? " per src" : "");
	return policy_parse("limit", text, strlen(text), &policy, &diag) ?: stand_apply(s, &policy);
}

/* One bucket for all of them, or one for each. While nobody sends, a full bucket fills no further.
 */
static void judge(const struct limit *l, const struct senders *senders, uint64_t passed)
{
	double buckets = l->per_src ? SOURCES : 1, paused;
	double seconds = senders_time(senders, &paused);
	double most = buckets * (l->burst + l->rate * seconds);
	double least = buckets * (l->burst + l->rate * (seconds - paused));
	uint64_t sent = 0;

	for (unsigned i = 0; i < SOURCES; i++)
		sent += senders_sent(senders, i);
	tap_say("%" PRIu64 " of %" PRIu64 " passed in %.2f s: %+.2f %%", passed, sent, seconds,
	        (passed / most - 1) * 100);
	if (paused > 0)
		tap_say("the CPUs had other work for %.2f s", paused);
	tap_check(passed <= most * (1 + SLACK) + buckets);
	if (sent / seconds < 2 * buckets * l->rate)
		tap_skip("this machine does not send as much");
	else if (l->burst >= l->rate * SENDER_PAUSE)
		tap_check(passed >= least * (1 - SLACK) - buckets);
}

static void test(struct stand *s, const struct limit *l, double seconds)
{
	static const enum stand_door door = DOOR_IN;
	static struct frame frames[SOURCES];
	static struct senders senders;
	struct sending what = { .stand = s,
		                .frames = frames,
		                .n_frames = SOURCES,
		                .repeat = 256,
		                .doors = &door,
		                .n_doors = 1 };
	uint64_t before = 0, after = 0;
	int r = apply(s, l);

	tap_test("%lu/s burst %lu%s", l->rate, l->burst, l->per_src ? " per src" : "");
	for (unsigned i = 0; i < SOURCES; i++) {
		struct header h = { .family = 4,
			            .protocol = 17,
			            .src = { 10, 0, 0, 1 + i },
			            .dst = { 10, 0, 1, 1 },
			            .sport = 4000,
			            .dport = 53 };

		frames[i].len = header_frame(&h, frames[i].bytes);
	}
	if (!r)
		r = count_passed(s, &before);
	if (!r)
		r = senders_start(&what, &senders);
	if (r) {
		tap_fail("%s", strerror(-r));
		return;
	}
	usleep(seconds * 1e6);
	tap_check_int(senders_stop(&senders), 0);
	tap_check_int(count_passed(s, &after), 0);
	judge(l, &senders, after - before);
}

int main(void)
{
	const char *seconds = getenv("LIMIT_SECONDS");
	static struct stand s;
	int r;

	if (geteuid())
		return tap_skip_all("it takes root to load programs");
	tap_test("the programs load");
	r = stand_open(&s);
	if (r) {
		tap_fail("%s", strerror(-r));
		return tap_done();
	}
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++)
		test(&s, &limits[i], seconds ? strtod(seconds, NULL) : 3);
	return tap_done();
}
