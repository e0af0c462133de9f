/* SPDX-License-Identifier: GPL-2.0-only */
/* Control groups: the path behind the number an event carries, and the number behind a path.
 * Paths are as /proc/PID/cgroup has them, from the root of the hierarchy:
 * "/system.slice/x.service".
 */
#ifndef LIB_TRACE_CGROUP_H
#define LIB_TRACE_CGROUP_H

#include <limits.h>
#include <stdint.h>

#include "abi/trace.h"

/* The hierarchies that are mounted here or for process 1: opened once. */
struct cgroups {
	int mounts[PC_CGROUP_HIERARCHIES]; /* directories; -1: this machine has none */
};

void cgroups_open(struct cgroups *ret_cgroups);
void cgroups_close(struct cgroups *cgroups);
#define auto_cgroups __attribute__((cleanup(cgroups_close)))

/* The path of the cgroup whose directory has that inode number, in a hierarchy. Of one that is too
 * deep for a path, that of the nearest above it that is not. -ENOENT, unsaid, when it is gone. */
int cgroup_path(const struct cgroups *cgroups, enum pc_cgroup_hierarchy hierarchy, uint64_t id,
                char ret_path[static PATH_MAX]);

/* The cgroup a user means: a path from a hierarchy's root, or where it is mounted
 * ("/sys/fs/cgroup/..."). -ERR_ABSENT when there is none. */
int cgroup_find(const struct cgroups *cgroups, const char *path,
                enum pc_cgroup_hierarchy *ret_hierarchy, uint64_t *ret_id);

/* Calls back with every cgroup of a hierarchy, parents first, until that returns other than 0;
 * returns that. Or, unsaid, -ENOMEM, or -E2BIG where there are more than any machine has. */
int cgroup_walk(const struct cgroups *cgroups, enum pc_cgroup_hierarchy hierarchy,
                int (*visit)(void *context, const char *path, uint64_t id), void *context);

#endif
