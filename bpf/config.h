/* SPDX-License-Identifier: GPL-2.0-only */
/* Knobs the loader freezes before load; what they switch off, the verifier removes. */
#ifndef BPF_CONFIG_H
#define BPF_CONFIG_H

#include <linux/types.h>

/* Whether this hook acts on the policy or only counts and measures. */
const volatile __u8 enforce = 1;

/* Whether the kernel has bpf_cast_to_kern_ctx(), new in 6.2: XDP then tells frames of several
 * buffers without a call, and TC ingress packets that lost their link header. */
const volatile __u8 can_see_kern_ctx = 0;

#endif
