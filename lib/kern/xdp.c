/* SPDX-License-Identifier: GPL-2.0-only */
/* Attach, find and detach on XDP, through libxdp: beside others in its dispatcher where the kernel
 * can (freplace), alone where it cannot. */
#include "lib/kern/xdp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <xdp/libxdp.h>

#include "abi/names.h"
#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/kern/bpffs.h"
#include "lib/kern/prog.h"

/* Drivers whose native XDP switches off what makes TCP fast. */
static const struct {
	const char *driver, *why;
} native_costs[] = {
	{ "veth", "a native program on veth switches off the peer's TCP segmentation offload" },
	{ "virtio_net", "a native program on virtio_net switches off large receive offloads" },
};

const char *xdp_mode_name(enum pc_xdp_mode mode)
{
	switch (mode) {
	case PC_XDP_NATIVE:
		return "native";
	case PC_XDP_SKB:
		return "skb";
	default:
		return "none";
	}
}

enum pc_xdp_mode xdp_best_mode(const struct link *link, const struct xdp_state *now,
                               uint32_t own_id, bool early_drop, const char **ret_why)
{
	if (now->dispatcher && now->count > (own_id ? 1 : 0)) {
		*ret_why = "the dispatcher that others are in runs in that mode";
		return now->mode;
	}
	if (early_drop) {
		*ret_why = "early drop is meant to come before the skb";
		return PC_XDP_NATIVE;
	}
	for (size_t i = 0; i < sizeof(native_costs) / sizeof(*native_costs); i++) {
		if (!strcmp(link->driver, native_costs[i].driver)) {
			*ret_why = native_costs[i].why;
			return PC_XDP_SKB;
		}
	}
	*ret_why = "the driver runs programs before it makes an skb";
	return PC_XDP_NATIVE;
}

static void close_multiprog(struct xdp_multiprog **multi)
{
	if (!libxdp_get_error(*multi))
		xdp_multiprog__close(*multi);
}
#define auto_multiprog __attribute__((cleanup(close_multiprog)))

static void close_program(struct xdp_program **program)
{
	if (!libxdp_get_error(*program))
		xdp_program__close(*program);
}
#define auto_program __attribute__((cleanup(close_program)))

static uint32_t id_of(const struct xdp_program *program)
{
	return prog_id(xdp_program__fd(program));
}

static void add_member(struct xdp_state *state, const struct xdp_program *program)
{
	struct xdp_member *member = &state->progs[state->count];

	if (state->count == XDP_MAX_PROGS)
		return;
	member->id = id_of(program);
	snprintf(member->name, sizeof(member->name), "%s", xdp_program__name(program) ?: "?");
	state->count++;
}

static enum pc_xdp_mode mode_of(enum xdp_attach_mode mode)
{
	return mode == XDP_MODE_SKB ? PC_XDP_SKB : PC_XDP_NATIVE;
}

int xdp_query(unsigned ifindex, struct xdp_state *ret_state)
{
	auto_multiprog struct xdp_multiprog *multi = xdp_multiprog__get_from_ifindex(ifindex);
	long error = libxdp_get_error(multi);
	struct xdp_state state = { 0 };

	if (error && error != -ENOENT)
		return fail(error, "asking for XDP programs");
	if (!error) {
		state.mode = mode_of(xdp_multiprog__attach_mode(multi));
		state.dispatcher = !xdp_multiprog__is_legacy(multi);
		if (!state.dispatcher)
			add_member(&state, xdp_multiprog__main_prog(multi));
		for (struct xdp_program *p = NULL;
		     state.dispatcher && (p = xdp_multiprog__next_prog(p, multi));)
			add_member(&state, p);
	}
	*ret_state = state;
	return 0;
}

