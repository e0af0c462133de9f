/* SPDX-License-Identifier: GPL-2.0-only */
/* One policy after the other under full load: what both of them drop never passes, and a rule that
 * is in both counts every packet. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "abi/names.h"
#include "lib/base/cleanup.h"
#include "lib/kern/commit.h"
#include "lib/kern/counters.h"
#include "lib/rules/parse.h"
#include "lib/rules/policy.h"
#include "tests/model/ruleset.h"
#include "tests/model/senders.h"
#include "tests/tap.h"

#define APPLIED  200   /* policies, with all that applying one takes */
#define SECONDS  8     /* at most, for them */
#define FLIPS    10000 /* from one to the other of two that stay where they are */
#define REPEAT   64
#define FILLING  300 /* rules that make the two unlike each other */
#define PROTOCOL 17

/* What both have to say of the packets, each in its own way. The first packet meets a rule that is
 * in both, the second one rule here and another there, the third a default. */
static const char *const texts[] = {
	"default in drop\n"
	"both: drop in udp dst port 53\n"
	"here: drop in udp src net 10.0.0.0/8 dst port 1000-1999\n"
	"pass in tcp\n",
	"default in drop\n"
	"pass in src host 192.0.2.1\n"
	"count in ip\n"
	"there: drop in dst host 10.0.0.2 port 1500\n"
	"limit in icmp rate 1/s burst 1\n"
	"both: drop in udp dst port 53\n",
};

static const struct header headers[] = {
	{ .family = 4,
	  .protocol = PROTOCOL,
	  .src = { 10, 0, 0, 1 },
	  .dst = { 10, 0, 0, 2 },
	  .sport = 4000,
	  .dport = 53 },
	{ .family = 4,
	  .protocol = PROTOCOL,
	  .src = { 10, 0, 0, 1 },
	  .dst = { 10, 0, 0, 2 },
	  .sport = 4000,
	  .dport = 1500 },
	{ .family = 4,
	  .protocol = PROTOCOL,
	  .src = { 10, 0, 0, 3 },
	  .dst = { 10, 0, 0, 4 },
	  .sport = 4000,
	  .dport = 4000 },
};
#define HEADERS (sizeof(headers) / sizeof(*headers))

static const enum stand_door doors[] = { DOOR_XDP, DOOR_IN };

