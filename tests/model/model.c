/* SPDX-License-Identifier: GPL-2.0-only */
/* The loaded programs against the reference: policies nobody thought of and large ones as operators
 * have them, and packets that they speak of. Verdict, the rule that decided and those that counted
 * have to be the same.
 *
 * MODEL_SEED      the policies and packets of another run, which says its seed
 * MODEL_POLICIES  how many random policies (400) */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/rules/policy.h"
#include "lib/rules/print.h"
#include "tests/model/feed.h"
#include "tests/model/policies.h"
#include "tests/model/ruleset.h"
#include "tests/model/sockets.h"
#include "tests/model/stand.h"
#include "tests/model/sweep.h"
#include "tests/tap.h"

#define POLICIES   400
#define PER_TEST   50   /* policies */
#define FRAMES     2500 /* packets for each of them */
#define MOST_RULES 100
#define RECENT     16  /* packets that may come again */
#define LOOK_AT    64  /* rules that are looked at after each packet */
#define DUMPED     256 /* bytes of a packet, and lines of a policy, that are shown */

struct model {
	struct stand stand;
	struct sockets sockets;
	struct host host;
	struct chance chance;
	struct policy policy; /* in force */
	struct pc_counter want[SIDES][PC_MAX_CELLS];
	uint32_t let_pass[SIDES][PC_MAX_CELLS]; /* by the rule that limits and has this cell */
	bool has_cell[PC_MAX_CELLS];            /* some rule of the policy in force */
	uint64_t cases, decided, dropped, counted, unsure;
};

/* One packet at one door, and what the reference says of it. */
struct trial {
	enum stand_door door;
	const struct frame *frame;
	struct facts facts;
	int rule;
	bool drops, unsure;
	uint16_t counts[PC_MAX_RULES];
	size_t n_counts;
};

/* --- what has to come out */

static void foresee(struct model *m, struct trial *t)
{
	bool tagged = t->door != DOOR_XDP && t->frame->tag != UNKNOWN;
	const struct passing way = {
		.bytes = t->frame->bytes,
		.len = t->frame->len,
		.size = t->frame->len + (tagged ? 4 : 0),
		.tag = tagged ? t->frame->tag : UNKNOWN,
		.way = t->door == DOOR_OUT ? PC_OUT : PC_IN,
	};

	reference_read(&m->host, &way, &t->facts);
	t->rule = reference_decide(&m->policy, &t->facts, t->counts, &t->n_counts);
}

static void expect_match(struct model *m, const struct trial *t, size_t rule)
{
	struct pc_counter *want = &m->want[stand_side(t->door)][m->policy.rules[rule].cell];

	want->packets++;
	want->bytes += t->facts.size;
}

/* Buckets fill by one packet an hour. Those of sources are shared by several: there is no telling.
 */
static void expect_limit(struct model *m, struct trial *t, const struct rule *r)
{
	uint32_t *let_pass = &m->let_pass[stand_side(t->door)][r->cell];

	t->unsure = r->per_src;
	t->drops = *let_pass >= r->burst;
	*let_pass += !t->drops;
}

static void expect(struct model *m, struct trial *t)
{
	const struct rule *r = t->rule < 0 ? NULL : &m->policy.rules[t->rule];

	for (size_t i = 0; i < t->n_counts; i++)
		expect_match(m, t, t->counts[i]);
	t->unsure = false;
	t->drops = r ? r->action == PC_ACTION_DROP : m->policy.drops[t->facts.way];
	if (r)
		expect_match(m, t, t->rule);
	if (r && r->action == PC_ACTION_LIMIT)
		expect_limit(m, t, r);
	m->cases++;
	m->decided += r != NULL;
	m->dropped += t->drops;
	m->counted += t->n_counts;
	m->unsure += t->unsure;
}

/* --- what did */

