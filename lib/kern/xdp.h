/* SPDX-License-Identifier: GPL-2.0-only */
/* Attach, find and detach on XDP, through libxdp: beside others in its dispatcher where the kernel
 * can (freplace), alone where it cannot. */
#ifndef LIB_KERN_XDP_H
#define LIB_KERN_XDP_H

#include <stdbool.h>
#include <stdint.h>

#include <bpf/libbpf.h>

#include "abi/types.h"
#include "lib/kern/link.h"
#include "lib/kern/prog.h"

#define XDP_MAX_PROGS 16

struct xdp_state {
	enum pc_xdp_mode mode; /* PC_XDP_NONE: nothing is attached */
	bool dispatcher;       /* programs run in libxdp's dispatcher, others may join */
	unsigned count;
	struct xdp_member {
		uint32_t id;
		char name[64];
	} progs[XDP_MAX_PROGS];
};

int xdp_query(unsigned ifindex, struct xdp_state *ret_state);

/* Loads the object's XDP program and attaches it. *ret_prog_fd is the object's to close. */
int xdp_attach(unsigned ifindex, enum pc_xdp_mode mode, struct bpf_object *object,
               int *ret_prog_fd);

/* Puts another program in the place of the one of that id, which is alone: each packet meets the
 * one or the other. libxdp has no such thing for a program in its dispatcher. */
int xdp_replace(unsigned ifindex, enum pc_xdp_mode mode, uint32_t prog_id, int prog_fd);

/* Detaches the one program of that id and leaves the others running. */
int xdp_detach(unsigned ifindex, uint32_t prog_id);

/* Removes what an attach that was killed halfway left in libxdp's directory: dispatchers with a
 * program of ours inside that are not attached. libxdp_clean_references() would do, did it not take
 * interfaces of the same number in other network namespaces for this one. */
int xdp_remove_leftovers(unsigned ifindex, const struct prog_owner *owner);

/* The mode that costs this device least, given what is attached `now`, our own program of id
 * `own_id` (0: none) aside; in *ret_why the reason, a sentence's second half. */
enum pc_xdp_mode xdp_best_mode(const struct link *link, const struct xdp_state *now,
                               uint32_t own_id, bool early_drop, const char **ret_why);

/* Whether this kernel can run programs beside each other in libxdp's dispatcher: it loads one that
 * extends another (freplace), which a kernel in lockdown refuses. */
bool xdp_dispatcher_offered(void);

const char *xdp_mode_name(enum pc_xdp_mode mode);

#endif
