/* SPDX-License-Identifier: GPL-2.0-only */
/* What of ours is attached to an interface, and how it comes to be what a plan says. */
#include "lib/kern/guard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "abi/names.h"
#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/kern/bpffs.h"
#include "lib/kern/object.h"
#include "lib/kern/prog.h"

/* What a hook's program, and its tcx link if it has one, are pinned as. */
static const struct {
	const char *prog, *link;
} pin_names[PC_HOOK_COUNT] = {
	[PC_HOOK_XDP] = { "prog_xdp", NULL },
	[PC_HOOK_TC_INGRESS] = { "prog_tc_ingress", "link_tc_ingress" },
	[PC_HOOK_TC_EGRESS] = { "prog_tc_egress", "link_tc_egress" },
};

static void unpin(const struct pins *pins, const char *entry)
{
	char path[PATH_MAX];

	unlink(pins_path(pins, entry, path));
}

/* --- what is there --- */

struct filter_search {
	const struct prog_owner *owner;
	struct guard_tc *tc;
};

static int on_filter(const struct tc_filter *filter, void *data)
{
	struct filter_search *search = data;

	if (search->tc->count < GUARD_MAX_FILTERS && prog_is_owned(filter->prog_id, search->owner))
		search->tc->filters[search->tc->count++] = *filter;
	return 0;
}

/* The program a pinned tcx link runs; 0 when there is no such pin, or its interface is gone. */
static uint32_t observe_link(const struct pins *pins, enum pc_hook hook)
{
	struct bpf_link_info info = { 0 };
	__u32 len = sizeof(info);
	char path[PATH_MAX];
	auto_close int fd = bpf_obj_get(pins_path(pins, pin_names[hook].link, path));

	/* For tcx the kernel says the interface where it does so for XDP (struct bpf_link_info). */
	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len) || !info.xdp.ifindex)
		return 0;
	return info.prog_id;
}

int guard_observe(const struct pins *pins, unsigned ifindex, struct guard *ret_guard)
{
	struct guard guard = { .xdp_id = 0 };
	struct prog_owner owner;
	int r;

	prog_owner_read(pins, &owner);
	r = xdp_query(ifindex, &guard.xdp);
	for (unsigned i = 0; !r && i < guard.xdp.count; i++) {
		if (prog_is_owned(guard.xdp.progs[i].id, &owner))
			guard.xdp_id = guard.xdp.progs[i].id;
	}
	for (enum pc_hook hook = PC_HOOK_TC_INGRESS; !r && hook <= PC_HOOK_TC_EGRESS; hook++) {
		struct filter_search search = { &owner, &guard.tc[hook] };

		guard.tc[hook].link_prog_id = observe_link(pins, hook);
		r = tc_each_filter(ifindex, hook, on_filter, &search);
	}
	if (!r)
		*ret_guard = guard;
	return r;
}

/* --- TC --- */

static int need_clsact(const struct pins *pins, struct pc_meta *meta)
{
	const char *kind = NULL;
	int r = tc_qdisc_kind(meta->ifindex, &kind);

	if (r || (kind && !strcmp(kind, "clsact")))
		return r;
	if (kind)
		return fail_because(
			EBUSY,
			"%s: the %s qdisc is in the place of clsact and not ours to remove; "
			"try --tc tcx",
			pins_name(pins), kind);
	meta->made_clsact = 1;
	r = pins_write_meta(pins, meta);
	return r ? r : tc_make_clsact(meta->ifindex);
}

static int add_filter(const struct pins *pins, struct pc_meta *meta, enum pc_hook hook, int prog)
{
	int r = need_clsact(pins, meta);

	return r ? r : tc_attach_filter(meta->ifindex, hook, prog);
}

static int add_link(const struct pins *pins, const struct pc_meta *meta, enum pc_hook hook,
                    int prog)
{
	auto_close int link = tcx_attach(meta->ifindex, hook, prog);

	if (link == -EINVAL)
		return fail_because(
			EOPNOTSUPP,
			"%s: this kernel has no tcx (Linux 6.6 and up); use --tc clsact",
			pins_name(pins));
	if (link < 0)
		return fail(link, "attaching the tcx link");
	return prog_pin(link, pins, pin_names[hook].link);
}

