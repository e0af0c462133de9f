/* SPDX-License-Identifier: GPL-2.0-only */
/* The per-CPU maps read into plain structs, less what they stood at when they were last reset. */
#ifndef LIB_KERN_COUNTERS_H
#define LIB_KERN_COUNTERS_H

#include "abi/counting.h"
#include "lib/kern/pins.h"

struct counters {
	unsigned cpus;
	struct cpu_counts cpu[];
};

/* How many CPUs the kernel keeps per-CPU values for: all possible ones, also those offline. */
unsigned counters_cpus(void);

/* Reads what was counted since the last reset. The caller frees *ret_counters. */
int counters_read(const struct pins *pins, struct counters **ret_counters);

/* The same, and what was read counts as the reset: a packet is in this reading or in a later one,
 * never in none or both. Nothing in the kernel is set to zero; the reading becomes the baseline of
 * later ones. */
int counters_reset(const struct pins *pins, struct counters **ret_counters);

/* Adds up all CPUs. */
void counters_sum(const struct counters *counters, struct cpu_counts *ret_sum);

/* One hook's share of an array of cells or blocks. */
const struct pc_counter *counts_cell(const struct cpu_counts *counts, enum pc_hook hook,
                                     enum pc_reason reason, enum pc_protocol proto,
                                     enum pc_verdict verdict);
__u64 counts_size(const struct cpu_counts *counts, enum pc_hook hook, __u32 slot);

#endif
