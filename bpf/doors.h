/* SPDX-License-Identifier: GPL-2.0-only */
/* The way from a program that is attached to the one that knows policies, once there is one. */
#ifndef BPF_DOORS_H
#define BPF_DOORS_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "abi/names.h"
#include "abi/policy.h"

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, PC_DOOR_COUNT);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, __u32);
} pc_doors SEC(".maps");

/* Returns only if there is none. */
static __always_inline void hand_over(void *ctx, enum pc_door door)
{
	bpf_tail_call(ctx, &pc_doors, door);
}

#endif
