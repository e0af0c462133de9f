/* SPDX-License-Identifier: GPL-2.0-only */
/* Nanoseconds per packet by BPF_PROG_TEST_RUN: our programs against an empty one of the same kind,
 * and against xdp-filter.
 *
 * The kernel's own figure is whole nanoseconds, so many repeats are timed by the wall clock. The
 * contestants take turns on each packet in random order, round by round, and a ratio to the empty
 * program is one of the same turn: what drifts, drifts for both. */
#include <glob.h>
#include <linux/if_link.h>
#include <sys/resource.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "abi/counting.h"
#include "lib/kern/counters.h"
#include "lib/kern/object.h"
#include "tests/bench/bench.h"
#include "tests/bench/empty.skel.h"
#include "tests/bench/packets.h"

#define ROUNDS       31
#define QUICK_ROUNDS 7
#define REPEATS      300000

enum family { XDP, TC, FAMILIES };

/* What the programs return; for TC that is TC_ACT_UNSPEC and TC_ACT_SHOT. */
static const struct family_row {
	const char *name;
	int pass, drop;
} families[] = {
	[XDP] = { "XDP", XDP_PASS, XDP_DROP },
	[TC] = { "TC", -1, 2 },
};

struct contestant {
	const char *name;
	const char *key; /* in the summary */
	int (*open)(struct contestant *c);
	const char *object; /* of xdp-filter's */
	enum family family;
	enum pc_hook hook; /* of ours */
	bool ours;
	bool enforces; /* drops what the built-in policy blocks */

	int fd; /* -1: not installed */
	struct pins pins;
	double ns[PACKETS][ROUNDS], ratio[PACKETS][ROUNDS];
};

static int open_empty(struct contestant *c);
static int open_xdp(struct contestant *c);
static int open_tc(struct contestant *c);
static int open_xdp_filter(struct contestant *c);

/* xdp-filter takes the same rule as our built-in policy. */
#define EMPTY(kind)       .family = kind, .name = "empty", .open = open_empty
#define OURS(kind, where) .family = kind, .ours = true, .hook = where
#define PEER(file)        .family = XDP, .object = file, .open = open_xdp_filter, .enforces = true

static struct contestant contestants[] = {
	{ EMPTY(XDP) },
	{ OURS(XDP, PC_HOOK_XDP), .name = "portcullis, counting", .key = "xdp-counting",
	  .open = open_xdp },
	{ OURS(XDP, PC_HOOK_XDP), .name = "portcullis, early drop", .key = "xdp-early-drop",
	  .open = open_xdp, .enforces = true },
	{ PEER("xdpfilt_alw_tcp.o"), .name = "xdp-filter, tcp", .key = "xdp-filter-tcp" },
	{ PEER("xdpfilt_alw_all.o"), .name = "xdp-filter, all", .key = "xdp-filter-all" },
	{ EMPTY(TC) },
	{ OURS(TC, PC_HOOK_TC_INGRESS), .name = "portcullis, ingress", .key = "tc-ingress",
	  .open = open_tc, .enforces = true },
	{ OURS(TC, PC_HOOK_TC_EGRESS), .name = "portcullis, egress", .key = "tc-egress",
	  .open = open_tc, .enforces = true },
};

#define CONTESTANTS ((int)(sizeof(contestants) / sizeof(*contestants)))

static struct packet packets[PACKETS];

/* ---- the contestants: loaded, ready to run ----------------------------------------------------*/

static int open_empty(struct contestant *c)
{
	struct tests_bench_empty *skel = tests_bench_empty__open_and_load();

	if (!skel)
		return fail(errno, "loading the empty programs");
	c->fd = bpf_program__fd(c->family == XDP ? skel->progs.empty_xdp : skel->progs.empty_tc);
	return 0;
}

/* As the loader does it, so that what is measured is what runs. */
static int open_xdp(struct contestant *c)
{
	const struct pc_plan plan = { .xdp_mode = PC_XDP_SKB, .early_drop = c->enforces };
	auto_object struct object object = { .pins = &c->pins, .plan = &plan };
	int r = bench_pins(c->key, &c->pins);

	if (!r)
		r = object_attach_xdp(&object, BENCH_LO, &c->fd);
	if (!r)
		r = bpf_xdp_detach(BENCH_LO, XDP_FLAGS_SKB_MODE, NULL);
	return r;
}

static int open_tc(struct contestant *c)
{
	const struct pc_plan plan = { .tc_backend = PC_TC_CLSACT };
	auto_object struct object object = { .pins = &c->pins, .plan = &plan };
	int r = bench_pins(c->key, &c->pins);

	return r ? r : object_load(&object, c->hook, &c->fd);
}

