/* SPDX-License-Identifier: GPL-2.0-only */
/* Who: a task in the terms of abi/trace.h, and whether the filter wants it. */
#ifndef TRACE_PROG_TASK_H
#define TRACE_PROG_TASK_H

#include "abi/trace.h"
#include "trace_prog/kernel.h"

const volatile struct pc_trace_filter filter;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1); /* user space makes room when it is to filter */
	__type(key, __u32);
	__type(value, __u8);
} pc_pids SEC(".maps");

/* User space knows the regular expression: it is asked about a name once, by way of an event. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, char[PC_TRACE_COMM]);
	__type(value, bool);
} pc_comms SEC(".maps");

static __always_inline struct task_struct *task_current(void)
{
	return (struct task_struct *)bpf_get_current_task();
}

/* Both searches are loops in the kernel's own way, bpf_loop(): Linux 6.1 takes a loop of the
 * compiler's only if it does not run into its own head without a jump. */

struct pid_search {
	struct pid *pid;
	__u32 nr;
};

static long pid_search_level(__u32 level, struct pid_search *search)
{
	struct pid *pid = search->pid;
	struct upid *upid = (void *)pid + bpf_core_field_offset(pid->numbers) +
	                    level * bpf_core_type_size(struct upid);

	if (BPF_CORE_READ(upid, ns, ns.inum) != filter.pidns)
		return 0;
	search->nr = BPF_CORE_READ(upid, nr);
	return 1;
}

/* The number a pid has in netctl's PID namespace; 0: none. */
static __always_inline __u32 task_pid_number(struct pid *pid)
{
	struct pid_search search = { pid, 0 };

	/* Most machines trace from their first namespace. */
	if (!pid_search_level(0, &search))
		bpf_loop(BPF_CORE_READ(pid, level) + 1, pid_search_level, &search, 0);
	return search.nr;
}

static __always_inline __u32 task_pid(struct task_struct *task)
{
	return task_pid_number(BPF_CORE_READ(task, group_leader, thread_pid));
}

static __always_inline __u32 task_netns(struct task_struct *task)
{
	return BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
}

static __always_inline struct cgroup *task_v1_cgroup(struct css_set *set, __u64 subsystem)
{
	struct cgroup_subsys_state *state = NULL;

	bpf_core_read(&state, sizeof(state), &set->subsys[subsystem]);
	return BPF_CORE_READ(state, cgroup);
}

/* The cgroup of a task in a hierarchy; NULL: this kernel has no such hierarchy. */
static __always_inline struct cgroup *task_cgroup_in(struct task_struct *task, __u32 hierarchy)
{
	struct css_set *set = BPF_CORE_READ(task, cgroups);

	if (hierarchy == PC_CGROUP_V2)
		return BPF_CORE_READ(set, dfl_cgrp);
	if (hierarchy == PC_CGROUP_MEMORY &&
	    bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
		return task_v1_cgroup(set,
		                      bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id));
	if (hierarchy == PC_CGROUP_PIDS &&
	    bpf_core_enum_value_exists(enum cgroup_subsys_id, pids_cgrp_id))
		return task_v1_cgroup(set,
		                      bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id));
	return NULL;
}

/* Fills in the task's cgroup of a version 1 hierarchy. False: there is no such hierarchy, as its
 * controller is with version 2, or the task is in the root there, which says nothing. */
static __always_inline bool task_find_v1_cgroup(struct task_struct *task, struct cgroup_root *v2,
                                                __u32 hierarchy, struct pc_trace_task *to)
{
	struct cgroup *cgroup = task_cgroup_in(task, hierarchy);

	if (!cgroup || BPF_CORE_READ(cgroup, root) == v2 || !BPF_CORE_READ(cgroup, level))
		return false;
	to->cgroup_v1 = BPF_CORE_READ(cgroup, kn, id);
	to->cgroup_v1_hierarchy = hierarchy;
	return true;
}

static __always_inline void task_find_cgroups(struct task_struct *task, struct pc_trace_task *to)
{
	struct cgroup *cgroup = task_cgroup_in(task, PC_CGROUP_V2);
	struct cgroup_root *v2 = BPF_CORE_READ(cgroup, root);

	to->cgroup = BPF_CORE_READ(cgroup, kn, id);
	if (!task_find_v1_cgroup(task, v2, PC_CGROUP_MEMORY, to))
		task_find_v1_cgroup(task, v2, PC_CGROUP_PIDS, to);
}

struct cgroup_search {
	struct cgroup *cgroup;
	bool found;
};

static long cgroup_search_level(__u32 level, struct cgroup_search *search)
{
	struct cgroup *cgroup = search->cgroup, *ancestor = NULL;

	bpf_core_read(&ancestor, sizeof(ancestor), &cgroup->ancestors[level]);
	search->found = BPF_CORE_READ(ancestor, kn, id) == filter.cgroup;
	return search->found;
}

static __always_inline bool task_is_below(struct task_struct *task)
{
	struct cgroup *cgroup = task_cgroup_in(task, filter.cgroup_hierarchy);
	struct cgroup_search search = { cgroup, false };

	if (cgroup)
		bpf_loop(BPF_CORE_READ(cgroup, level) + 1, cgroup_search_level, &search, 0);
	return search.found;
}

static __always_inline bool task_has_wanted_comm(struct task_struct *task)
{
	char comm[PC_TRACE_COMM] = {};
	const bool *wanted;

	bpf_core_read_str(comm, sizeof(comm), &task->comm);
	wanted = bpf_map_lookup_elem(&pc_comms, comm);
	return !wanted || *wanted;
}

/* Whether the filter wants what a task does in a network namespace. A name that was never seen
 * passes: user space answers with an entry of pc_comms. */
static __always_inline bool task_is_wanted(struct task_struct *task, __u32 netns)
{
	__u32 pid = task_pid(task);

	if (pid && pid == filter.self)
		return false;
	if (filter.by_pid && !bpf_map_lookup_elem(&pc_pids, &pid))
		return false;
	if (filter.by_uid && BPF_CORE_READ(task, cred, uid.val) != filter.uid)
		return false;
	if (filter.by_netns && netns != filter.netns)
		return false;
	if (filter.by_cgroup && !task_is_below(task))
		return false;
	return !filter.by_comm || task_has_wanted_comm(task);
}

/* Not inline: some tracers want it in several places, and it is long. */
static __noinline void task_describe(struct task_struct *task, __u32 netns,
                                     struct pc_trace_task *to)
{
	__builtin_memset(to, 0, sizeof(*to));
	to->time = bpf_ktime_get_ns();
	task_find_cgroups(task, to);
	to->pid = task_pid(task);
	to->tid = task_pid_number(BPF_CORE_READ(task, thread_pid));
	to->ppid = task_pid(BPF_CORE_READ(task, real_parent));
	to->uid = BPF_CORE_READ(task, cred, uid.val);
	to->netns = netns;
	to->utsns = BPF_CORE_READ(task, nsproxy, uts_ns, ns.inum);
	bpf_core_read_str(to->comm, sizeof(to->comm), &task->comm);
}

#endif
