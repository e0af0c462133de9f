/* SPDX-License-Identifier: GPL-2.0-only */
/* What it costs to find the rule of a packet, in nanoseconds by BPF_PROG_TEST_RUN: policies of 1 to
 * 10,000 rules and sets of up to a million prefixes, over traces of 1, 1,024 and 65,536 different
 * headers; xdp-filter does not have rules, so the comparison is the kernel's own trie.
 *
 * A program that writes the next header of the trace into the packet hands over to the one that is
 * measured; what that costs by itself is measured with an empty one in the same turn. */
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <bpf/bpf.h>

#include "tests/bench/trace.h"

#include "abi/policy.h"
#include "lib/kern/commit.h"
#include "lib/kern/object.h"
#include "tests/bench/bench.h"
#include "tests/bench/empty.skel.h"
#include "tests/bench/flood.skel.h"
#include "tests/model/feed.h"
#include "tests/model/reference.h"

#define ROUNDS       15
#define QUICK_ROUNDS 3
#define REPEATS      300000
#define CHECKED      2000 /* headers of a trace, before its time is taken */

enum kind { EMPTY, RULES, SET, TRIE };

struct contestant {
	const char *name;
	enum kind kind;
	enum ruleset_kind rules;
	size_t count;
	bool tc;

	int fd;
	struct pins pins;
	struct policy policy;
	double ns[3][ROUNDS];
};

#define RULESET(text, type, n) .name = text, .kind = RULES, .rules = type, .count = n

static struct contestant contestants[] = {
	{ .name = "XDP, empty", .kind = EMPTY },
	{ RULESET("1 rule", RULESET_ACL, 1) },
	{ RULESET("10 rules", RULESET_ACL, 10) },
	{ RULESET("100 rules", RULESET_ACL, 100) },
	{ RULESET("1,000 rules", RULESET_ACL, 1000) },
	{ RULESET("10,000 rules", RULESET_ACL, 10000) },
	{ RULESET("10,000 fw rules", RULESET_FW, 10000) },
	{ .name = "set of 10,000", .kind = SET, .count = 10000 },
	{ .name = "set of 1,000,000", .kind = SET, .count = 1000000 },
	{ .name = "kernel's trie, 10,000", .kind = TRIE, .count = 10000 },
	{ .name = "kernel's trie, 1,000,000", .kind = TRIE, .count = 1000000 },
	{ .name = "TC, empty", .kind = EMPTY, .tc = true },
	{ RULESET("TC, 1 rule", RULESET_ACL, 1), .tc = true },
	{ RULESET("TC, 10,000 rules", RULESET_ACL, 10000), .tc = true },
};
#define CONTESTANTS ((int)(sizeof(contestants) / sizeof(*contestants)))

static const __u32 flows[] = { 1, 1024, FLOOD_FLOWS };

struct bench {
	struct tests_bench_flood *skel;
	struct tests_bench_empty *empty;
	__u8 frame[HEADER_FRAME_MAX];
	struct flow traces[2][FLOOD_FLOWS]; /* of rules; of sets */
	int rounds;
};

/* ---- the contestants
 * ---------------------------------------------------------------------------*/

static int make_policy(struct contestant *c)
{
	auto_free struct ruleset_rule *rules = NULL;
	struct chance chance = { .state = 3 };
	struct prefix *prefixes;

	if (c->kind == RULES) {
		rules = ruleset_make(c->rules, c->count);
		return rules ? ruleset_policy(rules, c->count, &c->policy) : -ENOMEM;
	}
	prefixes = feed_make(&chance, c->count, false);
	if (!prefixes || feed_policy(prefixes, c->count, &c->policy))
		return -ENOMEM;
	c->policy.rules[0].matches[0].side = SIDE_SRC; /* what the trie is asked */
	return 0;
}

