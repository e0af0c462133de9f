/* SPDX-License-Identifier: GPL-2.0-only */
/* Knobs the loader freezes before load; what they switch off, the verifier removes. Weak, as are
 * the maps and the license: the doors are linked into one object. */
#ifndef BPF_CONFIG_H
#define BPF_CONFIG_H

#include <linux/types.h>

#include <bpf/bpf_helpers.h>

/* Whether the kernel has bpf_cast_to_kern_ctx(), new in 6.2: XDP then tells frames of several
 * buffers without a call, and TC ingress packets that lost their link header. */
const volatile __u8 can_see_kern_ctx __weak = 0;

/* Whether XDP acts on the policy, and does not only count and measure. */
const volatile __u8 early_drop __weak = 0;

/* To XDP that does and knows policies: whether TC ingress comes behind. There tags that are kept
 * beside the packet are seen, and what a super-packet becomes; so XDP drops only what it is sure
 * of, and leaves the rest with the books of it to TC. */
const volatile __u8 tc_decides __weak = 0;

/* To doors that know policies: whether to judge only. Nothing is counted, nothing is taken from
 * rate limits, nothing is kept of the flow, and the decision is written to pc_decision. */
const volatile __u8 dry_run __weak = 0;

#endif
