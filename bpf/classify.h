/* SPDX-License-Identifier: GPL-2.0-only */
/* What the policy says of a packet: the one place where its fate is decided. */
#ifndef BPF_CLASSIFY_H
#define BPF_CLASSIFY_H

#include <bpf/bpf_endian.h>

#include "abi/policy.h"
#include "bpf/packet.h"

static __always_inline enum pc_verdict classify(const struct packet *p)
{
	if (__builtin_expect(p->dport == bpf_htons(PC_BUILTIN_DST_PORT), 0) &&
	    p->protocol == PC_PROTO_TCP)
		return PC_VERDICT_DROP;
	return PC_VERDICT_PASS;
}

#endif
