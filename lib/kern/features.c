/* SPDX-License-Identifier: GPL-2.0-only */
/* What this kernel offers of BPF: found out by trying. */
#include "lib/kern/features.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/perf_event.h>
#include <sys/syscall.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "abi/names.h"
#include "lib/base/cleanup.h"
#include "lib/kern/bpffs.h"
#include "lib/kern/tc.h"
#include "lib/kern/xdp.h"

#define PROBES_OF(type) "/sys/bus/event_source/devices/" type "/type"

/* Newer than libbpf 1.1. Kernel: include/uapi/linux/bpf.h */
#define ATTACH_NETKIT_PRIMARY 54

/* What the tests share: reading it takes longer than all of them. */
struct trial {
	struct btf *btf; /* NULL: the kernel has none */
};

/* --- programs on functions of the kernel --- */

/* Whether a program that does nothing may be loaded for something the kernel's BTF knows. */
static bool loads_for(const struct trial *trial, enum bpf_prog_type type,
                      enum bpf_attach_type attach, const char *name, __u32 kind)
{
	/* r0 = 0; exit */
	static const struct bpf_insn nothing[] = { { .code = 0xb7 }, { .code = 0x95 } };
	struct bpf_prog_load_opts opts = { .sz = sizeof(opts), .expected_attach_type = attach };
	int id = trial->btf ? btf__find_by_name_kind(trial->btf, name, kind) : -1;
	auto_close int fd = -1;

	if (id < 0)
		return false;
	opts.attach_btf_id = id;
	fd = bpf_prog_load(type, "pc_trial", "GPL", nothing, 2, &opts);
	return fd >= 0;
}

static bool has_fentry(const struct trial *trial)
{
	return loads_for(trial, BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "bpf_fentry_test1",
	                 BTF_KIND_FUNC);
}

static bool has_fexit(const struct trial *trial)
{
	return loads_for(trial, BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, "bpf_fentry_test1",
	                 BTF_KIND_FUNC);
}

static bool has_tp_btf(const struct trial *trial)
{
	return loads_for(trial, BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, "btf_trace_sched_switch",
	                 BTF_KIND_TYPEDEF);
}

/* One that may be loaded is still called by nobody unless the kernel was started with it. */
static bool has_lsm(const struct trial *trial)
{
	auto_fclose FILE *file = fopen("/sys/kernel/security/lsm", "re");
	char list[512] = "bpf"; /* where it cannot be read */

	if (file && !fgets(list, sizeof(list), file))
		return false;
	return strstr(list, "bpf") &&
	       loads_for(trial, BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "bpf_lsm_file_open", BTF_KIND_FUNC);
}

static bool has_kprobe(const struct trial *trial)
{
	static const char function[] = "bpf_fentry_test1";
	struct perf_event_attr attr = { .size = sizeof(attr),
		                        .disabled = 1,
		                        .config1 = (uintptr_t)function };
	auto_fclose FILE *file = fopen(PROBES_OF("kprobe"), "re");
	auto_close int fd = -1;

	(void)trial;
	if (!file || fscanf(file, "%u", &attr.type) != 1)
		return false;
	fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	return fd >= 0;
}

static bool has_uprobe(const struct trial *trial)
{
	(void)trial;
	return !access(PROBES_OF("uprobe"), R_OK);
}

/* --- the others --- */

static bool has_tracepoint(const struct trial *trial)
{
	(void)trial;
	return libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_TRACEPOINT, NULL) == 1;
}

static bool has_raw_tracepoint(const struct trial *trial)
{
	(void)trial;
	return libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_RAW_TRACEPOINT, NULL) == 1;
}

static bool has_xdp(const struct trial *trial)
{
	(void)trial;
	return libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_XDP, NULL) == 1;
}

static bool has_tc(const struct trial *trial)
{
	(void)trial;
	return libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_SCHED_CLS, NULL) == 1;
}

static bool has_tcx(const struct trial *trial)
{
	(void)trial;
	return tcx_offered();
}