static int load_ours(struct contestant *c)
{
	const struct pc_plan plan = { .xdp_mode = c->tc ? PC_XDP_NONE : PC_XDP_SKB,
		                      .tc_backend = c->tc ? PC_TC_CLSACT : PC_TC_NONE,
		                      .early_drop = !c->tc,
		                      .policies = 1 };
	auto_object struct object object = { .pins = &c->pins, .plan = &plan };
	char name[32];
	int r;

	snprintf(name, sizeof(name), "classify-%d", (int)(c - contestants));
	r = bench_pins(name, &c->pins);
	if (!r && c->tc)
		r = object_load(&object, PC_HOOK_TC_INGRESS, &c->fd);
	else if (!r)
		r = object_attach_xdp(&object, BENCH_LO, &c->fd);
	if (!r && !c->tc)
		r = bpf_xdp_detach(BENCH_LO, XDP_FLAGS_SKB_MODE, NULL);
	return r ? r : commit_apply(&c->pins, &c->policy, 0, NULL);
}

/* In a skeleton of its own, as its size is fixed when it is loaded. */
static int load_trie(struct contestant *c)
{
	struct tests_bench_flood *skel = tests_bench_flood__open();
	const struct set *set = c->policy.sets;
	int r = skel ? 0 : -errno;

	if (!r)
		r = bpf_map__set_max_entries(skel->maps.prefixes, c->count);
	if (!r)
		r = tests_bench_flood__load(skel);
	if (r)
		return fail(r, "the kernel's trie");
	for (size_t i = 0; !r && i < set->n_prefixes; i++) {
		struct lpm_key key = { .len = set->prefixes[i].len };
		__u32 value = 1;

		memcpy(&key.address, set->prefixes[i].addr, sizeof(key.address));
		r = bpf_map_update_elem(bpf_map__fd(skel->maps.prefixes), &key, &value, BPF_ANY);
	}
	c->fd = bpf_program__fd(skel->progs.lpm_xdp);
	return r ? fail(r, "the kernel's trie") : 0;
}

static int open_contestant(struct bench *b, struct contestant *c)
{
	int r = c->kind == EMPTY ? 0 : make_policy(c);

	if (r)
		return fail(r, "%s", c->name);
	if (c->kind == EMPTY)
		c->fd = bpf_program__fd(c->tc ? b->empty->progs.empty_tc
		                              : b->empty->progs.empty_xdp);
	else
		r = c->kind == TRIE ? load_trie(c) : load_ours(c);
	if (!r)
		reference_prepare(&c->policy);
	return r;
}

/* ---- traces
 * ------------------------------------------------------------------------------------*/

static struct flow set_flow(struct chance *c, const struct set *set)
{
	const struct prefix *p = &set->prefixes[below(c, set->n_prefixes)];
	struct ruleset_rule rule = { .src = *p,
		                     .dst.family = 4,
		                     .sport = { 0, 65535 },
		                     .dport = { 0, 65535 },
		                     .protocol = 17 };
	struct header h = ruleset_header(c, &rule, 1);

	return trace_flow(&h);
}

/* Of the largest ruleset and the largest set: for smaller ones many packets match nothing. */
static int make_traces(struct bench *b, const struct set *set)
{
	auto_free struct ruleset_rule *rules = ruleset_make(RULESET_ACL, 10000);
	struct header last = ruleset_last_header(RULESET_ACL), h;
	struct chance c = { .state = 5 };

	if (!rules)
		return fail(ENOMEM, "traces");
	trace_frame(&last, b->frame);
	for (size_t i = 0; i < FLOOD_FLOWS; i++) {
		h = i ? ruleset_header(&c, rules, 10000) : last;
		b->traces[0][i] = trace_flow(&h);
		b->traces[1][i] = set_flow(&c, set);
	}
	return 0;
}

static void use_trace(struct bench *b, const struct contestant *c, __u32 n_flows)
{
	memcpy(b->skel->bss->trace, b->traces[c->kind == SET || c->kind == TRIE],
	       n_flows * sizeof(struct flow));
	b->skel->bss->mask = n_flows - 1;
	b->skel->bss->next = 0;
}

