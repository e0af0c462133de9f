/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's names of its reasons to drop packets. */
#include "lib/trace/drop_reason.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#include "lib/base/err.h"

/* The upper half is a subsystem's number, the lower half a reason of its own. Kernel:
 * include/net/dropreason.h */
#define SUBSYSTEM_SHIFT 16
#define MAX_NAMES       1024

struct names {
	char *names[MAX_NAMES]; /* by value; NULL: none */
};

struct drop_reasons {
	struct names reasons, subsystems;
};

static const char *without(const char *prefix, const char *name)
{
	size_t len = strlen(prefix);

	return strncmp(name, prefix, len) ? name : name + len;
}

static void take_enum(const struct btf *btf, const char *name, const char *prefix,
                      struct names *names)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_ENUM);
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, id) : NULL;

	for (int i = 0; type && i < btf_vlen(type); i++) {
		const struct btf_enum *row = &btf_enum(type)[i];

		if (row->val >= 0 && row->val < MAX_NAMES && !names->names[row->val])
			names->names[row->val] = strdup(without(
				"SKB_", without(prefix, btf__name_by_offset(btf, row->name_off))));
	}
}

struct drop_reasons *drop_reasons_open(void)
{
	struct drop_reasons *reasons = calloc(1, sizeof(*reasons));
	struct btf *btf = reasons ? btf__load_vmlinux_btf() : NULL;

	if (!reasons) {
		fail(ENOMEM, "the kernel's reasons");
		return NULL;
	}
	if (btf) {
		take_enum(btf, "skb_drop_reason", "SKB_DROP_REASON_", &reasons->reasons);
		take_enum(btf, "skb_drop_reason_subsys", "SKB_DROP_REASON_SUBSYS_",
		          &reasons->subsystems);
	}
	btf__free(btf);
	return reasons;
}

static void free_names(const struct names *names)
{
	for (size_t i = 0; i < MAX_NAMES; i++)
		free(names->names[i]);
}

void drop_reasons_close(struct drop_reasons *reasons)
{
	if (!reasons)
		return;
	free_names(&reasons->reasons);
	free_names(&reasons->subsystems);
	free(reasons);
}

/* NULL: the kernel does not say it, or could not be asked. */
static const char *name_of(const struct names *names, uint32_t value)
{
	return names && value < MAX_NAMES ? names->names[value] : NULL;
}

const char *drop_reason_text(const struct drop_reasons *reasons, uint32_t reason,
                             char text[static DROP_REASON_SIZE])
{
	uint32_t subsystem = reason >> SUBSYSTEM_SHIFT;
	const struct names *names = !reasons    ? NULL
	                            : subsystem ? &reasons->subsystems
	                                        : &reasons->reasons;
	const char *name = name_of(names, subsystem ?: reason);

	if (!subsystem && name)
		snprintf(text, DROP_REASON_SIZE, "%s", name);
	else if (!subsystem)
		snprintf(text, DROP_REASON_SIZE, "%u", reason);
	else if (name)
		snprintf(text, DROP_REASON_SIZE, "%s:%u", name, reason & UINT16_MAX);
	else
		snprintf(text, DROP_REASON_SIZE, "%u:%u", subsystem, reason & UINT16_MAX);
	return text;
}