static int replace_in_link(const struct pins *pins, enum pc_hook hook, int prog)
{
	char path[PATH_MAX];
	auto_close int link = bpf_obj_get(pins_path(pins, pin_names[hook].link, path));

	return link < 0 ? fail(errno, "%s", path) : tcx_replace(link, prog);
}

/* Attaches a hook's program, in the place of the one that is there: no packet is counted twice or
 * gets by unfiltered. */
static int put_program(const struct pins *pins, struct pc_meta *meta, enum pc_hook hook,
                       const struct guard_tc *now, struct object *object)
{
	bool tcx = object->plan->tc_backend == PC_TC_TCX;
	auto_close int prog = -1;
	int r = object_load(object, hook, &prog);

	if (!r && tcx)
		r = now->link_prog_id ? replace_in_link(pins, hook, prog)
		                      : add_link(pins, meta, hook, prog);
	else if (!r)
		r = now->count ? tc_replace_filter(meta->ifindex, hook, &now->filters[0], prog)
		               : add_filter(pins, meta, hook, prog);
	return r ? r : prog_pin(prog, pins, pin_names[hook].prog);
}

/* When a program comes to another place, it is there before the old one goes: for a moment a packet
 * may be counted by both, but none gets by unfiltered. */
static int converge_tc(const struct pins *pins, struct pc_meta *meta, enum pc_hook hook,
                       const struct guard_tc *now, struct object *object, bool renew)
{
	enum pc_tc_backend backend = object->plan->tc_backend;
	bool there = backend == PC_TC_TCX ? now->link_prog_id : now->count;
	int r = 0;

	if (backend != PC_TC_NONE && (renew || !there))
		r = put_program(pins, meta, hook, now, object);
	for (unsigned i = backend == PC_TC_CLSACT; !r && i < now->count; i++)
		r = tc_detach_filter(meta->ifindex, hook, &now->filters[i]);
	if (!r && backend != PC_TC_TCX)
		unpin(pins, pin_names[hook].link);
	if (!r && backend == PC_TC_NONE)
		unpin(pins, pin_names[hook].prog);
	return r;
}

static int release_clsact(struct pc_meta *meta)
{
	int r = meta->made_clsact ? tc_remove_clsact(meta->ifindex) : 0;

	if (!r)
		meta->made_clsact = 0;
	return r;
}

static int converge_tc_hooks(const struct pins *pins, struct pc_meta *meta, const struct guard *now,
                             struct object *object, bool renew)
{
	int r = 0;

	for (enum pc_hook hook = PC_HOOK_TC_INGRESS; !r && hook <= PC_HOOK_TC_EGRESS; hook++)
		r = converge_tc(pins, meta, hook, &now->tc[hook], object, renew);
	return r || object->plan->tc_backend == PC_TC_CLSACT ? r : release_clsact(meta);
}

/* --- XDP --- */

static int add_xdp(const struct pins *pins, struct pc_meta *meta, struct object *object)
{
	auto_close int prog = -1;
	int r;

	if (access(PC_LIBXDP_DIR, F_OK)) {
		meta->made_xdp_dir = 1;
		r = pins_write_meta(pins, meta);
		if (r)
			return r;
	}
	r = object_attach_xdp(object, meta->ifindex, &prog);
	return r ? r : prog_pin(prog, pins, pin_names[PC_HOOK_XDP].prog);
}

/* In the place of the one that is there: as put_program() does on TC. */
static int replace_xdp(const struct pins *pins, const struct pc_meta *meta, uint32_t id,
                       struct object *object)
{
	auto_close int prog = -1;
	int r = object_load(object, PC_HOOK_XDP, &prog);

	if (!r)
		r = xdp_replace(meta->ifindex, object->plan->xdp_mode, id, prog);
	return r ? r : prog_pin(prog, pins, pin_names[PC_HOOK_XDP].prog);
}

static int converge_xdp(const struct pins *pins, struct pc_meta *meta, const struct guard *now,
                        struct object *object, bool renew)
{
	const struct pc_plan *plan = object->plan;
	bool foreign_alone = now->xdp.mode != PC_XDP_NONE && !now->xdp.dispatcher && !now->xdp_id;
	int r = 0;

