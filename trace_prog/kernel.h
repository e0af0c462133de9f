/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's structs as far as the tracers look at them: fields only, libbpf finds out where this
 * kernel has them (CO-RE). Kernel: include/linux/{sched,pid,ns_common,cgroup-defs,kernfs}.h. */
#ifndef TRACE_PROG_KERNEL_H
#define TRACE_PROG_KERNEL_H

#include <stdbool.h>

#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct net {
	__u64 net_cookie;
	struct ns_common ns;
};

struct uts_namespace {
	struct ns_common ns;
};

struct pid_namespace {
	struct ns_common ns;
};

struct nsproxy {
	struct uts_namespace *uts_ns;
	struct net *net_ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct kernfs_node {
	__u64 id;
};

struct cgroup_root;

struct cgroup {
	int level;
	struct kernfs_node *kn;
	struct cgroup_root *root;
	struct cgroup *ancestors[1];
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
};

struct css_set {
	struct cgroup_subsys_state *subsys[1];
	struct cgroup *dfl_cgrp;
};

typedef struct {
	__u32 val;
} kuid_t;

struct cred {
	kuid_t uid;
};

struct mm_struct {
	unsigned long arg_start, arg_end;
};

struct task_struct {
	struct mm_struct *mm;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	const struct cred *cred;
	char comm[16];
	struct nsproxy *nsproxy;
	struct css_set *cgroups;
};

#pragma clang attribute pop

/* Only their names count, the values are this kernel's. Kernel: include/linux/cgroup-defs.h. */
enum cgroup_subsys_id {
	memory_cgrp_id = 0x7ffffffe,
	pids_cgrp_id = 0x7fffffff,
};

char LICENSE[] SEC("license") = "GPL";

#endif