/* ---- one run
 * -----------------------------------------------------------------------------------*/

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

/* With the trace in front. */
static int run(struct bench *b, const struct contestant *c, int repeats, double *ret_ns,
               int *ret_value)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = b->frame, .data_size_in = TRACE_FRAME,
	            .repeat = repeats);
	struct bpf_program *trace = c->tc ? b->skel->progs.trace_tc : b->skel->progs.trace_xdp;
	struct bpf_map *next = c->tc ? b->skel->maps.tc_program : b->skel->maps.xdp_program;
	__u32 key = 0;
	double start;
	int r = bpf_map_update_elem(bpf_map__fd(next), &key, &c->fd, BPF_ANY);

	if (r)
		return fail(r, "%s: handing over", c->name);
	start = now_ns();
	r = bpf_prog_test_run_opts(bpf_program__fd(trace), &opts);
	*ret_ns = (now_ns() - start) / repeats;
	*ret_value = opts.retval;
	return r ? fail(r, "%s", c->name) : 0;
}

/* ---- verdicts come first
 * -----------------------------------------------------------------------*/

static bool should_drop(const struct contestant *c, const struct flow *flow)
{
	static const struct host alone;
	static uint16_t counts[PC_MAX_RULES];
	__u8 bytes[TRACE_FRAME] = { [12] = 8, [14] = 0x45, [17] = TRACE_FRAME - 14 };
	const struct passing way = { .bytes = bytes,
		                     .len = sizeof(bytes),
		                     .size = sizeof(bytes),
		                     .tag = UNKNOWN,
		                     .way = PC_IN };
	struct facts facts;
	size_t n_counts;

	bytes[23] = flow->protocol;
	memcpy(bytes + 26, &flow->saddr, 4);
	memcpy(bytes + 30, &flow->daddr, 4);
	memcpy(bytes + 34, &flow->sport, 2);
	memcpy(bytes + 36, &flow->dport, 2);
	reference_read(&alone, &way, &facts);
	return reference_decide(&c->policy, &facts, counts, &n_counts) >= 0;
}

static int check(struct bench *b, const struct contestant *c)
{
	int drop = c->tc ? TC_ACT_SHOT : XDP_DROP, r = 0, got = 0;
	double ns;

	if (c->kind == EMPTY)
		return 0;
	use_trace(b, c, FLOOD_FLOWS);
	for (int i = 0; !r && i < CHECKED; i++) {
		r = run(b, c, 1, &ns, &got);
		if (!r && (got == drop) != should_drop(c, &b->skel->bss->trace[i]))
			r = fail_because(EBADMSG, "%s: wrong verdict for header %d: %d", c->name, i,
			                 got);
	}
	return r;
}

/* ---- rounds
 * ------------------------------------------------------------------------------------*/

