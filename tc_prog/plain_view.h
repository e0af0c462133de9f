/* SPDX-License-Identifier: GPL-2.0-only */
/* What there is to know of a packet on its way out without asking the kernel's own struct: whoever
 * does that has libbpf read all of the kernel's BTF first. */
#ifndef TC_PROG_PLAIN_VIEW_H
#define TC_PROG_PLAIN_VIEW_H

#include <stdbool.h>

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

typedef struct __sk_buff hook_ctx;
#define HOOK_NAME(name) name##_out
#define HOOK_DIRECTION  PC_OUT

/* On its way out a packet begins with its link header ... */
static __always_inline bool hook_lacks_link(hook_ctx *ctx)
{
	(void)ctx;
	return false;
}

/* ... and the kernel has worked out what a tunnel adds to segments. */
static __always_inline __u32 hook_tunnel_header_len(hook_ctx *ctx)
{
	(void)ctx;
	return 0;
}

#endif
