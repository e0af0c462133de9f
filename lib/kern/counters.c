/* SPDX-License-Identifier: GPL-2.0-only */
/* The per-CPU maps read into plain structs, less what they stood at when they were last reset. */
#include "lib/kern/counters.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "abi/names.h"
#include "lib/base/cleanup.h"
#include "lib/base/err.h"

#define BATCH 64 /* entries asked for at once */

unsigned counters_cpus(void)
{
	int cpus = libbpf_num_possible_cpus();

	return cpus > 0 ? cpus : 1;
}

static size_t counters_size(unsigned cpus)
{
	return sizeof(struct counters) + cpus * sizeof(struct cpu_counts);
}

/* Reads all entries of a per-CPU array; entry i of CPU c lands at place + c * stride + i * size. */
static int read_map(int fd, __u32 entries, size_t size, void *place, size_t stride, unsigned cpus)
{
	auto_free char *values = malloc(BATCH * size * cpus);
	__u32 keys[BATCH], in = 0, out = 0, done = 0;

	if (!values)
		return -ENOMEM;
	while (done < entries) {
		__u32 count = entries - done < BATCH ? entries - done : BATCH;

		/* ENOENT says that these were the last. */
		if (bpf_map_lookup_batch(fd, done ? &in : NULL, &out, keys, values, &count, NULL) &&
		    errno != ENOENT)
			return -errno;
		for (__u32 i = 0; i < count; i++) {
			for (unsigned cpu = 0; cpu < cpus; cpu++)
				memcpy((char *)place + cpu * stride + (done + i) * size,
				       values + (i * cpus + cpu) * size, size);
		}
		if (!count)
			return -EIO;
		done += count;
		in = out;
	}
	return 0;
}

static int read_raw(const struct pins *pins, struct counters **ret_counters)
{
	unsigned cpus = counters_cpus();
	auto_free struct counters *counters = calloc(1, counters_size(cpus));
	auto_close int cells = -1, blocks = -1;
	int r;

	if (!counters)
		return fail(ENOMEM, "%s", pins->path);
	cells = pins_open_map(pins, PC_MAP_COUNTERS);
	if (cells < 0)
		return cells;
	blocks = pins_open_map(pins, PC_MAP_SIZES);
	if (blocks < 0)
		return blocks;
	counters->cpus = cpus;
	r = read_map(cells, PC_CELLS, sizeof(struct pc_counter), counters->cpu->cells,
	             sizeof(*counters->cpu), cpus);
	if (!r)
		r = read_map(blocks, PC_BLOCKS, sizeof(struct pc_size_block), counters->cpu->blocks,
		             sizeof(*counters->cpu), cpus);
	if (r)
		return fail(r, "reading the maps in %s", pins->path);
	*ret_counters = TAKE_PTR(counters);
	return 0;
}

/* The reading at the last reset; all zero when there was none. */
static int read_baseline(const struct pins *pins, struct counters **ret_baseline)
{
	unsigned cpus = counters_cpus();
	auto_free struct counters *baseline = calloc(1, counters_size(cpus));
	auto_close int fd = -1;
	char path[PATH_MAX];

	if (!baseline)
		return fail(ENOMEM, "%s", pins->path);
	baseline->cpus = cpus;
	if (!access(pins_path(pins, PC_MAP_BASELINE, path), F_OK)) {
		fd = pins_open_map(pins, PC_MAP_BASELINE);
		if (fd < 0)
			return fd;
	}
	for (__u32 cpu = 0; fd >= 0 && cpu < cpus; cpu++) {
		if (bpf_map_lookup_elem(fd, &cpu, &baseline->cpu[cpu]))
			return fail(errno, "%s", path);
	}
	*ret_baseline = TAKE_PTR(baseline);
	return 0;
}

/* Pinned under another name first and renamed, so that a reader finds the old or the new one,
 * whole. */
static int write_baseline(const struct pins *pins, const struct counters *reading)
{
	char path[PATH_MAX], fresh[PATH_MAX];
	auto_close int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, PC_MAP_BASELINE, sizeof(__u32),
	                                   sizeof(struct cpu_counts), reading->cpus, NULL);

	if (fd < 0)
		return fail(errno, "map %s", PC_MAP_BASELINE);
	for (__u32 cpu = 0; cpu < reading->cpus; cpu++) {
		if (bpf_map_update_elem(fd, &cpu, &reading->cpu[cpu], BPF_ANY))
			return fail(errno, "map %s", PC_MAP_BASELINE);
	}
	pins_path(pins, PC_MAP_BASELINE, path);
	pins_path(pins, PC_MAP_BASELINE "_new", fresh);
	unlink(fresh); /* left by a reset that was killed */
	if (bpf_obj_pin(fd, fresh) || rename(fresh, path))
		return fail(errno, "pin %s", path);
	return 0;
}

/* struct counters is nothing but 64-bit counts behind its head. */
static void subtract(struct counters *from, const struct counters *what)
{
	size_t words = from->cpus * sizeof(struct cpu_counts) / sizeof(__u64);
	__u64 *a = (__u64 *)from->cpu;
	const __u64 *b = (const __u64 *)what->cpu;

	for (size_t i = 0; i < words; i++)
		a[i] -= b[i];
}

static int read_since_baseline(const struct pins *pins, bool reset, struct counters **ret_counters)
{
	auto_free struct counters *baseline = NULL, *reading = NULL;
	int r = read_baseline(pins, &baseline);

	if (r)
		return r;
	r = read_raw(pins, &reading);
	if (r || !reading)
		return r;
	if (reset)
		r = write_baseline(pins, reading);
	if (r)
		return r;
	subtract(reading, baseline);
	*ret_counters = TAKE_PTR(reading);
	return 0;
}

int counters_read(const struct pins *pins, struct counters **ret_counters)
{
	return read_since_baseline(pins, false, ret_counters);
}

int counters_reset(const struct pins *pins, struct counters **ret_counters)
{
	/* Two resets at once would count what lies between their readings twice. */
	auto_close int lock = open(pins->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (lock < 0 || flock(lock, LOCK_EX))
		return fail(errno, "%s", pins->path);
	return read_since_baseline(pins, true, ret_counters);
}

void counters_sum(const struct counters *counters, struct cpu_counts *ret_sum)
{
	__u64 *sum = (__u64 *)ret_sum;

	memset(ret_sum, 0, sizeof(*ret_sum));
	for (unsigned cpu = 0; cpu < counters->cpus; cpu++) {
		const __u64 *one = (const __u64 *)&counters->cpu[cpu];

		for (size_t i = 0; i < sizeof(*ret_sum) / sizeof(__u64); i++)
			sum[i] += one[i];
	}
}

const struct pc_counter *counts_cell(const struct cpu_counts *counts, enum pc_hook hook,
                                     enum pc_reason reason, enum pc_protocol proto,
                                     enum pc_verdict verdict)
{
	return &counts->cells[pc_cell(hook, reason, proto, verdict)];
}

__u64 counts_size(const struct cpu_counts *counts, enum pc_hook hook, __u32 slot)
{
	return counts->blocks[hook * PC_BLOCKS_PER_HOOK + slot / PC_SIZE_BLOCK]
	        .packets[slot % PC_SIZE_BLOCK];
}
