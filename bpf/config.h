/* SPDX-License-Identifier: GPL-2.0-only */
/* Knobs the loader freezes before load; what they switch off, the verifier removes. */
#ifndef BPF_CONFIG_H
#define BPF_CONFIG_H

#include <linux/types.h>

/* Whether the kernel has bpf_cast_to_kern_ctx(), new in 6.2: XDP then tells frames of several
 * buffers without a call, and TC ingress packets that lost their link header. */
const volatile __u8 can_see_kern_ctx = 0;

/* Whether this hook counts for rules and takes from rate limits. Where XDP enforces as well, it is
 * XDP that does, and TC ingress judges a packet that has been through that before. */
const volatile __u8 bookkeeping = 1;

/* Whether to judge only: nothing is counted, nothing is taken from rate limits, and the decision is
 * written to pc_decision. */
const volatile __u8 dry_run = 0;

#endif