/* xdp-filter's map of ports: its flags for "TCP" and "destination port" (xdp-filter.h). */
static int block_port(int map_fd, __u16 port)
{
	auto_free __u64 *values = calloc(counters_cpus(), sizeof(*values));
	__u32 key = htons(port);

	if (!values)
		return fail(ENOMEM, "xdp-filter");
	for (unsigned cpu = 0; cpu < counters_cpus(); cpu++)
		values[cpu] = 1 << 1 | 1 << 2;
	return bpf_map_update_elem(map_fd, &key, values, BPF_ANY) ? fail(errno, "xdp-filter: port")
	                                                          : 0;
}

static int load_xdp_filter(struct contestant *c, const char *path)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_program *program;
	struct bpf_map *map;
	int ports;

	if (!object)
		return fail(errno, "%s", path);
	bpf_object__for_each_map(map, object) bpf_map__set_pin_path(map, NULL);
	program = bpf_object__next_program(object, NULL);
	bpf_program__set_type(program, BPF_PROG_TYPE_XDP);
	if (bpf_object__load(object))
		return fail(errno, "%s", path);
	ports = bpf_object__find_map_fd_by_name(object, "filter_ports");
	if (ports < 0)
		return fail(ENOENT, "%s: filter_ports", path);
	c->fd = bpf_program__fd(program);
	return block_port(ports, 80);
}

/* Where distributions put it: /usr/lib/MACHINE/bpf, /usr/lib64/bpf, /usr/lib/bpf. */
static int open_xdp_filter(struct contestant *c)
{
	char pattern[128];
	glob_t found;
	int r = 0;

	snprintf(pattern, sizeof(pattern), "/usr/lib*/{,*/}bpf/%s", c->object);
	c->fd = -1;
	if (!glob(pattern, GLOB_BRACE, NULL, &found))
		r = load_xdp_filter(c, found.gl_pathv[0]);
	globfree(&found);
	return r;
}

/* ---- one run ----------------------------------------------------------------------------------*/

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static bool drops(const struct contestant *c, const struct packet *p)
{
	return c->enforces && p->kind->blocked;
}

/* The kernel calls XDP programs through a dispatcher that it rewrites, and waits while it does, for
 * a program that is attached nowhere. So each is attached before its time is taken. */
static int put_on_lo(int fd)
{
	static int there = -1;
	int r = 0;

	if (fd != there)
		r = bpf_xdp_attach(BENCH_LO, fd, XDP_FLAGS_SKB_MODE, NULL);
	if (r)
		return fail(r, "attaching to lo");
	there = fd;
	return 0;
}

static int run(const struct contestant *c, const struct packet *p, int repeats, double *ret_ns)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p->bytes, .data_size_in = p->len,
	            .repeat = repeats);
	const struct family_row *family = &families[c->family];
	int want = drops(c, p) ? family->drop : family->pass;
	double start;
	int r = c->family == XDP ? put_on_lo(c->fd) : 0;

	if (r)
		return r;
	start = now_ns();
	r = bpf_prog_test_run_opts(c->fd, &opts);
	*ret_ns = (now_ns() - start) / repeats;
	if (r)
		return fail(r, "%s %s, %s", family->name, c->name, p->kind->name);
	if ((int)opts.retval != want)
		return fail_because(EBADMSG, "%s %s, %s: returned %d instead of %d", family->name,
		                    c->name, p->kind->name, (int)opts.retval, want);
	return 0;
}

/* ---- verdicts come first ----------------------------------------------------------------------*/

static int read_cell(const struct contestant *c, const struct packet *p,
                     struct pc_counter *ret_cell)
{
	auto_free struct counters *counters = NULL;
	auto_free struct cpu_counts *sum = calloc(1, sizeof(*sum));
	int r = sum ? counters_read(&c->pins, &counters) : fail(ENOMEM, "counters");

	if (r)
		return r;
	counters_sum(counters, sum);
	*ret_cell =
		*counts_cell(sum, c->hook, drops(c, p) ? PC_R_RULE : PC_R_PASS, p->kind->protocol,
	                     drops(c, p) ? PC_VERDICT_DROP : PC_VERDICT_PASS);
	return 0;
}

/* A program that is fast because it does not count would win otherwise. */
static int check(const struct contestant *c, const struct packet *p)
{
	struct pc_counter before = { 0 }, after = { 1, p->len };
	double ns;
	int r = c->ours ? read_cell(c, p, &before) : 0;

	if (!r)
		r = run(c, p, 1, &ns);
	if (!r && c->ours)
		r = read_cell(c, p, &after);
	if (r)
		return r;
	if (after.packets - before.packets != 1 || after.bytes - before.bytes != p->len)
		return fail_because(EBADMSG, "%s %s, %s: not counted as one packet of %u bytes",
		                    families[c->family].name, c->name, p->kind->name, p->len);
	return 0;
}

static int check_all(void)
{
	int r = 0;

	for (int i = 0; !r && i < CONTESTANTS; i++) {
		for (int k = 0; !r && k < PACKETS && contestants[i].fd >= 0; k++)
			r = check(&contestants[i], &packets[k]);
	}
	return r;
}

/* ---- rounds -----------------------------------------------------------------------------------*/

