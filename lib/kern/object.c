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
#include <unistd.h>

#include <bpf/libbpf.h>

#include "abi/names.h"
#include "abi/policy.h"
#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/kern/load.h"
#include "lib/kern/xdp.h"
#include "policies.skel.h"
#include "programs.skel.h"

/* Whether programs may look at the kernel's own struct behind their context: bpf_cast_to_kern_ctx()
 * came with Linux 6.2. Asking the kernel's BTF would take longer than all the rest of an attach. */
static bool kernel_shows_context(void)
{
	struct utsname host;
	unsigned major, minor;

	return !uname(&host) && sscanf(host.release, "%u.%u", &major, &minor) == 2 &&
	       (major > 6 || (major == 6 && minor >= 2));
}

/* What each hook's program is called, in both objects. */
static const char *const program_names[] = {
	[PC_HOOK_XDP] = "portcullis_xdp",
	[PC_HOOK_TC_INGRESS] = "portcullis_in",
	[PC_HOOK_TC_EGRESS] = "portcullis_out",
};

static struct bpf_program *program_of(struct bpf_object *object, enum pc_hook hook)
{
	return bpf_object__find_program_by_name(object, program_names[hook]);
}

/* Those that know policies have more knobs, a map of pages, some of them for each CPU, and a
 * variable that is pinned as a map of its own. */
static int configure_policies(struct bpf_object *object, const struct pins *pins,
                              const struct pc_plan *plan, bool dry_run)
{
	struct bpf_map *pages = bpf_object__find_map_by_name(object, PC_MAP_PAGES);
	struct bpf_map *active = bpf_object__find_map_by_name(object, PC_SECTION_ACTIVE);
	char path[PATH_MAX];
	int r;

	if (!pages || !active)
		return -ENOENT;
	r = load_set_bool(object, "tc_decides", plan->tc_backend != PC_TC_NONE);
	if (!r)
		r = load_set_bool(object, "dry_run", dry_run);
	if (!r)
		r = bpf_map__set_max_entries(pages, PC_PAGES(libbpf_num_possible_cpus()));
	return r ? r : bpf_map__set_pin_path(active, pins_path(pins, PC_MAP_ACTIVE, path));
}

static int configure(struct bpf_object *object, const struct pins *pins, const struct pc_plan *plan,
                     bool dry_run)
{
	int r = load_set_bool(object, "can_see_kern_ctx", kernel_shows_context());

	if (!r)
		r = load_set_bool(object, "early_drop", plan->early_drop);
	return r || !plan->policies ? r : configure_policies(object, pins, plan, dry_run);
}

static void wanted(struct bpf_object *object, bool xdp, bool in, bool out)
{
	bpf_program__set_autoload(program_of(object, PC_HOOK_XDP), xdp);
	bpf_program__set_autoload(program_of(object, PC_HOOK_TC_INGRESS), in);
	bpf_program__set_autoload(program_of(object, PC_HOOK_TC_EGRESS), out);
}

static int open_object(const struct pins *pins, const struct pc_plan *plan, bool dry_run,
                       struct bpf_object **ret_object)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .pin_root_path = pins->path);
	size_t size;
	const void *bytes =
		plan->policies ? policies__elf_bytes(&size) : programs__elf_bytes(&size);
	struct bpf_object *object;
	int r;

	log_forget();
	object = bpf_object__open_mem(bytes, size, &opts);
	if (!object)
		return load_refused(errno, "opening the programs");
	r = configure(object, pins, plan, dry_run);
	if (r) {
		bpf_object__close(object);
		return load_refused(r, "configuring the programs");
	}
	*ret_object = object;
	return 0;
}

static int need_open(struct object *object)
{
	const struct pc_plan *plan = object->plan;
	int r;

	if (object->opened)
		return 0;
	r = open_object(object->pins, plan, false, &object->opened);
	if (!r)
		wanted(object->opened, plan->xdp_mode != PC_XDP_NONE,
		       plan->tc_backend != PC_TC_NONE, plan->tc_backend != PC_TC_NONE);
	return r;
}

void object_close(struct object *object)
{
	bpf_object__close(object->opened);
}

int object_attach_xdp(struct object *object, unsigned ifindex, int *ret_prog_fd)
{
	int r = need_open(object);

	if (r)
		return r;
	log_forget();
	object->loaded = true;
	r = xdp_attach(ifindex, object->plan->xdp_mode, object->opened, ret_prog_fd);
	return r ? load_refused(r, "attaching the XDP program") : 0;
}

static int keep_fd(int fd)
{
	int kept = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return kept < 0 ? -errno : kept;
}

int object_load(struct object *object, enum pc_hook hook, int *ret_prog_fd)
{
	int fd = need_open(object);

	if (fd)
		return fd;
	/* The XDP program that is attached already stays as it is. */
	if (!object->loaded && hook != PC_HOOK_XDP)
		bpf_program__set_autoload(program_of(object->opened, PC_HOOK_XDP), false);
	log_forget();
	if (!object->loaded && bpf_object__load(object->opened))
		return load_refused(errno, "loading the programs");
	object->loaded = true;
	fd = keep_fd(bpf_program__fd(program_of(object->opened, hook)));
	if (fd < 0)
		return load_refused(fd, "loading the programs");
	*ret_prog_fd = fd;
	return 0;
}

static void close_object(struct bpf_object **object)
{
	bpf_object__close(*object);
}

/* A twin shares what is there, and leaves no pins of its own. */
static int share_only(struct bpf_object *object)
{
	struct bpf_map *map;
	int r = 0;

	bpf_object__for_each_map(map, object)
	{
		const char *path = bpf_map__pin_path(map);

		if (!r && path && access(path, F_OK))
			r = bpf_map__set_pin_path(map, NULL);
	}
	return r;
}

int object_load_dry_run(const struct pins *pins, enum pc_hook hook, const struct pc_plan *plan,
                        int *ret_prog_fd, int *ret_decision_fd)
{
	__attribute__((cleanup(close_object))) struct bpf_object *object = NULL;
	auto_close int prog = -1, decision = -1;
	struct pc_plan twin = *plan;
	int r;

	twin.policies = 1;
	r = open_object(pins, &twin, true, &object);
	if (r)
		return r;
	wanted(object, hook == PC_HOOK_XDP, hook == PC_HOOK_TC_INGRESS, hook == PC_HOOK_TC_EGRESS);
	r = share_only(object);
	log_forget();
	if (r || bpf_object__load(object))
		return load_refused(r ? r : errno, "loading a twin of the program");
	prog = r = keep_fd(bpf_program__fd(program_of(object, hook)));
	if (r >= 0)
		decision = r = keep_fd(bpf_object__find_map_fd_by_name(object, "pc_decision"));
	if (r < 0)
		return load_refused(r, "loading a twin of the program");
	*ret_prog_fd = TAKE_FD(prog);
	*ret_decision_fd = TAKE_FD(decision);
	return 0;
}
