/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tracers write into their ring buffers and netctl reads, and what it asks them for.
 * Nothing of it is pinned: netctl embeds the programs it was built with. */
#ifndef PC_ABI_TRACE_H
#define PC_ABI_TRACE_H

#include <stdbool.h>

#include <linux/types.h>

#define PC_TRACE_COMM 16 /* TASK_COMM_LEN: 15 characters and a NUL */

/* The maps that every tracer has. */
#define PC_TRACE_RING "pc_ring" /* BPF_MAP_TYPE_RINGBUF, sized by user space */
#define PC_TRACE_LOST "pc_lost" /* per-CPU array of one __u64: events the ring had no room for */
#define PC_TRACE_PIDS "pc_pids" /* hash, __u32 process ID -> __u8: those that are wanted */
#define PC_TRACE_COMMS \
	"pc_comms" /* LRU hash, char[PC_TRACE_COMM] -> bool: whether it is wanted \
	            */

#define PC_TRACE_MAX_PIDS  1024
#define PC_TRACE_MAX_COMMS 16384

/* The hierarchies of cgroups that container runtimes use: version 2, and on machines that still
 * have them the version 1 ones of two controllers. */
enum pc_cgroup_hierarchy {
	PC_CGROUP_V2,
	PC_CGROUP_MEMORY,
	PC_CGROUP_PIDS,
	PC_CGROUP_HIERARCHIES,
};

/* What is wanted; all that is set has to be true. The variable `filter` of every tracer. */
struct pc_trace_filter {
	__u64 cgroup; /* it or one below it; the inode number of its directory */
	__u32 cgroup_hierarchy;
	__u32 pidns; /* inode number of netctl's PID namespace: process IDs are those of it */
	__u32 self;  /* netctl's own process: never shown */
	__u32 uid;   /* real user ID, as the initial user namespace has it */
	__u32 netns; /* inode number */
	bool by_cgroup, by_pid, by_uid, by_netns, by_comm;
	__u8 reserved[7];
};

/* Who: the first member of every event. */
struct pc_trace_task {
	__u64 time;      /* CLOCK_MONOTONIC, ns */
	__u64 cgroup;    /* of version 2; the inode number of its directory */
	__u64 cgroup_v1; /* if cgroup_v1_hierarchy is not PC_CGROUP_V2: below the root of that */
	__u32 cgroup_v1_hierarchy;
	__u32 pid; /* process IDs (tgid) in netctl's PID namespace; 0: not in it */
	__u32 tid;
	__u32 ppid;
	__u32 uid;
	__u32 netns, utsns; /* inode numbers; 0: the process has let go of it already */
	char comm[PC_TRACE_COMM];
	__u8 followed; /* 1: part of something wanted, whoever does it */
	__u8 nobody;   /* 1: no process has to do with it, and all above but time and netns is 0 */
	__u8 reserved[2];
};

_Static_assert(sizeof(struct pc_trace_filter) == 40, "as both sides have it");
_Static_assert(sizeof(struct pc_trace_task) == 72, "as both sides have it");

#endif