static void shuffle(int *order, int count)
{
	for (int i = 0; i < count; i++)
		order[i] = i;
	for (int i = count - 1; i > 0; i--) {
		int j = random() % (i + 1), one = order[i];

		order[i] = order[j];
		order[j] = one;
	}
}

/* All contestants of all families on one packet. */
static int take_turns(int k, int round)
{
	int order[CONTESTANTS], r = 0;
	double empty[FAMILIES] = { 0 };

	shuffle(order, CONTESTANTS);
	for (int i = 0; !r && i < CONTESTANTS; i++) {
		struct contestant *c = &contestants[order[i]];

		if (c->fd < 0)
			continue;
		r = run(c, &packets[k], REPEATS, &c->ns[k][round]);
		if (c->open == open_empty)
			empty[c->family] = c->ns[k][round];
	}
	for (int i = 0; !r && i < CONTESTANTS; i++) {
		struct contestant *c = &contestants[i];

		c->ratio[k][round] = c->ns[k][round] / empty[c->family];
	}
	return r;
}

static int run_rounds(int rounds)
{
	int order[PACKETS], r = 0;

	for (int round = 0; !r && round < rounds; round++) {
		shuffle(order, PACKETS);
		for (int k = 0; !r && k < PACKETS; k++)
			r = take_turns(order[k], round);
	}
	return r;
}

/* ---- the report -------------------------------------------------------------------------------*/

struct spread {
	double p10, median, p90;
};

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static struct spread spread_of(const double *values, int count)
{
	double sorted[ROUNDS];

	memcpy(sorted, values, count * sizeof(*values));
	qsort(sorted, count, sizeof(*sorted), compare);
	return (struct spread){
		.p10 = sorted[(count - 1) / 10],
		.median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2,
		.p90 = sorted[count - 1 - (count - 1) / 10],
	};
}

static void print_family(enum family family, int rounds)
{
	for (int k = 0; k < PACKETS; k++) {
		printf("\n  %-4s%-10s%24s%9s%9s  %s\n", families[family].name, packet_kinds[k].name,
		       "", "ns", "ratio", "p10-p90");
		for (int i = 0; i < CONTESTANTS; i++) {
			const struct contestant *c = &contestants[i];
			struct spread ratio = spread_of(c->ratio[k], rounds);

			if (c->family != family || c->fd < 0)
				continue;
			printf("    %-34s%9.1f%9.2f  %.2f-%.2f\n", c->name,
			       spread_of(c->ns[k], rounds).median, ratio.median, ratio.p10,
			       ratio.p90);
		}
	}
}

/* In the summary stands the IPv4 packet that is worst for the contestant. */
static int add_figure(const struct contestant *c, int rounds)
{
	struct spread worst = { 0 };
	const char *note = "";

	for (int k = 0; k < PACKETS; k++) {
		struct spread ratio = spread_of(c->ratio[k], rounds);

		if (packet_kinds[k].type != ETH_P_IP || packet_kinds[k].tagged ||
		    ratio.median <= worst.median)
			continue;
		worst = ratio;
		note = packet_kinds[k].name;
	}
	return bench_figure(c->key, worst.median, worst.p10, worst.p90, note);
}

static int report(int rounds)
{
	int r = 0;

	printf("ns per packet and ratio to the empty program: medians of %d rounds of %d packets\n",
	       rounds, REPEATS);
	for (enum family family = 0; family < FAMILIES; family++)
		print_family(family, rounds);
	for (int i = 0; !r && i < CONTESTANTS; i++) {
		const struct contestant *c = &contestants[i];

		if (c->fd < 0)
			printf("\n  %s: missing (package xdp-tools)\n", c->name);
		else if (c->key)
			r = add_figure(c, rounds);
	}
	return r;
}

/* The last CPU there is for us: interrupts prefer the first. */
static int settle_on_cpu(void)
{
	cpu_set_t set, last;

	CPU_ZERO(&last);
	if (sched_getaffinity(0, sizeof(set), &set))
		return fail(errno, "CPUs");
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &set))
			continue;
		CPU_ZERO(&last);
		CPU_SET(cpu, &last);
	}
	if (sched_setaffinity(0, sizeof(last), &last) || setpriority(PRIO_PROCESS, 0, -20))
		return fail(errno, "CPU");
	return 0;
}

int main(void)
{
	int rounds = bench_is_quick() ? QUICK_ROUNDS : ROUNDS;
	int r = bench_isolate();

	if (!r)
		r = settle_on_cpu();
	for (int i = 0; !r && i < CONTESTANTS; i++)
		r = contestants[i].open(&contestants[i]);
	for (int k = 0; k < PACKETS; k++)
		packet_build(&packet_kinds[k], &packets[k]);
	srandom(time(NULL));
	if (!r)
		r = check_all();
	if (!r)
		r = run_rounds(rounds);
	if (!r)
		r = report(rounds);
	return err_exit_status(r);
}
