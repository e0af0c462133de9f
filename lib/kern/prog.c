/* SPDX-License-Identifier: GPL-2.0-only */
/* Loaded programs: which they are, and whether they are those of one pin directory. */
#include "lib/kern/prog.h"

#include <errno.h>
#include <stdio.h>

#include <bpf/bpf.h>

#include "abi/names.h"
#include "lib/base/cleanup.h"
#include "lib/base/err.h"

#define MAX_MAPS 16 /* of one program; ours have four */

void prog_owner_read(const struct pins *pins, struct prog_owner *ret_owner)
{
	static const char *const names[] = { PC_MAP_COUNTERS, PC_MAP_SIZES };

	ret_owner->count = 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct bpf_map_info info = { 0 };
		__u32 len = sizeof(info);
		char path[PATH_MAX];
		auto_close int fd = bpf_obj_get(pins_path(pins, names[i], path));

		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len))
			ret_owner->map_ids[ret_owner->count++] = info.id;
	}
}

bool prog_is_owned(uint32_t id, const struct prog_owner *owner)
{
	__u32 maps[MAX_MAPS];
	struct bpf_prog_info info = { .nr_map_ids = MAX_MAPS,
		                      .map_ids = (__u64)(unsigned long)maps };
	__u32 len = sizeof(info);
	auto_close int fd = id ? bpf_prog_get_fd_by_id(id) : -1;

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
		return false;
	for (__u32 i = 0; i < info.nr_map_ids && i < MAX_MAPS; i++) {
		for (unsigned j = 0; j < owner->count; j++) {
			if (maps[i] == owner->map_ids[j])
				return true;
		}
	}
	return false;
}

uint32_t prog_id(int fd)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.id;
}

void prog_name(uint32_t id, char ret_name[static PROG_NAME_SIZE])
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);
	auto_close int fd = bpf_prog_get_fd_by_id(id);

	snprintf(ret_name, PROG_NAME_SIZE, "?");
	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) && info.name[0])
		snprintf(ret_name, PROG_NAME_SIZE, "%s", info.name);
}

int prog_pin(int fd, const struct pins *pins, const char *entry)
{
	char path[PATH_MAX], fresh[PATH_MAX], fresh_entry[64];

	snprintf(fresh_entry, sizeof(fresh_entry), "%s_new", entry);
	pins_path(pins, entry, path);
	unlink(pins_path(pins, fresh_entry, fresh));
	if (bpf_obj_pin(fd, fresh) || rename(fresh, path))
		return fail(errno, "pin %s", path);
	return 0;
}
