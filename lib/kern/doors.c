/* SPDX-License-Identifier: GPL-2.0-only */
/* The TC programs that know policies: loaded when the first policy comes, in use from then on. */
#include "lib/kern/doors.h"

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "abi/names.h"
#include "abi/policy.h"
#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/kern/object.h"

static int open_doors(const struct pins *pins)
{
	char path[PATH_MAX];
	auto_close int fd = -1;

	if (!access(pins_path(pins, PC_MAP_DOORS, path), F_OK))
		return pins_open_map(pins, PC_MAP_DOORS);
	fd = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, PC_MAP_DOORS, sizeof(__u32), sizeof(__u32),
	                    PC_DOOR_COUNT, NULL);
	if (fd < 0 || bpf_obj_pin(fd, path))
		return fail(errno, "%s", path);
	return TAKE_FD(fd);
}

static bool is_open(int doors, __u32 door)
{
	__u32 id;

	return !bpf_map_lookup_elem(doors, &door, &id);
}

static int load_door(const struct pins *pins, const struct pc_plan *plan, int doors, __u32 door)
{
	auto_close int prog = -1;
	int r = object_load_policy_door(pins, door, plan, &prog);

	if (!r && bpf_map_update_elem(doors, &door, &prog, BPF_ANY))
		r = fail(errno, "%s/%s", pins->path, PC_MAP_DOORS);
	return r;
}

int doors_need(const struct pins *pins, const struct pc_plan *plan)
{
	auto_close int doors = open_doors(pins);
	int r = doors < 0 ? doors : 0;

	for (__u32 door = 0; !r && door < PC_DOOR_COUNT; door++) {
		if (!is_open(doors, door))
			r = load_door(pins, plan, doors, door);
	}
	return r;
}

int doors_renew(const struct pins *pins, const struct pc_plan *plan)
{
	auto_close int doors = -1;
	char path[PATH_MAX];
	int r = 0;

	if (access(pins_path(pins, PC_MAP_DOORS, path), F_OK))
		return 0;
	doors = pins_open_map(pins, PC_MAP_DOORS);
	if (doors < 0)
		return doors;
	for (__u32 door = 0; !r && door < PC_DOOR_COUNT; door++) {
		if (is_open(doors, door))
			r = load_door(pins, plan, doors, door);
	}
	return r;
}
