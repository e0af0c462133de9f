/* SPDX-License-Identifier: GPL-2.0-only */
/* Sends packets over an interface as fast as they are taken at the other end of it, and says how
 * many a second that was.
 *
 * usage: flood OUT IN KIND RULES FLOWS [SECONDS | -PACKETS [PORT]]
 *
 * OUT and IN are the ends of a veth pair, both in this network namespace; KIND and RULES name the
 * ruleset that the packets are for (rules prints it). One flow is the one that the last rule speaks
 * of; more are of all rules. With -PACKETS that many are sent; PORT is another destination port. */
#include <linux/if_link.h>
#include <net/if.h>
#include <sys/resource.h>
#include <time.h>

#include <bpf/bpf.h>

#include "tests/bench/trace.h"

#include "tests/bench/bench.h"
#include "tests/bench/flood.skel.h" /* wants the types of the trace */

struct flood {
	struct tests_bench_flood *skel;
	__u8 frame[HEADER_FRAME_MAX];
	const char *in;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int read_received(const char *ifname, unsigned long long *ret_packets)
{
	auto_fclose FILE *file = fopen("/proc/net/dev", "re");
	char line[512], name[IF_NAMESIZE];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, " %15[^:]: %*u %llu", name, ret_packets) == 2 &&
		    !strcmp(name, ifname))
			return 0;
	}
	return fail_because(ENODEV, "/proc/net/dev: no %s", ifname);
}

static int send_packets(struct flood *f, unsigned count)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->frame, .data_size_in = TRACE_FRAME,
	            .repeat = count, .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = 64);

	if (bpf_prog_test_run_opts(bpf_program__fd(f->skel->progs.flood), &opts))
		return fail(errno, "sending");
	return 0;
}

/* In calls of some hundredths of a second. */
static int send_for(struct flood *f, double seconds, double *ret_rate)
{
	unsigned long long before = 0, after = 0;
	double start, end, took;
	unsigned count = 256;
	int r = read_received(f->in, &before);

	for (start = end = now(); !r && end < start + seconds; end += took) {
		r = send_packets(f, count);
		took = now() - end;
		if (took < 0.02 && count < 1 << 20)
			count *= 2;
		else if (took > 0.1 && count > 256)
			count /= 2;
	}
	if (!r)
		r = read_received(f->in, &after);
	if (!r)
		*ret_rate = (after - before) / (end - start);
	return r;
}

static int fill_trace(struct flood *f, enum ruleset_kind kind, size_t rules, size_t flows,
                      unsigned port)
{
	auto_free struct ruleset_rule *set = ruleset_make(kind, rules);
	struct header last = ruleset_last_header(kind);
	struct chance c = { .state = 1 };

	if (!set)
		return fail(ENOMEM, "rules");
	if (!flows || flows > FLOOD_FLOWS || flows & (flows - 1) || last.family != 4)
		return fail_because(ERR_USAGE, "flows are a power of two, and of IPv4");
	last.dport = port ? port : last.dport;
	trace_frame(&last, f->frame);
	for (size_t i = 0; i < flows; i++) {
		struct header h = flows == 1 ? last : ruleset_header(&c, set, rules);

		f->skel->bss->trace[i] = trace_flow(&h);
	}
	f->skel->bss->mask = flows - 1;
	return 0;
}

/* The kernel calls XDP programs through a dispatcher, and rewrites it for each test run of one that
 * is attached nowhere. */
static int put_on_lo(const struct flood *f)
{
	int r = bpf_xdp_attach(BENCH_LO, bpf_program__fd(f->skel->progs.flood), XDP_FLAGS_SKB_MODE,
	                       NULL);

	return r ? fail(r, "attaching to lo") : 0;
}

static int run(struct flood *f, int argc, char **argv)
{
	enum ruleset_kind kind = 0;
	double rate = 0, amount = argc > 6 ? strtod(argv[6], NULL) : 1;
	int r;

	f->in = argv[2];
	f->skel->bss->out = if_nametoindex(argv[1]);
	while (kind < RULESET_KINDS && strcmp(ruleset_names[kind], argv[3]))
		kind++;
	if (kind == RULESET_KINDS || !f->skel->bss->out)
		return fail_because(ERR_USAGE, "no such interface or ruleset");
	r = fill_trace(f, kind, strtoul(argv[4], NULL, 10), strtoul(argv[5], NULL, 10),
	               argc > 7 ? strtoul(argv[7], NULL, 10) : 0);
	if (!r)
		r = put_on_lo(f);
	if (!r)
		r = amount < 0 ? send_packets(f, -amount) : send_for(f, amount, &rate);
	bpf_xdp_detach(BENCH_LO, XDP_FLAGS_SKB_MODE, NULL);
	if (!r && amount > 0)
		printf("%.0f\n", rate);
	return r;
}

int main(int argc, char **argv)
{
	struct flood f = { 0 };
	int r;

	log_init(false);
	if (argc < 6)
		return err_exit_status(fail_because(
			ERR_USAGE, "OUT IN KIND RULES FLOWS [SECONDS | -PACKETS [PORT]]"));
	f.skel = tests_bench_flood__open_and_load();
	r = f.skel ? run(&f, argc, argv) : fail(errno, "loading");
	tests_bench_flood__destroy(f.skel);
	return err_exit_status(r);
}
