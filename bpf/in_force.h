/* SPDX-License-Identifier: GPL-2.0-only */
/* Which policy is in force. */
#ifndef BPF_IN_FORCE_H
#define BPF_IN_FORCE_H

#include <bpf/bpf_helpers.h>

#include "abi/image.h"
#include "abi/policy.h"
#include "bpf/image.h"
#include "bpf/maps_policy.h"

/* Asked for once for each packet. */
struct in_force {
	enum pc_choice choice;
	__u32 image;                   /* the key of its first page */
	const struct pc_image *header; /* NULL: the built-in one */
	const struct pc_side *side;    /* of this hook's direction; NULL as well */
};

static __always_inline enum pc_choice choice_in_force(void)
{
	__u32 key = 0;
	const __u64 *word = bpf_map_lookup_elem(&pc_active, &key);
	__u64 active = word ? *(const volatile __u64 *)word : 0;

	if (__builtin_expect(!pc_deadline(active), 1))
		return active & PC_CHOICE_MASK;
	return pc_choice_at(active, bpf_ktime_get_coarse_ns());
}

static __always_inline struct in_force policy_in_force(void)
{
	enum pc_choice choice = choice_in_force();
	__u32 image = PC_PAGE_OF_IMAGE(choice);
	const struct pc_image *header = choice ? image_at(image, 0) : NULL;

	if (!header)
		return (struct in_force){ .choice = PC_CHOICE_BUILTIN };
	return (struct in_force){ choice, image, header, &header->side[HOOK_DIRECTION] };
}

#endif