static int take_turns(struct bench *b, int round)
{
	int order[CONTESTANTS] = { 0 }, r = 0, value;

	for (int i = 0; i < CONTESTANTS; i++) {
		int j = random() % (i + 1);

		order[i] = order[j];
		order[j] = i;
	}
	for (int i = 0; !r && i < CONTESTANTS; i++) {
		struct contestant *c = &contestants[order[i]];

		for (int k = 0; !r && k < 3; k++) {
			use_trace(b, c, flows[k]);
			r = run(b, c, REPEATS, &c->ns[k][round], &value);
		}
	}
	return r;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* ---- the report
 * --------------------------------------------------------------------------------*/

static struct contestant *named(const char *name)
{
	struct contestant *c = contestants;

	while (strcmp(c->name, name))
		c++;
	return c;
}

/* Over an empty program, round by round: what drifts, drifts for both. */
static void over_empty(const struct bench *b, const struct contestant *c, int k, double *ret_over)
{
	const struct contestant *empty = named(c->tc ? "TC, empty" : "XDP, empty");

	for (int i = 0; i < b->rounds; i++)
		ret_over[i] = c->ns[k][i] - empty->ns[k][i];
}

static double median_over(const struct bench *b, const struct contestant *c, int k)
{
	double over[ROUNDS] = { 0 };

	over_empty(b, c, k, over);
	qsort(over, b->rounds, sizeof(*over), compare);
	return over[b->rounds / 2];
}

/* The ratio of two contestants, with what the empty program takes in both or in neither. */
static int figure(const struct bench *b, const char *key, const char *name, const char *base, int k,
                  double empty)
{
	double over[ROUNDS] = { 0 }, base_over[ROUNDS] = { 0 }, ratio[ROUNDS] = { 0 };

	over_empty(b, named(name), k, over);
	over_empty(b, named(base), k, base_over);
	for (int i = 0; i < b->rounds; i++)
		ratio[i] = (over[i] + empty) / (base_over[i] + empty);
	qsort(ratio, b->rounds, sizeof(*ratio), compare);
	return bench_figure(key, ratio[b->rounds / 2], ratio[(b->rounds - 1) / 10],
	                    ratio[b->rounds - 1 - (b->rounds - 1) / 10], "");
}

static int report(const struct bench *b)
{
	const double empty = 6.5; /* ns: a ratio of whole programs has it twice */
	int r;

	printf("ns per packet over an empty program: medians of %d rounds of %d packets\n\n"
	       "    %-30s%10s%10s%10s headers\n",
	       b->rounds, REPEATS, "", "1", "1K", "64K");
	for (struct contestant *c = contestants; c < contestants + CONTESTANTS; c++) {
		if (c->kind != EMPTY)
			printf("    %-30s%10.1f%10.1f%10.1f\n", c->name, median_over(b, c, 0),
			       median_over(b, c, 1), median_over(b, c, 2));
	}
	r = figure(b, "rules-hot", "10,000 rules", "1 rule", 0, empty);
	if (!r)
		r = figure(b, "rules-64k", "10,000 rules", "100 rules", 2, empty);
	if (!r)
		r = figure(b, "set-trie", "set of 1,000,000", "kernel's trie, 1,000,000", 2, 0);
	return r;
}

/* ---- all of it
 * ---------------------------------------------------------------------------------*/

static int settle_on_cpu(void)
{
	cpu_set_t last;

	CPU_ZERO(&last);
	CPU_SET(sysconf(_SC_NPROCESSORS_ONLN) - 1, &last);
	if (sched_setaffinity(0, sizeof(last), &last) || setpriority(PRIO_PROCESS, 0, -20))
		return fail(errno, "CPU");
	return 0;
}

static int open_bench(struct bench *b)
{
	b->rounds = bench_is_quick() ? QUICK_ROUNDS : ROUNDS;
	b->skel = tests_bench_flood__open_and_load();
	b->empty = tests_bench_empty__open_and_load();
	if (!b->skel || !b->empty)
		return fail(errno, "loading");
	return settle_on_cpu();
}

int main(void)
{
	static struct bench b;
	int r = bench_isolate();

	if (!r)
		r = open_bench(&b);
	for (int i = 0; !r && i < CONTESTANTS; i++)
		r = open_contestant(&b, &contestants[i]);
	if (!r)
		r = make_traces(&b, named("set of 1,000,000")->policy.sets);
	/* The kernel rewrites its dispatcher for every XDP program that is attached nowhere. */
	if (!r)
		r = bpf_xdp_attach(BENCH_LO, bpf_program__fd(b.skel->progs.trace_xdp),
		                   XDP_FLAGS_SKB_MODE, NULL);
	for (int i = 0; !r && i < CONTESTANTS; i++)
		r = check(&b, &contestants[i]);
	for (int i = 0; !r && i < b.rounds; i++)
		r = take_turns(&b, i);
	if (!r)
		r = report(&b);
	return err_exit_status(r);
}
