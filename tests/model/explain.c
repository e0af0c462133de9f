/* SPDX-License-Identifier: GPL-2.0-only */
/* What netctl explain goes by: the twins of the loaded programs and the evaluation in user space
 * say the same of packets nobody thought of, and asking the twins moves nothing.
 *
 * MODEL_SEED      the policies and packets of another run, which says its seed
 * MODEL_POLICIES  how many random policies (100) */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>

#include "abi/counting.h"
#include "lib/base/cleanup.h"
#include "lib/kern/counters.h"
#include "lib/kern/object.h"
#include "lib/kern/pages.h"
#include "lib/rules/match.h"
#include "lib/rules/print.h"
#include "tests/model/policies.h"
#include "tests/model/sockets.h"
#include "tests/model/stand.h"
#include "tests/tap.h"

#define POLICIES   100
#define FRAMES     500 /* packets for each of them, and door */
#define MOST_RULES 40

static const enum pc_hook hooks[DOORS] = { PC_HOOK_XDP, PC_HOOK_TC_INGRESS, PC_HOOK_TC_EGRESS };

struct explain {
	struct stand stand;
	struct sockets sockets;
	struct host host;
	struct chance chance;
	int twins[DOORS], decisions[DOORS];
	uint64_t asked, refused, by_rule, limited, malformed;
};

static int open_twins(struct explain *e)
{
	int r = 0;

	for (enum stand_door door = 0; !r && door < DOORS; door++) {
		enum stand_side side = stand_side(door);

		r = object_load_dry_run(&e->stand.pins[side], hooks[door], &e->stand.plans[side],
		                        &e->twins[door], &e->decisions[door]);
	}
	return r;
}

/* What explain makes of it. */
static void evaluate(const struct explain *e, enum stand_door door, const struct frame *f,
                     struct match_packet *ret_packet)
{
	struct passing way = { f->bytes, f->len, f->len, UNKNOWN,
		               door == DOOR_OUT ? PC_OUT : PC_IN };
	struct facts facts;

	reference_read(&e->host, &way, &facts);
	ret_packet->direction = way.way;
	ret_packet->established = facts.established;
	dissect(f->bytes, f->len, &ret_packet->headers);
}

static void show(const struct policy *policy, const struct match_packet *packet, size_t decided,
                 const struct pc_decision *d)
{
	char packet_text[HEADERS_TEXT_SIZE], why[MATCH_WHY_SIZE] = "matches";
	auto_free char *text = NULL;

	tap_fail("%s: the program says rule %d, %u, reason %u; user space rule %zu, reason %u",
	         headers_text(&packet->headers, packet_text), d->rule + 1, d->verdict, d->reason,
	         decided == policy->n_rules ? 0 : decided + 1, packet->headers.reason);
	for (size_t i = 0; i < policy->n_rules; i++) {
		free(text);
		text = rule_print(&policy->rules[i], policy);
		tap_say("%zu  %.300s: %s", i + 1, text,
		        match_rule(policy, &policy->rules[i], packet, why) ? "matches" : why);
	}
}

/* The verdict and the reason that go with the rule that decided. */
static bool is_consistent(const struct policy *policy, const struct match_packet *packet,
                          size_t decided, const struct pc_decision *d)
{
	enum pc_reason headers = packet->headers.reason;
	bool drops = d->verdict == PC_VERDICT_DROP;

	if (decided == policy->n_rules)
		return drops == policy->drops[packet->direction] &&
		       d->reason == (drops && headers == PC_R_PASS ? PC_R_DEFAULT : headers);
	switch (policy->rules[decided].action) {
	case PC_ACTION_DROP:
		return drops && d->reason == PC_R_RULE;
	case PC_ACTION_LIMIT: /* nothing has used it up */
		return !drops && d->reason == headers;
	default:
		return !drops && d->reason == headers;
	}
}

