/* SPDX-License-Identifier: GPL-2.0-only */
/* What the benchmarks in C share: a place of their own, and figures for the summary. */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include "abi/names.h"
#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/kern/pins.h"

#define BENCH_LO 1 /* ifindex of lo, in every network namespace */

/* Enters namespaces of its own with a BPF file system in them: whatever is attached or pinned there
 * ends with this process, however that ends. */
static inline int bench_isolate(void)
{
	log_init(false);
	if (geteuid())
		return fail_because(EPERM, "root is needed: try sudo");
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("bpf", PC_BPFFS, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700"))
		return fail(errno, "a network namespace and a BPF file system of our own");

	/* A program in libxdp's dispatcher is an extension of another one and cannot be run for
	 * test; so ours is attached as it is. */
	if (setenv("LIBXDP_SKIP_DISPATCHER", "1", 1))
		return fail(errno, "setenv");
	return 0;
}

/* A pin directory of that name, as the loader makes one. */
static inline int bench_pins(const char *name, struct pins *ret_pins)
{
	const struct pc_meta meta = { .abi = PC_ABI_VERSION, .ifindex = BENCH_LO };

	pins_at(PC_BPFFS, "", name, ret_pins);
	return pins_create(ret_pins, &meta);
}

static inline bool bench_is_quick(void)
{
	const char *quick = getenv("BENCH_QUICK");

	return quick && *quick;
}

/* Adds a row to the file BENCH_FIGURES names, if any: key, median, p10, p90 and what it is of. */
static inline int bench_figure(const char *key, double median, double p10, double p90,
                               const char *note)
{
	const char *path = getenv("BENCH_FIGURES");
	auto_fclose FILE *file = NULL;

	if (!path || !*path)
		return 0;
	file = fopen(path, "ae");
	if (!file || fprintf(file, "%s\t%.4f\t%.4f\t%.4f\t%s\n", key, median, p10, p90, note) < 0)
		return fail(errno, "%s", path);
	return 0;
}

/* What the kernel says it charged for a map or a program, bytes. */
static inline int bench_memlock(int fd, double *ret_bytes)
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

#endif
