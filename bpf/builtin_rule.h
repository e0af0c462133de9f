/* SPDX-License-Identifier: GPL-2.0-only */
/* The built-in rule, and what it has dropped: in force until a policy takes its place. */
#ifndef BPF_BUILTIN_RULE_H
#define BPF_BUILTIN_RULE_H

#include "abi/policy.h"
#include "bpf/account.h"
#include "bpf/fate.h"
#include "bpf/packet.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct pc_counter);
} pc_builtin SEC(".maps");

static __always_inline struct fate builtin_judge(enum pc_reason reason, const struct packet *p)
{
	struct pc_counter *cell;
	__u32 key = 0;

	if (__builtin_expect(p->word[PC_WORD_DPORT] != PC_BUILTIN_DST_PORT, 1) ||
	    p->protocol != PC_PROTO_TCP)
		return (struct fate){ PC_VERDICT_PASS, reason };

	cell = dry_run ? NULL : bpf_map_lookup_elem(&pc_builtin, &key);
	if (cell)
		count(cell, &p->wire);
	return (struct fate){ PC_VERDICT_DROP, PC_R_RULE };
}

#endif
