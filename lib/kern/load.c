/* SPDX-License-Identifier: GPL-2.0-only */
/* What loading has in common for every object of ours: its knobs, and why the kernel refused it. */
#include "lib/kern/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "lib/base/err.h"
#include "lib/base/log.h"

void *load_knob(struct bpf_object *object, const char *name, size_t *ret_size)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");
	const struct btf *btf = bpf_object__btf(object);
	int id = btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC);
	const struct btf_type *section = id > 0 ? btf__type_by_id(btf, id) : NULL;
	size_t size;
	char *data = map ? (char *)bpf_map__initial_value(map, &size) : NULL;

	for (int i = 0; data && section && i < btf_vlen(section); i++) {
		const struct btf_var_secinfo *var = &btf_var_secinfos(section)[i];
		const struct btf_type *type = btf__type_by_id(btf, var->type);

		if (!strcmp(btf__name_by_offset(btf, type->name_off), name)) {
			*ret_size = var->size;
			return data + var->offset;
		}
	}
	return NULL;
}

int load_set_bool(struct bpf_object *object, const char *name, bool value)
{
	size_t size;
	bool *knob = load_knob(object, name, &size);

	if (!knob || size != sizeof(*knob))
		return -ENOENT;
	*knob = value;
	return 0;
}

int load_refused(int error, const char *what)
{
	const char *reason = log_reason();

	if (!reason)
		return fail(error, "%s", what);
	return fail_because(error, "%s: %s: %s", what, strerror(abs(error)), reason);
}
