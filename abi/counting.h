/* SPDX-License-Identifier: GPL-2.0-only */
/* Which cell and which histogram slot a packet is counted in: computed alike on both sides. */
#ifndef PC_ABI_COUNTING_H
#define PC_ABI_COUNTING_H

#include "reasons.h"
#include "types.h"

/* pc_counters: one cell for each hook, reason, protocol and verdict, so that a packet touches one
 * cell only and every total is derived when reading. */
#define PC_CELLS_PER_HOOK (PC_R_COUNT * PC_PROTO_COUNT * PC_VERDICT_COUNT)
#define PC_CELLS          (PC_HOOK_COUNT * PC_CELLS_PER_HOOK)

static inline __attribute__((always_inline)) __u32 pc_cell(enum pc_hook hook, enum pc_reason reason,
                                                           enum pc_protocol proto,
                                                           enum pc_verdict verdict)
{
	return ((hook * PC_R_COUNT + reason) * PC_PROTO_COUNT + proto) * PC_VERDICT_COUNT + verdict;
}

/* pc_sizes: a slot for every size up to PC_SIZE_EXACT bytes, above that one per PC_SIZE_STEP bytes
 * up to PC_SIZE_TOP, and a last one for all that is larger. */
#define PC_SIZE_EXACT 9216
#define PC_SIZE_STEP  64
#define PC_SIZE_TOP   65536
#define PC_SLOT_OVER  (PC_SIZE_EXACT + 1 + (PC_SIZE_TOP - PC_SIZE_EXACT) / PC_SIZE_STEP)
#define PC_SLOTS      (PC_SLOT_OVER + 1)

#define PC_BLOCKS_PER_HOOK ((PC_SLOTS + PC_SIZE_BLOCK - 1) / PC_SIZE_BLOCK)
#define PC_BLOCKS          (PC_HOOK_COUNT * PC_BLOCKS_PER_HOOK)

/* Everything one CPU counted for one interface: pc_counters and pc_sizes in their order. What
 * pc_baseline, which user space keeps, has for each CPU. */
struct cpu_counts {
	struct pc_counter cells[PC_CELLS];
	struct pc_size_block blocks[PC_BLOCKS];
};

/* The slot for a packet of so many bytes. */
static inline __attribute__((always_inline)) __u32 pc_size_slot(__u32 size)
{
	if (size <= PC_SIZE_EXACT)
		return size;
	if (size > PC_SIZE_TOP)
		return PC_SLOT_OVER;
	return PC_SIZE_EXACT + 1 + (size - PC_SIZE_EXACT - 1) / PC_SIZE_STEP;
}

/* The smallest size counted in a slot, bytes: the inverse of pc_size_slot() where slots are exact.
 */
static inline __attribute__((always_inline)) __u32 pc_slot_size(__u32 slot)
{
	if (slot <= PC_SIZE_EXACT)
		return slot;
	return PC_SIZE_EXACT + 1 + (slot - PC_SIZE_EXACT - 1) * PC_SIZE_STEP;
}

#endif
