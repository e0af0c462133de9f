/* SPDX-License-Identifier: GPL-2.0-only */
/* The built-in rule, and what it has dropped: in force until a policy takes its place. */
#ifndef BPF_BUILTIN_RULE_H
#define BPF_BUILTIN_RULE_H

#include "abi/policy.h"
#include "bpf/account.h"
#include "bpf/packet.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, struct pc_counter);
} pc_builtin __weak SEC(".maps");

static __always_inline bool builtin_drops(const struct packet *p)
{
	return __builtin_expect(p->word[PC_WORD_DPORT] == PC_BUILTIN_DST_PORT, 0) &&
	       p->protocol == PC_PROTO_TCP;
}

static __always_inline void count_builtin(const struct wire *w)
{
	__u32 key = 0;
	struct pc_counter *cell = bpf_map_lookup_elem(&pc_builtin, &key);

	if (cell)
		count(cell, w);
}

#endif
