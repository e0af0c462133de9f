/* SPDX-License-Identifier: GPL-2.0-only */
/* Which policy is in force. */
#ifndef BPF_IN_FORCE_H
#define BPF_IN_FORCE_H

#include <bpf/bpf_helpers.h>

#include "abi/image.h"
#include "abi/policy.h"
#include "bpf/maps_policy.h"

/* Asked for once for each packet. */
struct in_force {
	enum pc_choice choice;
	const struct pc_front *front; /* NULL: the built-in one has none */
};

static __always_inline enum pc_choice choice_of(__u64 word)
{
	if (__builtin_expect(!pc_deadline(word), 1))
		return word & PC_CHOICE_MASK;
	return pc_choice_at(word, bpf_ktime_get_coarse_ns());
}

static __always_inline struct in_force policy_in_force(void)
{
	__u64 which = choice_of(*(const volatile __u64 *)&pc_active.word) - PC_CHOICE_A;

	/* Or the compiler compares it before it takes one off: the verifier would not know. */
	asm volatile("" : "+r"(which));
	if (which > PC_CHOICE_B - PC_CHOICE_A)
		return (struct in_force){ .choice = PC_CHOICE_BUILTIN };
	return (struct in_force){ which + PC_CHOICE_A, &pc_active.front[which] };
}

static __always_inline const struct pc_front_side *front_side(const struct in_force *policy)
{
	return &policy->front->side[HOOK_DIRECTION];
}

/* The first of so many few entries, see struct pc_front_side. */
static __always_inline const struct pc_few *front_few(const struct in_force *policy, __u32 few)
{
	__u64 offset = few & (PC_FEW_REACH - PC_FEW_ALIGN);

	return (const void *)policy->front + offset;
}

#endif
