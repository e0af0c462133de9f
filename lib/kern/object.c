/* SPDX-License-Identifier: GPL-2.0-only */
/* Our programs: opened from inside this binary, configured, loaded onto the maps of a pin
 * directory. */
#include "lib/kern/object.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "abi/names.h"
#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/kern/xdp.h"
#include "tc_prog/egress.skel.h"
#include "tc_prog/egress_policy.skel.h"
#include "tc_prog/ingress.skel.h"
#include "tc_prog/ingress_policy.skel.h"
#include "xdp_prog/early.skel.h"
#include "xdp_prog/ingress.skel.h"

/* Says why a program was refused: the verifier's last word, or the library's. */
static int refused(int error, const char *doing, const char *what)
{
	const char *reason = log_reason();

	if (!reason)
		return fail(error, "%s %s", doing, what);
	return fail_because(error, "%s %s: %s: %s", doing, what, strerror(abs(error)), reason);
}

/* Whether programs may look at the kernel's own struct behind their context: bpf_cast_to_kern_ctx()
 * came with Linux 6.2. Asking the kernel's BTF would take longer than all the rest of an attach. */
static bool kernel_shows_context(void)
{
	struct utsname host;
	unsigned major, minor;

	return !uname(&host) && sscanf(host.release, "%u.%u", &major, &minor) == 2 &&
	       (major > 6 || (major == 6 && minor >= 2));
}

/* The objects, and what to call them. */
enum object { XDP_COUNTING, XDP_EARLY, TC_IN, TC_OUT, TC_POLICY_IN, TC_POLICY_OUT };

static const struct {
	const void *(*bytes)(size_t *size);
	const char *name;
} objects[] = {
	[XDP_COUNTING] = { xdp_prog_ingress__elf_bytes, "the XDP program" },
	[XDP_EARLY] = { xdp_prog_early__elf_bytes, "the XDP program" },
	[TC_IN] = { tc_prog_ingress__elf_bytes, "the TC ingress program" },
	[TC_OUT] = { tc_prog_egress__elf_bytes, "the TC egress program" },
	[TC_POLICY_IN] = { tc_prog_ingress_policy__elf_bytes, "the TC ingress program" },
	[TC_POLICY_OUT] = { tc_prog_egress_policy__elf_bytes, "the TC egress program" },
};

/* bpf/config.h */
struct knobs {
	bool bookkeeping, dry_run;
};

static void close_object(struct bpf_object **object)
{
	bpf_object__close(*object);
}
#define auto_object __attribute__((cleanup(close_object)))

/* Where a variable of the read-only data is; NULL: there is none of that name. */
static __u8 *find_knob(struct bpf_object *object, const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");
	const struct btf *btf = bpf_object__btf(object);
	int id = btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC);
	const struct btf_type *section = id > 0 ? btf__type_by_id(btf, id) : NULL;
	size_t size;
	__u8 *data = map ? (__u8 *)bpf_map__initial_value(map, &size) : NULL;

	for (int i = 0; data && section && i < btf_vlen(section); i++) {
		const struct btf_var_secinfo *var = &btf_var_secinfos(section)[i];
		const struct btf_type *type = btf__type_by_id(btf, var->type);

		if (!strcmp(btf__name_by_offset(btf, type->name_off), name))
			return data + var->offset;
	}
	return NULL;
}

static int set_knob(struct bpf_object *object, const char *name, bool value)
{
	__u8 *knob = find_knob(object, name);

	if (!knob)
		return -ENOENT;
	*knob = value;
	return 0;
}

/* Those that know policies have a map of pages, some of them for each CPU. */
static int size_pages(struct bpf_object *object)
{
	struct bpf_map *pages = bpf_object__find_map_by_name(object, PC_MAP_PAGES);

	return pages ? bpf_map__set_max_entries(pages, PC_PAGES(libbpf_num_possible_cpus())) : 0;
}