struct test {
	struct stand stand;
	struct frame frames[HEADERS];
	struct policy policies[2];
	struct sending sending;
	struct senders senders;
	uint64_t sent[HEADERS]; /* through each of the doors, since the counters began */
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* --- what it takes */

/* Rules that no packet meets, different ones in each. */
static int add_filling(struct policy *policy, enum ruleset_kind kind)
{
	auto_free struct ruleset_rule *rules = ruleset_make(kind, FILLING);
	auto_policy struct policy more = { 0 };
	int r = rules ? ruleset_policy(rules, FILLING - 1, &more) : -ENOMEM;

	for (size_t i = 0; !r && i < more.n_rules; i++)
		r = policy_insert(policy, i % 2 ? 0 : policy->n_rules, &more.rules[i]);
	return r;
}

static int make_policy(unsigned which, struct policy *ret_policy)
{
	auto_diag struct diag diag = { 0 };
	int r = policy_parse("atomic", texts[which], strlen(texts[which]), ret_policy, &diag);

	return r ? r : add_filling(ret_policy, which ? RULESET_ACL6 : RULESET_ACL);
}

static int prepare(struct test *t)
{
	int r = stand_open(&t->stand);

	for (size_t i = 0; i < HEADERS; i++)
		t->frames[i].len = header_frame(&headers[i], t->frames[i].bytes);
	for (unsigned i = 0; !r && i < 2; i++)
		r = make_policy(i, &t->policies[i]);
	t->sending = (struct sending){
		.stand = &t->stand,
		.frames = t->frames,
		.n_frames = HEADERS,
		.repeat = REPEAT,
		.doors = doors,
		.n_doors = sizeof(doors) / sizeof(*doors),
	};
	return r;
}

static int apply(struct test *t, unsigned which, unsigned seconds)
{
	int r = 0;

	for (enum stand_side side = 0; !r && side < SIDES; side++)
		r = commit_apply(&t->stand.pins[side], &t->policies[which], seconds, NULL);
	return r;
}

static int stop(struct test *t)
{
	int r = senders_stop(&t->senders);

	for (unsigned i = 0; i < HEADERS; i++)
		t->sent[i] += senders_sent(&t->senders, i);
	return r;
}

/* --- what is to be seen */

static int count_verdicts(struct test *t, enum stand_side side, uint64_t *ret_passed,
                          uint64_t *ret_dropped)
{
	enum pc_hook hook = side == SIDE_EARLY ? PC_HOOK_XDP : PC_HOOK_TC_INGRESS;
	static struct cpu_counts sum;
	auto_free struct counters *counters = NULL;
	int r = counters_read(&t->stand.pins[side], &counters);

	if (r)
		return r;
	memset(&sum, 0, sizeof(sum));
	counters_sum(counters, &sum);
	*ret_passed = *ret_dropped = 0;
	for (enum pc_reason reason = 0; reason < PC_R_COUNT; reason++) {
		*ret_passed +=
			counts_cell(&sum, hook, reason, PC_PROTO_UDP, PC_VERDICT_PASS)->packets;
		*ret_dropped +=
			counts_cell(&sum, hook, reason, PC_PROTO_UDP, PC_VERDICT_DROP)->packets;
	}
	return 0;
}

static int count_rule(struct test *t, enum stand_side side, const char *label,
                      uint64_t *ret_packets)
{
	auto_commit_state struct commit_state state = { 0 };
	auto_free struct pc_counter *counts = NULL;
	int r = commit_read(&t->stand.pins[side], &state);

	if (r)
		return r;
	counts = calloc(state.policy.n_rules + 1, sizeof(*counts));
	r = counts ? commit_counts(&t->stand.pins[side], &state, counts) : -ENOMEM;
	if (!r)
		*ret_packets = counts[policy_find_label(&state.policy, label)].packets;
	return r;
}

static void check(struct test *t)
{
	static const char *const names[] = { "xdp", "tc-ingress" };
	uint64_t passed = 0, dropped = 0, counted = 0, sent = 0;

	for (unsigned i = 0; i < HEADERS; i++)
		sent += t->sent[i];
	for (enum stand_side side = 0; side < SIDES; side++) {
		tap_note("%s", names[side]);
		tap_check_int(count_verdicts(t, side, &passed, &dropped), 0);
		tap_check_int(passed, 0);
		tap_check_int(dropped, sent);
		tap_check_int(count_rule(t, side, "both", &counted), 0);
		tap_check_int(counted, t->sent[0]);
	}
	tap_note("%s", "");
	tap_say("%llu packets", (unsigned long long)sent * 2);
	tap_check(sent > 10000);
}

/* --- tests */

/* All of it: compiled, written, put in force, the one before retired. */
static void test_applying(struct test *t)
{
	double end = now() + SECONDS;
	int applied = 0, r;

	tap_test("policies are applied under load");
	r = apply(t, 0, 0);
	if (!r)
		r = senders_start(&t->sending, &t->senders);
	while (!r && (applied < 4 || (applied < APPLIED && now() < end)))
		r = apply(t, ++applied % 2, 0);
	tap_check_int(r, 0);
	tap_check_int(stop(t), 0);
	tap_say("%d policies", applied);
	check(t);
}

static __u64 *active_word(struct test *t, enum stand_side side)
{
	int fd = pins_open_map(&t->stand.pins[side], PC_MAP_ACTIVE);
	void *word = mmap(NULL, sizeof(__u64), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	close(fd);
	return fd < 0 || word == MAP_FAILED ? NULL : word;
}

/* Only the one store, as often as it goes, between two policies that both are there. */
static void test_flipping(struct test *t)
{
	__u64 *words[SIDES];
	struct chance c = { .state = 1 };
	int r = apply(t, 0, 0);

	tap_test("policies are flipped under load");
	if (!r)
		r = apply(t, 1, 600);
	for (enum stand_side side = 0; side < SIDES; side++) {
		words[side] = active_word(t, side);
		if (!words[side])
			r = -ENOENT;
	}
	if (!r)
		r = senders_start(&t->sending, &t->senders);
	for (int i = 0; !r && i < FLIPS; i++) {
		for (enum stand_side side = 0; side < SIDES; side++) {
			__u64 old = *(volatile __u64 *)words[side] & PC_CHOICE_MASK;

			__atomic_store_n(words[side],
			                 old == PC_CHOICE_A ? PC_CHOICE_B : PC_CHOICE_A,
			                 __ATOMIC_RELEASE);
		}
		usleep(below(&c, 100));
	}
	tap_check_int(r, 0);
	tap_check_int(stop(t), 0);
	check(t);
}

int main(void)
{
	static struct test t;
	int r;

	if (geteuid())
		return tap_skip_all("it takes root to load programs");
	tap_test("the programs load");
	r = prepare(&t);
	if (r) {
		tap_fail("%s", strerror(-r));
		return tap_done();
	}
	test_applying(&t);
	test_flipping(&t);
	return tap_done();
}
