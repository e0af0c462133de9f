/* SPDX-License-Identifier: GPL-2.0-only */
/* Count a packet, per CPU: one counter cell for hook, reason, protocol and verdict, one size slot.
 */
#ifndef BPF_ACCOUNT_H
#define BPF_ACCOUNT_H

#include "abi/counting.h"
#include "bpf/maps.h"
#include "bpf/packet.h"

static __always_inline void count(struct pc_counter *cell, const struct wire *w)
{
	cell->packets += w->segments;
	cell->bytes += (__u64)(w->segments - 1) * w->size + w->last;
}

static __always_inline void count_size(enum pc_hook hook, __u32 size, __u32 packets)
{
	__u32 slot = pc_size_slot(size);
	__u32 key = hook * PC_BLOCKS_PER_HOOK + slot / PC_SIZE_BLOCK;
	struct pc_size_block *block = bpf_map_lookup_elem(&pc_sizes, &key);

	if (block)
		block->packets[slot % PC_SIZE_BLOCK] += packets;
}

/* Plain additions do: a per-CPU cell of one hook is only ever written by that hook, which the
 * kernel runs with bottom halves off. */
static __always_inline void account(enum pc_hook hook, __u32 key, const struct wire *w)
{
	struct pc_counter *cell = bpf_map_lookup_elem(&pc_counters, &key);

	if (cell)
		count(cell, w);
	if (w->segments > 1)
		count_size(hook, w->size, w->segments - 1);
	count_size(hook, w->last, 1);
}

#endif