int xdp_attach(unsigned ifindex, enum pc_xdp_mode mode, struct bpf_object *object, int *ret_prog_fd)
{
	DECLARE_LIBXDP_OPTS(xdp_program_opts, opts, .obj = object, .prog_name = "portcullis_xdp");
	auto_program struct xdp_program *program = xdp_program__create(&opts);
	long error = libxdp_get_error(program);

	if (error)
		return error;
	/* libbpf takes the section's word for it at load, when libxdp has chosen its dispatcher. */
	error = xdp_program__set_xdp_frags_support(program, true);
	if (error)
		return error;
	error = xdp_program__attach(program, ifindex,
	                            mode == PC_XDP_SKB ? XDP_MODE_SKB : XDP_MODE_NATIVE, 0);
	if (error)
		return error;
	/* The program's own goes with it. */
	*ret_prog_fd = fcntl(xdp_program__fd(program), F_DUPFD_CLOEXEC, 0);
	return *ret_prog_fd < 0 ? -errno : 0;
}

int xdp_replace(unsigned ifindex, enum pc_xdp_mode mode, uint32_t id, int prog_fd)
{
	__u32 flags = mode == PC_XDP_SKB ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
	auto_close int old = bpf_prog_get_fd_by_id(id);
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts, .old_prog_fd = old);
	int r = old < 0 ? -errno
	                : bpf_xdp_attach(ifindex, prog_fd, flags | XDP_FLAGS_REPLACE, &opts);

	return r ? fail(r, "replacing the XDP program") : 0;
}

int xdp_detach(unsigned ifindex, uint32_t id)
{
	auto_multiprog struct xdp_multiprog *multi = xdp_multiprog__get_from_ifindex(ifindex);
	struct xdp_program *program = NULL;
	long error = libxdp_get_error(multi);

	if (error)
		return error == -ENOENT ? 0 : fail(error, "asking for XDP programs");
	if (xdp_multiprog__is_legacy(multi)) {
		/* Somebody else's by now: not ours to remove. */
		if (id_of(xdp_multiprog__main_prog(multi)) != id)
			return 0;
		error = xdp_multiprog__detach(multi);
	} else {
		while ((program = xdp_multiprog__next_prog(program, multi)) && id_of(program) != id)
			;
		if (!program)
			return 0;
		error = xdp_program__detach(program, ifindex, xdp_multiprog__attach_mode(multi), 0);
	}
	return error ? fail(error, "detaching the XDP program") : 0;
}

struct dispatcher_dir {
	char path[sizeof(PC_LIBXDP_DIR) + NAME_MAX + 1];
};

/* Whether a dispatcher's directory has a program of ours pinned: libxdp calls the pins progN-prog.
 */
static bool holds_ours(const struct dispatcher_dir *dir, const struct prog_owner *owner)
{
	for (int i = 0; i < XDP_MAX_PROGS; i++) {
		char path[sizeof(struct dispatcher_dir) + 16];
		auto_close int fd = -1;

		snprintf(path, sizeof(path), "%s/prog%d-prog", dir->path, i);
		fd = bpf_obj_get(path);
		if (fd < 0)
			return false;
		if (prog_is_owned(prog_id(fd), owner))
			return true;
	}
	return false;
}

int xdp_remove_leftovers(unsigned ifindex, const struct prog_owner *owner)
{
	auto_closedir DIR *dir = opendir(PC_LIBXDP_DIR);
	__u32 attached = 0;
	struct dirent *entry;

	/* An interface that is gone has none attached. */
	bpf_xdp_query_id(ifindex, 0, &attached);
	while (dir && (entry = readdir(dir))) {
		unsigned entry_ifindex, dispatcher;
		struct dispatcher_dir found;

		if (sscanf(entry->d_name, "dispatch-%u-%u", &entry_ifindex, &dispatcher) != 2 ||
		    entry_ifindex != ifindex || dispatcher == attached)
			continue;
		snprintf(found.path, sizeof(found.path), PC_LIBXDP_DIR "/%s", entry->d_name);
		if (holds_ours(&found, owner) && bpffs_remove_dir(found.path))
			return -EIO;
	}
	return 0;
}

bool xdp_dispatcher_offered(void)
{
	return libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_EXT, NULL) == 1;
}
