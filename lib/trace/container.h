/* SPDX-License-Identifier: GPL-2.0-only */
/* Containers: told by the path of their cgroup, named by the state their runtime keeps. */
#ifndef LIB_TRACE_CONTAINER_H
#define LIB_TRACE_CONTAINER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/trace/cgroup.h"

#define CONTAINER_ID_SIZE   128
#define CONTAINER_NAME_SIZE 256

struct container {
	char id[CONTAINER_ID_SIZE];     /* as the runtime calls it: for most 64 hex digits */
	char name[CONTAINER_NAME_SIZE]; /* "": its runtime's state does not say */
	char runtime[32]; /* docker, podman, containerd, cri-o, lxc, ...; "": unknown */
};

/* The container that a process in the cgroup of that path is in: the innermost one. False: in none.
 * A pure function; `name` is set where the path says it (lxc, systemd-nspawn), else "". Names of
 * cgroups are any bytes; who may make cgroups can make them look like any container. */
bool container_of_path(const char *path, struct container *ret_container);

/* Whether a runtime made that ID up, as most do: 64 hex digits. Only those are in state files. */
bool container_id_is_made_up(const char *id);

/* Fills in the name, and the runtime where the path did not tell it, from the runtime's state
 * files under `root` ("" on a real machine), where they can be read. */
void container_find_name(const char *root, struct container *container);

/* The cgroup of the container that a user calls so: its name, its ID or the unambiguous beginning
 * of its ID, 4 digits at least. The outermost cgroup of it. -ERR_ABSENT when there is none, said;
 * -EINVAL when there are several, said. */
int container_find(const struct cgroups *cgroups, const char *root, const char *wanted,
                   enum pc_cgroup_hierarchy *ret_hierarchy, uint64_t *ret_id);

#endif
