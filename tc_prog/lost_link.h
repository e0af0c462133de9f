/* SPDX-License-Identifier: GPL-2.0-only */
/* A packet on its way in may have lost its link header: how to find out. */
#ifndef TC_PROG_LOST_LINK_H
#define TC_PROG_LOST_LINK_H

#include <stdbool.h>

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "bpf/config.h"

typedef struct __sk_buff hook_ctx;

/* The kernel's own view of the packet, as far as we look at it. */
struct sk_buff {
	unsigned char *head, *data;
	__u16 mac_header; /* bytes from head */
} __attribute__((preserve_access_index));

extern void *bpf_cast_to_kern_ctx(void *ctx) __ksym __weak;

/* Whether the link header is not in the packet's data. When a program in skb mode has the kernel
 * copy a packet (net/core/skbuff.c, skb_pp_cow_data, since Linux 6.9) the copy forgets how long its
 * link header is, and TC ingress is shown the packet from the network header on. */
static __always_inline bool hook_lacks_link(hook_ctx *ctx)
{
	const struct sk_buff *skb;

	if (!can_see_kern_ctx)
		return false;
	skb = bpf_cast_to_kern_ctx(ctx);
	return skb->data - skb->head != skb->mac_header;
}

#endif