	if (now->xdp_id && now->xdp.mode == plan->xdp_mode && !renew)
		return 0;
	if (plan->xdp_mode != PC_XDP_NONE && foreign_alone)
		return fail_because(
			EBUSY,
			"%s: XDP program '%s' (id %u) is attached without libxdp's dispatcher "
			"and cannot be joined; detach it, or use --no-xdp",
			pins_name(pins), now->xdp.progs[0].name, now->xdp.progs[0].id);
	if (now->xdp_id && now->xdp.mode == plan->xdp_mode && !now->xdp.dispatcher)
		return replace_xdp(pins, meta, now->xdp_id, object);
	if (now->xdp_id)
		r = xdp_detach(meta->ifindex, now->xdp_id);
	if (!r)
		unpin(pins, pin_names[PC_HOOK_XDP].prog);
	if (!r && plan->xdp_mode != PC_XDP_NONE)
		r = add_xdp(pins, meta, object);
	return r;
}

/* While others of ours are in it, libxdp's directory stays, and one of them will remove it. */
static void hand_on_xdp_dir(const struct pins *pins)
{
	auto_free struct pins *list = NULL;
	size_t count;

	if (pins_list(pins->root, NULL, &list, &count))
		return;
	for (size_t i = 0; i < count; i++) {
		struct pc_meta meta;

		if (!strcmp(list[i].path, pins->path) || pins_state(&list[i], &meta) != PINS_WHOLE)
			continue;
		meta.made_xdp_dir = 1;
		if (!pins_write_meta(&list[i], &meta))
			return;
	}
}

static void release_xdp_dir(const struct pins *pins, struct pc_meta *meta)
{
	struct prog_owner owner;

	prog_owner_read(pins, &owner);
	xdp_remove_leftovers(meta->ifindex, &owner);
	if (!meta->made_xdp_dir)
		return;
	if (rmdir(PC_LIBXDP_DIR) && errno != ENOENT)
		hand_on_xdp_dir(pins);
	meta->made_xdp_dir = 0;
}

/* --- all of it --- */

int guard_converge(const struct pins *pins, struct pc_meta *meta, const struct pc_plan *plan,
                   bool renew)
{
	auto_object struct object object = { .pins = pins, .plan = plan };
	bool policies_change = plan->policies != meta->plan.policies;
	bool alone_changes =
		(plan->tc_backend == PC_TC_NONE) != (meta->plan.tc_backend == PC_TC_NONE);
	/* One that only counts is the same with policies and without, alone and before TC. */
	bool xdp_changes = plan->early_drop != meta->plan.early_drop ||
	                   (plan->early_drop && (policies_change || alone_changes));
	struct guard now;
	int r;

	meta->changing = 1;
	r = pins_write_meta(pins, meta);
	if (!r)
		r = guard_observe(pins, meta->ifindex, &now);
	/* XDP first: its program is loaded, by libxdp if that attaches it, and with it those of TC.
	 */
	if (!r)
		r = converge_xdp(pins, meta, &now, &object, renew || xdp_changes);
	if (!r)
		r = converge_tc_hooks(pins, meta, &now, &object, renew || policies_change);
	if (r)
		return r;
	if (plan->xdp_mode == PC_XDP_NONE)
		release_xdp_dir(pins, meta);
	meta->plan = *plan;
	meta->changing = 0;
	return pins_write_meta(pins, meta);
}

/* Half a directory may lack the map that a plan is written to; what is attached is found all the
 * same, by the maps that are left. */
static int detach_all(const struct pins *pins, struct pc_meta *meta)
{
	const struct pc_plan nothing = { 0 };
	struct object object = { .pins = pins, .plan = &nothing };
	struct guard now;
	int r = guard_observe(pins, meta->ifindex, &now);

	if (!r)
		r = converge_tc_hooks(pins, meta, &now, &object, false);
	return r ? r : converge_xdp(pins, meta, &now, &object, false);
}

int guard_remove(const struct pins *pins, struct pc_meta *meta, bool gone)
{
	int r = 0;

	/* From here on there is no going back, also for whoever finds us interrupted. */
	meta->plan = (struct pc_plan){ 0 };
	if (meta->abi)
		r = pins_write_meta(pins, meta);
	if (r)
		return r;
	if (!meta->ifindex)
		meta->ifindex = if_nametoindex(pins->ifname);
	r = gone || !meta->ifindex ? 0 : detach_all(pins, meta);
	if (r)
		return r;
	release_xdp_dir(pins, meta);
	return bpffs_remove_dir(pins->path);
}
