/* SPDX-License-Identifier: GPL-2.0-only */
/* The maps of those programs that know policies. */
#ifndef BPF_MAPS_POLICY_H
#define BPF_MAPS_POLICY_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "abi/names.h"
#include "abi/policy.h"

/* A variable, as it is read for each packet: nothing is looked up. libbpf makes a map of the
 * section, which has to be as create_active() makes it (lib/kern/engine.c): nothing else may be in
 * it, and it is BPF_F_MMAPABLE as the variable is global. */
struct pc_active pc_active __weak SEC(PC_SECTION_ACTIVE);

/* How many it has depends on the number of CPUs: the loader says. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, PC_PAGES(1));
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__array(
		values, struct {
			__uint(type, BPF_MAP_TYPE_ARRAY);
			__uint(map_flags, BPF_F_MMAPABLE);
			__uint(max_entries, 1);
			__uint(key_size, sizeof(__u32));
			__uint(value_size, sizeof(struct pc_page));
		});
} pc_pages __weak SEC(".maps");

/* What a dry run came to. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct pc_decision);
} pc_decision __weak SEC(".maps");

#endif