/* Loopback is none: a kernel that knows them says so otherwise than one that does not. */
static bool has_netkit(const struct trial *trial)
{
	LIBBPF_OPTS(bpf_prog_query_opts, opts);

	(void)trial;
	return bpf_prog_query_opts(1, ATTACH_NETKIT_PRIMARY, &opts) == -ENXIO;
}

static bool has_freplace(const struct trial *trial)
{
	(void)trial;
	return xdp_dispatcher_offered();
}

static bool has_btf(const struct trial *trial)
{
	(void)trial;
	return !access("/sys/kernel/btf/vmlinux", R_OK);
}

static bool has_jit(const struct trial *trial)
{
	auto_fclose FILE *file = fopen("/proc/sys/net/core/bpf_jit_enable", "re");
	int on = 0;

	(void)trial;
	return file && fscanf(file, "%d", &on) == 1 && on;
}

static bool has_bpffs(const struct trial *trial)
{
	(void)trial;
	return bpffs_holds(PC_BPFFS);
}

/* --- all of them --- */

static const struct test {
	const char *kind, *name;
	bool (*offered)(const struct trial *trial);
	bool needs_btf;
} tests[] = {
	{ "kernel", "btf", has_btf, false },
	{ "kernel", "jit", has_jit, false },
	{ "kernel", "bpffs", has_bpffs, false },
	{ "hook", "xdp", has_xdp, false },
	{ "hook", "freplace", has_freplace, false },
	{ "hook", "tc", has_tc, false },
	{ "hook", "tcx", has_tcx, false },
	{ "hook", "netkit", has_netkit, false },
	{ "hook", "tracepoint", has_tracepoint, false },
	{ "hook", "raw_tracepoint", has_raw_tracepoint, false },
	{ "hook", "tp_btf", has_tp_btf, true },
	{ "hook", "fentry", has_fentry, true },
	{ "hook", "fexit", has_fexit, true },
	{ "hook", "kprobe", has_kprobe, false },
	{ "hook", "uprobe", has_uprobe, false },
	{ "hook", "lsm", has_lsm, true },
};
#define TESTS (sizeof(tests) / sizeof(*tests))

static int each_test(const struct trial *trial,
                     int (*visit)(void *context, const struct feature *feature), void *context)
{
	int r = 0;

	for (size_t i = 0; !r && i < TESTS; i++) {
		struct feature feature = { tests[i].kind, tests[i].name, tests[i].offered(trial) };

		r = visit(context, &feature);
	}
	return r;
}

/* libbpf asks for a program of type "tracing" on a function, which may be refused where one on a
 * tracepoint is not. */
static bool has_program(const struct trial *trial, enum bpf_prog_type type)
{
	if (type == BPF_PROG_TYPE_TRACING && has_tp_btf(trial))
		return true;
	return libbpf_probe_bpf_prog_type(type, NULL) == 1;
}

static int each_type(const struct trial *trial,
                     int (*visit)(void *context, const struct feature *feature), void *context)
{
	const char *name;
	int r = 0;

	for (int type = 1; !r && (name = libbpf_bpf_prog_type_str(type)); type++)
		r = visit(context, &(struct feature){ "program", name, has_program(trial, type) });
	for (int type = 1; !r && (name = libbpf_bpf_map_type_str(type)); type++)
		r = visit(context, &(struct feature){ "map", name,
		                                      libbpf_probe_bpf_map_type(type, NULL) == 1 });
	return r;
}

int features_each(int (*visit)(void *context, const struct feature *feature), void *context)
{
	struct trial trial = { .btf = btf__load_vmlinux_btf() };
	int r = each_test(&trial, visit, context) ?: each_type(&trial, visit, context);

	btf__free(trial.btf);
	return r;
}

bool feature_offered(const char *name)
{
	for (size_t i = 0; i < TESTS; i++) {
		struct trial trial = { 0 };
		bool offered;

		if (strcmp(tests[i].name, name) != 0)
			continue;
		if (tests[i].needs_btf)
			trial.btf = btf__load_vmlinux_btf();
		offered = tests[i].offered(&trial);
		btf__free(trial.btf);
		return offered;
	}
	return false;
}
