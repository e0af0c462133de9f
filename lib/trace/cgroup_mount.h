/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the control group hierarchies are: mounts of this process, else of the machine. */
#ifndef LIB_TRACE_CGROUP_MOUNT_H
#define LIB_TRACE_CGROUP_MOUNT_H

#include <limits.h>

/* The part of the hierarchy that a mount, opened by cgroups_open(), shows: "" for all of it, else
 * the path of the cgroup it begins with. */
void cgroup_mount_root(int mount, char ret_root[static PATH_MAX]);

#endif