static bool cell_is_right(const struct model *m, enum stand_side side, size_t rule)
{
	unsigned cell = m->policy.rules[rule].cell;
	struct pc_counter got = stand_cell(&m->stand, side, cell), want = m->want[side][cell];

	return got.packets == want.packets && got.bytes == want.bytes;
}

static bool all_are_right(const struct model *m, enum stand_side side)
{
	for (size_t i = 0; i < m->policy.n_rules; i++) {
		if (!cell_is_right(m, side, i))
			return false;
	}
	return true;
}

/* Of a large policy only those that should have moved. */
static bool cells_are_right(const struct model *m, const struct trial *t)
{
	enum stand_side side = stand_side(t->door);

	if (m->policy.n_rules <= LOOK_AT)
		return all_are_right(m, side);
	for (size_t i = 0; i < t->n_counts; i++) {
		if (!cell_is_right(m, side, t->counts[i]))
			return false;
	}
	return t->rule < 0 || cell_is_right(m, side, t->rule);
}

/* From here on, the counters are right as they are. */
static void believe(struct model *m)
{
	for (enum stand_side side = 0; side < SIDES; side++) {
		for (size_t i = 0; i < m->policy.n_rules; i++) {
			unsigned cell = m->policy.rules[i].cell;

			m->want[side][cell] = stand_cell(&m->stand, side, cell);
		}
	}
}

static bool try(struct model *m, struct trial *t, bool *ret_drops)
{
	int r;

	foresee(m, t);
	expect(m, t);
	r = stand_send(&m->stand, t->door, t->frame, ret_drops);
	if (r) {
		tap_fail("%s: test run: %s", stand_doors[t->door], strerror(-r));
		return false;
	}
	return (t->unsure || *ret_drops == t->drops) && cells_are_right(m, t);
}

/* --- policies */

/* Rules that are new start with what user space made of their cells: nothing. */
static int apply(struct model *m, struct policy *policy)
{
	static bool had_cell[PC_MAX_CELLS];
	int r = stand_apply(&m->stand, policy);

	policy_free(&m->policy);
	m->policy = *policy;
	*policy = (struct policy){ 0 };
	if (r)
		return r;
	memcpy(had_cell, m->has_cell, sizeof(had_cell));
	memset(m->has_cell, 0, sizeof(m->has_cell));
	for (size_t i = 0; i < m->policy.n_rules; i++) {
		unsigned cell = m->policy.rules[i].cell;

		m->has_cell[cell] = true;
		for (int side = 0; side < SIDES && !had_cell[cell]; side++) {
			m->want[side][cell] = (struct pc_counter){ 0 };
			m->let_pass[side][cell] = 0;
		}
	}
	return 0;
}

/* --- when they differ */

static void show_policy(const struct policy *policy)
{
	char *text = policy_print(policy), *rest = text, *line;

	for (int i = 0; text && i < DUMPED && (line = strsep(&rest, "\n")); i++)
		tap_say("    %.1000s", line);
	free(text);
}

static void show_cells(const struct model *m, const struct trial *t)
{
	enum stand_side side = stand_side(t->door);

	for (size_t i = 0, shown = 0; i < m->policy.n_rules && shown < 8; i++) {
		unsigned cell = m->policy.rules[i].cell;
		struct pc_counter got = stand_cell(&m->stand, side, cell);

		if (cell_is_right(m, side, i))
			continue;
		tap_say("rule %zu counted %" PRIu64 " packets of %" PRIu64 " bytes, not %" PRIu64
		        " of %" PRIu64,
		        i + 1, (uint64_t)got.packets, (uint64_t)got.bytes,
		        (uint64_t)m->want[side][cell].packets, (uint64_t)m->want[side][cell].bytes);
		shown++;
	}
}

