/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel memory that one guarded interface takes: its maps and programs, by the kernel's own
 * account. libxdp's dispatcher, which others share, is not in it. */
#include <string.h>

#include <bpf/bpf.h>

#include "lib/kern/counters.h"
#include "lib/kern/object.h"
#include "tests/bench/bench.h"

struct memory {
	double fixed, per_cpu; /* bytes */
};

/* fdinfo says what the kernel charged. */
static int read_memlock(int fd, double *ret_bytes)
{
	char path[64], line[128];
	auto_fclose FILE *file = NULL;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	if (!file)
		return fail(errno, "%s", path);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "memlock: %lf", ret_bytes) == 1)
			return 0;
	}
	return fail_because(ENOENT, "%s: no memlock", path);
}

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
	r = read_memlock(fd, &total);
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
	r = read_memlock(fd, &kept);
	if (!r)
		add(info.name, (struct memory){ .fixed = kept + info.jited_prog_len }, sum);
	return r;
}

static int load(const struct pins *pins, int ret_fds[static PC_HOOK_COUNT])
{
	const struct pc_plan plan = { .xdp_mode = PC_XDP_SKB };
	int r = object_attach_xdp(pins, BENCH_LO, &plan, &ret_fds[PC_HOOK_XDP]);

	for (enum pc_hook hook = PC_HOOK_TC_INGRESS; !r && hook < PC_HOOK_COUNT; hook++)
		r = object_load_tc(pins, hook, &ret_fds[hook]);
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
	return err_exit_status(r);
}