static bool try_frame(struct explain *e, const struct policy *policy, enum stand_door door,
                      const struct frame *f)
{
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = f->bytes, .data_size_in = f->len);
	struct match_packet packet;
	struct pc_decision d;
	__u32 key = 0;
	size_t decided, said;

	if (bpf_prog_test_run_opts(e->twins[door], &run)) {
		e->refused++;
		return errno == EINVAL;
	}
	if (bpf_map_lookup_elem(e->decisions[door], &key, &d))
		return false;
	evaluate(e, door, f, &packet);
	decided = match_policy(policy, &packet);
	said = d.rule < 0 ? policy->n_rules : (size_t)d.rule;
	e->asked++;
	e->by_rule += d.rule >= 0;
	e->limited += d.rule >= 0 && policy->rules[decided].action == PC_ACTION_LIMIT;
	e->malformed += packet.headers.reason != PC_R_PASS;
	if (said == decided && is_consistent(policy, &packet, decided, &d))
		return true;
	show(policy, &packet, decided, &d);
	return false;
}

static bool try_policy(struct explain *e, struct policy *policy)
{
	static struct frame f;

	if (stand_apply(&e->stand, policy)) {
		tap_fail("applying it");
		return false;
	}
	for (int i = 0; i < FRAMES; i++) {
		for (enum stand_door door = 0; door < DOORS; door++) {
			random_frame(&e->chance, policy, &e->host,
			             door == DOOR_OUT ? PC_OUT : PC_IN, &f);
			if (!try_frame(e, policy, door, &f))
				return false;
		}
	}
	return true;
}

/* Counters, sizes, rules' cells, buckets of the interface that no packets of others pass: all are
 * as they were when their maps were made. */
static void test_untouched(const struct explain *e)
{
	static struct cpu_counts sum;
	auto_free struct counters *counters = NULL;
	struct pc_page *buckets = pages_map(e->stand.pages[SIDE_TC], PC_PAGE_BUCKETS);

	tap_test("nothing has moved");
	if (!buckets || counters_read(&e->stand.pins[SIDE_TC], &counters)) {
		tap_fail("reading the counters");
		return;
	}
	counters_sum(counters, &sum);
	for (size_t i = 0; i < sizeof(sum) / sizeof(uint64_t); i++)
		tap_check_int(((const uint64_t *)&sum)[i], 0);
	for (unsigned cell = 0; cell < PC_MAX_CELLS; cell++)
		tap_check_int(stand_cell(&e->stand, SIDE_TC, cell).packets, 0);
	for (size_t i = 0; i < PC_PAGE_SIZE; i++)
		tap_check_int(buckets->bytes[i], 0);
	pages_unmap(buckets);
}

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

int main(void)
{
	static const size_t most[] = { 1, 4, 16, MOST_RULES };
	static struct explain e;
	unsigned policies = number("MODEL_POLICIES", POLICIES);
	int r;

	if (geteuid())
		return tap_skip_all("it takes root to load programs");
	e.chance.state = number("MODEL_SEED", time(NULL));
	tap_test("the twins load");
	tap_say("MODEL_SEED=%" PRIu64, e.chance.state);
	r = stand_open(&e.stand);
	if (!r)
		r = sockets_open(&e.sockets);
	if (!r)
		r = open_twins(&e);
	if (r) {
		tap_fail("%s", strerror(-r));
		return tap_done();
	}
	e.host = (struct host){ e.sockets.connections, e.sockets.count };
	tap_test("they say what the evaluation in user space says");
	for (unsigned i = 0; i < policies && !tap.failed; i++) {
		uint64_t seed = e.chance.state;
		struct policy policy;

		random_policy(&e.chance, one_of(&e.chance, most), &policy);
		if (!try_policy(&e, &policy))
			tap_say("MODEL_SEED=%" PRIu64 " MODEL_POLICIES=1", seed);
		policy_free(&policy);
	}
	tap_say("%" PRIu64 " asked, %" PRIu64 " decided by a rule, %" PRIu64 " limited, %" PRIu64
	        " malformed, %" PRIu64 " not taken",
	        e.asked, e.by_rule, e.limited, e.malformed, e.refused);
	tap_check(e.by_rule > e.asked / 4 || policies < POLICIES);
	tap_check(e.refused < e.asked / 4);
	test_untouched(&e);
	return tap_done();
}