static void show(const struct model *m, const struct trial *t, bool drops)
{
	tap_fail("%s: %s, should be %s by %s %d; %zu rules count", stand_doors[t->door],
	         drops ? "dropped" : "passed", t->drops ? "dropped" : "passed",
	         t->rule < 0 ? "default" : "rule", t->rule + 1, t->n_counts);
	show_cells(m, t);
	tap_say("packet of %zu bytes, tag beside it %d:", t->frame->len, t->frame->tag);
	for (size_t i = 0; i < t->frame->len && i < DUMPED; i += 32) {
		char line[3 * 32 + 1];
		int n = 0;

		for (size_t k = i; k < i + 32 && k < t->frame->len; k++)
			n += sprintf(line + n, "%02x", t->frame->bytes[k]);
		tap_say("    %s", line);
	}
	show_policy(&m->policy);
}

/* Drops rules for as long as it goes wrong without them: half of them at a time, then a quarter. */
static void shrink(struct model *m, struct trial *t)
{
	bool drops;

	for (size_t step = (m->policy.n_rules + 1) / 2; step; step /= 2) {
		for (size_t at = 0; at < m->policy.n_rules;) {
			struct policy whole = { 0 }, part = { 0 };

			if (policy_copy(&m->policy, &whole) || policy_copy(&m->policy, &part))
				return;
			for (size_t i = 0; i < step && at < part.n_rules; i++)
				policy_delete(&part, at);
			if (!apply(m, &part) && (believe(m), !try(m, t, &drops))) {
				policy_free(&whole);
				continue;
			}
			apply(m, &whole);
			at += step;
		}
	}
	believe(m);
	try(m, t, &drops);
	show(m, t, drops);
}

static bool try_frame(struct model *m, enum stand_door door, const struct frame *f)
{
	static struct trial t;
	bool drops = false;

	t.door = door;
	t.frame = f;
	if (try(m, &t, &drops))
		return true;
	show(m, &t, drops);
	if (m->policy.n_rules) {
		tap_say("the same with fewer rules:");
		shrink(m, &t);
	}
	return false;
}

/* --- tests */

/* At times one that was there before, or almost: what is remembered of a flow must not be taken for
 * more than it is. */
static struct frame *next_frame(struct model *m, enum pc_direction way, struct frame *recent)
{
	struct frame *f = &recent[below(&m->chance, RECENT)];

	if (!f->len || percent(&m->chance, 70))
		random_frame(&m->chance, &m->policy, &m->host, way, f);
	else if (percent(&m->chance, 50))
		spoil_frame(&m->chance, f);
	return f;
}

static bool try_frames(struct model *m, size_t count)
{
	static struct frame in[RECENT], out[RECENT];

	for (size_t i = 0; i < count; i++) {
		const struct frame *f = next_frame(m, PC_IN, in);

		if (!try_frame(m, DOOR_XDP, f) || !try_frame(m, DOOR_IN, f) ||
		    !try_frame(m, DOOR_OUT, next_frame(m, PC_OUT, out)))
			return false;
	}
	for (enum stand_side side = 0; side < SIDES; side++) {
		if (!all_are_right(m, side)) {
			tap_fail("a rule that nothing spoke of has counted");
			return false;
		}
	}
	return true;
}

static bool try_policy(struct model *m, struct policy *policy, size_t frames)
{
	int r = apply(m, policy);

	if (r) {
		tap_fail("applying it: %s", strerror(-r));
		show_policy(&m->policy);
		return false;
	}
	return try_frames(m, frames);
}

static void test_random(struct model *m, unsigned policies)
{
	static const size_t most[] = { 1, 2, 4, 8, 16, 32, MOST_RULES };

	for (unsigned i = 0; i < policies; i += PER_TEST) {
		tap_test("random policies %u to %u", i + 1, i + PER_TEST);
		for (unsigned k = i; k < i + PER_TEST && !tap.failed; k++) {
			uint64_t seed = m->chance.state;
			struct policy policy;

			random_policy(&m->chance, one_of(&m->chance, most), &policy);
			if (!try_policy(m, &policy, FRAMES))
				tap_say("MODEL_SEED=%" PRIu64 " MODEL_POLICIES=1", seed);
		}
	}
}

