/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel memory that one guarded interface takes: its maps and programs, by the kernel's own
 * account. libxdp's dispatcher, which others share, is not in it. */
#include <string.h>

#include <bpf/bpf.h>

#include "lib/kern/commit.h"
#include "lib/kern/counters.h"
#include "lib/kern/object.h"
#include "lib/rules/policy.h"
#include "tests/bench/bench.h"
#include "tests/model/ruleset.h"

struct memory {
	double fixed, per_cpu; /* bytes */
};

/* What a map holds for each CPU. The baseline of a reset is a plain array with an entry for each.
 */
static double bytes_per_cpu(const struct bpf_map_info *info)
{
	if (!strcmp(info->name, PC_MAP_BASELINE))
		return info->value_size;
	if (info->type == BPF_MAP_TYPE_PERCPU_ARRAY || info->type == BPF_MAP_TYPE_PERCPU_HASH ||
	    info->type == BPF_MAP_TYPE_LRU_PERCPU_HASH)
		return (double)info->max_entries * ((info->value_size + 7) & ~7u);
	return 0;
}

static void add(const char *name, struct memory one, struct memory *sum)
{
	printf("    %-24s%12.0f%14.0f\n", name, one.fixed, one.per_cpu);
	sum->fixed += one.fixed;
	sum->per_cpu += one.per_cpu;
}

static int add_map(const struct pins *pins, const char *name, struct memory *sum)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);
	char path[PATH_MAX];
	auto_close int fd = bpf_obj_get(pins_path(pins, name, path));
	struct memory one;
	double total = 0;
	int r;

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
		return fail(errno, "%s", path);
	r = bench_memlock(fd, &total);
	if (r)
		return r;
	one.per_cpu = bytes_per_cpu(&info);
	one.fixed = total - one.per_cpu * counters_cpus();
	add(name, one, sum);
	return 0;
}

static int add_maps(const struct pins *pins, struct memory *sum)
{
	auto_closedir DIR *dir = opendir(pins->path);
	struct dirent *entry;
	int r = 0;

	if (!dir)
		return fail(errno, "%s", pins->path);
	while (!r && (entry = readdir(dir))) {
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, PC_MAP_BASELINE))
			r = add_map(pins, entry->d_name, sum);
	}
	return r;
}

/* The instructions the kernel keeps and the machine code made of them. */
static int add_program(int fd, struct memory *sum)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);
	double kept = 0;
	int r;

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return fail(errno, "program");
	r = bench_memlock(fd, &kept);
	if (!r)
		add(info.name, (struct memory){ .fixed = kept + info.jited_prog_len }, sum);
	return r;
}

static int load(const struct pins *pins, int ret_fds[static PC_HOOK_COUNT])
{
	const struct pc_plan plan = { .xdp_mode = PC_XDP_SKB, .tc_backend = PC_TC_CLSACT };
	auto_object struct object object = { .pins = pins, .plan = &plan };
	int r = object_attach_xdp(&object, BENCH_LO, &ret_fds[PC_HOOK_XDP]);

	for (enum pc_hook hook = PC_HOOK_TC_INGRESS; !r && hook < PC_HOOK_COUNT; hook++)
		r = object_load(&object, hook, &ret_fds[hook]);
	return r;
}

static int report(const struct pins *pins, const int fds[static PC_HOOK_COUNT])
{
	auto_free struct counters *counters = NULL;
	struct memory sum = { 0 }, reset = { 0 };
	int r = 0;

	printf("kernel memory of one interface, bytes\n\n    %-24s%12s%14s\n", "", "",
	       "and each CPU");
	r = add_maps(pins, &sum);
	for (int i = 0; !r && i < PC_HOOK_COUNT; i++)
		r = add_program(fds[i], &sum);
	if (!r) {
		printf("    %-24s%12.0f%14.0f\n\n", "all", sum.fixed, sum.per_cpu);
		r = counters_reset(pins, &counters);
	}
	if (!r)
		r = add_map(pins, PC_MAP_BASELINE, &reset);
	if (r)
		return r;
	printf("    (only once counters have been reset)\n");
	r = bench_figure("memory", sum.fixed / 1024, sum.fixed / 1024, sum.fixed / 1024, "");
	if (!r)
		r = bench_figure("memory-cpu", sum.per_cpu / 1024, sum.per_cpu / 1024,
		                 sum.per_cpu / 1024, "");
	return r;
}

/* ---- policies ---------------------------------------------------------------------------------*/

/* What the pages of an interface's policies are charged for. */
static int read_pages(const struct pins *pins, double *ret_bytes)
{
	auto_close int pages = pins_open_map(pins, PC_MAP_PAGES);
	__u32 key, id, *last = NULL;
	int r = pages < 0 ? pages : 0;

	*ret_bytes = 0;
	for (; !r && !bpf_map_get_next_key(pages, last, &key); last = &key) {
		auto_close int page = -1;
		double one = 0;

		if (bpf_map_lookup_elem(pages, &key, &id))
			continue;
		page = bpf_map_get_fd_by_id(id);
		r = page < 0 ? fail(errno, "page %u", key) : bench_memlock(page, &one);
		*ret_bytes += one;
	}
	return r;
}

static int apply(const struct pins *pins, size_t count)
{
	auto_free struct ruleset_rule *rules = ruleset_make(RULESET_ACL, count);
	auto_policy struct policy policy = { 0 };
	int r = rules ? ruleset_policy(rules, count, &policy) : -ENOMEM;

	return r ? fail(r, "rules") : commit_apply(pins, &policy, 0, NULL);
}

static int report_policies(const struct pins *pins)
{
	static const size_t counts[] = { 1, 100, 1000, 10000 };
	double bytes = 0, each = 0;
	int r = 0;

	printf("\nkernel memory of a policy, bytes\n\n    %-24s%12s%14s\n", "", "", "each rule");
	for (size_t i = 0; !r && i < sizeof(counts) / sizeof(*counts); i++) {
		r = apply(pins, counts[i]);
		if (!r)
			r = read_pages(pins, &bytes);
		each = bytes / counts[i];
		printf("    %6zu rules            %12.0f%14.0f\n", counts[i], bytes, each);
	}
	return r ? r : bench_figure("memory-rule", each, each, each, "");
}

int main(void)
{
	int fds[PC_HOOK_COUNT];
	struct pins pins;
	int r = bench_isolate();

	if (!r)
		r = bench_pins("memory", &pins);
	if (!r)
		r = load(&pins, fds);
	if (!r)
		r = report(&pins, fds);
	if (!r)
		r = report_policies(&pins);
	return err_exit_status(r);
}