static int open_object(const struct pins *pins, enum object which, const struct knobs *knobs,
                       struct bpf_object **ret_object)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .pin_root_path = pins->path);
	size_t size;
	const void *bytes = objects[which].bytes(&size);
	auto_object struct bpf_object *object = NULL;
	int r = 0;

	log_forget();
	object = bpf_object__open_mem(bytes, size, &opts);
	if (!object)
		r = -errno;
	if (!r)
		r = set_knob(object, "can_see_kern_ctx", kernel_shows_context());
	if (!r)
		r = set_knob(object, "bookkeeping", knobs->bookkeeping);
	if (!r)
		r = set_knob(object, "dry_run", knobs->dry_run);
	if (!r)
		r = size_pages(object);
	if (!r)
		*ret_object = TAKE_PTR(object);
	return r;
}

static int keep_fd(int fd)
{
	int kept = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return kept < 0 ? -errno : kept;
}

/* Loads an object's only program. A file descriptor of the caller's or a negative errno. */
static int load_object(struct bpf_object *object)
{
	if (bpf_object__load(object))
		return -errno;
	return keep_fd(bpf_program__fd(bpf_object__next_program(object, NULL)));
}

static int load(const struct pins *pins, enum object which, const struct knobs *knobs,
                int *ret_prog_fd)
{
	auto_object struct bpf_object *object = NULL;
	int fd = open_object(pins, which, knobs, &object);

	if (!fd)
		fd = load_object(object);
	if (fd < 0)
		return refused(fd, "loading", objects[which].name);
	*ret_prog_fd = fd;
	return 0;
}

/* Whether a program keeps the books: of two that judge the same packets, the first. */
static bool keeps_books(enum object which, const struct pc_plan *plan)
{
	return which != TC_POLICY_IN || !plan->early_drop;
}

int object_attach_xdp(const struct pins *pins, unsigned ifindex, const struct pc_plan *plan,
                      int *ret_prog_fd)
{
	enum object which = plan->early_drop ? XDP_EARLY : XDP_COUNTING;
	const struct knobs knobs = { .bookkeeping = true };
	auto_object struct bpf_object *object = NULL;
	int r = open_object(pins, which, &knobs, &object);

	if (!r)
		r = xdp_attach(ifindex, plan->xdp_mode, object, ret_prog_fd);
	return r ? refused(r, "attaching", objects[which].name) : 0;
}

int object_load_tc(const struct pins *pins, enum pc_hook hook, int *ret_prog_fd)
{
	const struct knobs knobs = { .bookkeeping = true };

	return load(pins, hook == PC_HOOK_TC_INGRESS ? TC_IN : TC_OUT, &knobs, ret_prog_fd);
}

int object_load_policy_door(const struct pins *pins, enum pc_door door, const struct pc_plan *plan,
                            int *ret_prog_fd)
{
	enum object which = door == PC_DOOR_IN ? TC_POLICY_IN : TC_POLICY_OUT;
	const struct knobs knobs = { .bookkeeping = keeps_books(which, plan) };

	return load(pins, which, &knobs, ret_prog_fd);
}

int object_load_dry_run(const struct pins *pins, enum pc_hook hook, const struct pc_plan *plan,
                        int *ret_prog_fd, int *ret_decision_fd)
{
	static const enum object of_hook[] = { XDP_EARLY, TC_POLICY_IN, TC_POLICY_OUT };
	enum object which = of_hook[hook];
	const struct knobs knobs = { .bookkeeping = keeps_books(which, plan), .dry_run = true };
	auto_object struct bpf_object *object = NULL;
	auto_close int prog = -1, decision = -1;
	int r = open_object(pins, which, &knobs, &object);

	if (!r)
		prog = r = load_object(object);
	if (r >= 0)
		decision = r = keep_fd(bpf_object__find_map_fd_by_name(object, "pc_decision"));
	if (r < 0)
		return refused(r, "loading a twin of", objects[which].name);
	*ret_prog_fd = TAKE_FD(prog);
	*ret_decision_fd = TAKE_FD(decision);
	return 0;
}
