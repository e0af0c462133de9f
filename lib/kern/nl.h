/* SPDX-License-Identifier: GPL-2.0-only */
/* One rtnetlink question and all its answers. */
#ifndef LIB_KERN_NL_H
#define LIB_KERN_NL_H

#include <libmnl/libmnl.h>

#define NL_BUFFER_SIZE 32768 /* what the kernel fills a dump's messages up to */

/* Sends `request` and calls `each` with `data` for every message of the answer; its result is
 * libmnl's: MNL_CB_OK to go on. Returns 0 or a negative errno value, unsaid: only the caller knows
 * what it means. */
int nl_ask(struct nlmsghdr *request, mnl_cb_t each, void *data);

#endif
