/* SPDX-License-Identifier: GPL-2.0-only */
/* Attach, find and detach on TC: filters on clsact, or tcx links where asked and the kernel has
 * them. */
#ifndef LIB_KERN_TC_H
#define LIB_KERN_TC_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/types.h"

/* A classifier on clsact. Handles and priorities in host byte order, as `tc filter show` prints
 * them. */
struct tc_filter {
	uint32_t priority, handle;
	uint32_t prog_id; /* 0: not a BPF classifier */
};

/* What qdisc holds the place of clsact: NULL none, else its kind, "clsact" or "ingress". */
int tc_qdisc_kind(unsigned ifindex, const char **ret_kind);

/* Makes clsact; it is an error for one to be there. */
int tc_make_clsact(unsigned ifindex);

/* Removes clsact unless somebody's filter is on it. */
int tc_remove_clsact(unsigned ifindex);

/* Calls `each` for every classifier on a TC hook of clsact; another result than 0 ends it. */
int tc_each_filter(unsigned ifindex, enum pc_hook hook,
                   int (*each)(const struct tc_filter *filter, void *data), void *data);

/* Attaches a program in direct-action mode, before all other filters where there is room. */
int tc_attach_filter(unsigned ifindex, enum pc_hook hook, int prog_fd);

/* Puts another program in the place of a filter's: each packet meets the one or the other. */
int tc_replace_filter(unsigned ifindex, enum pc_hook hook, const struct tc_filter *filter,
                      int prog_fd);
int tc_detach_filter(unsigned ifindex, enum pc_hook hook, const struct tc_filter *filter);

/* Attaches by a tcx link (Linux 6.6), before all other programs. The link's file descriptor;
 * negative errno unsaid, -EINVAL where the kernel has none. */
int tcx_attach(unsigned ifindex, enum pc_hook hook, int prog_fd);

/* Puts another program in the place of a link's: each packet meets the one or the other. */
int tcx_replace(int link_fd, int prog_fd);

/* Whether this kernel has tcx. */
bool tcx_offered(void);

#endif