static void test_ruleset(struct model *m, enum ruleset_kind kind, size_t count)
{
	struct ruleset_rule *rules = ruleset_make(kind, count);
	struct policy policy = { 0 };

	tap_test("%zu %s rules", count, ruleset_names[kind]);
	if (!rules || ruleset_policy(rules, count, &policy))
		tap_fail("no memory");
	else
		try_policy(m, &policy, count > 2000 ? FRAMES : 2 * FRAMES);
	free(rules);
}

static void test_set(struct model *m, size_t count)
{
	struct prefix *prefixes = feed_make(&m->chance, count, true);
	struct policy policy;

	tap_test("a set of %zu prefixes", count);
	if (!prefixes || feed_policy(prefixes, count, &policy)) {
		tap_fail("no memory");
		return;
	}
	reference_prepare(&policy);
	try_policy(m, &policy, 20 * FRAMES);
}

/* In an order in which neighbours in memory, if there are any, are far apart. */
static void test_sweep(struct model *m, const struct sweep *s)
{
	static struct frame f;
	struct policy policy;
	int r = sweep_policy(s, &policy);

	tap_test("65536 packets that differ in %s", s->name);
	if (!r)
		r = apply(m, &policy);
	if (r) {
		tap_fail("%s", strerror(-r));
		return;
	}
	for (unsigned i = 0; i < 65536; i++) {
		sweep_frame(s, i % 4 ? 17 : 6, i * 40503, &f);
		if (!try_frame(m, DOOR_XDP, &f) || !try_frame(m, DOOR_IN, &f) ||
		    !try_frame(m, DOOR_OUT, &f))
			return;
		sweep_frame(s, i % 4 ? 6 : 17, i * 40503, &f);
		if (!try_frame(m, DOOR_XDP, &f))
			return;
	}
}

/* Whether chance was kind: what can happen did, many times. */
static void test_variety(const struct model *m)
{
	tap_test("rules decided, dropped and counted often enough");
	tap_say("%" PRIu64 " cases, %" PRIu64 " decided by a rule, %" PRIu64 " dropped, %" PRIu64
	        " counts, %" PRIu64 " that a bucket of a source decided",
	        m->cases, m->decided, m->dropped, m->counted, m->unsure);
	tap_check(m->decided > m->cases / 4);
	tap_check(m->dropped > m->cases / 10);
	tap_check(m->counted > m->cases / 20);
	tap_check(m->unsure < m->cases / 10);
}

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

int main(void)
{
	static const size_t sizes[] = { 1, 10, 100, 1000, 10000, PC_MAX_RULES };
	static struct model m;
	unsigned policies = number("MODEL_POLICIES", POLICIES);
	int r;

	m.chance.state = number("MODEL_SEED", time(NULL));
	if (geteuid())
		return tap_skip_all("it takes root to load programs");
	tap_test("the programs load");
	tap_say("MODEL_SEED=%" PRIu64, m.chance.state);
	r = stand_open(&m.stand);
	if (!r)
		r = sockets_open(&m.sockets);
	if (r) {
		tap_fail("%s", strerror(-r));
		return tap_done();
	}
	m.host = (struct host){ m.sockets.connections, m.sockets.count };
	test_random(&m, policies);
	if (policies > 1)
		test_variety(&m);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes) && policies > 1; i++) {
		for (enum ruleset_kind kind = 0; kind < RULESET_KINDS; kind++)
			test_ruleset(&m, kind, sizes[i]);
	}
	for (size_t i = 0; i < SWEEPS && policies > 1; i++)
		test_sweep(&m, &sweeps[i]);
	if (policies > 1) {
		test_set(&m, 10000);
		test_set(&m, 1000000);
	}
	policy_free(&m.policy);
	return tap_done();
}
