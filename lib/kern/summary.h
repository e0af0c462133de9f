/* SPDX-License-Identifier: GPL-2.0-only */
/* What one hook counted, as people ask for it: totals, shares and sizes, worked out of cells and
 * slots. */
#ifndef LIB_KERN_SUMMARY_H
#define LIB_KERN_SUMMARY_H

#include "lib/kern/counters.h"

/* RMON's buckets (RFC 2819, etherStatsPkts...Octets), and above them those of jumbo frames. */
#define SIZE_BUCKETS 9

struct size_bucket {
	__u32 from, to; /* bytes, both included; the last has no end: UINT32_MAX */
	__u64 packets;
};

struct summary {
	struct pc_counter total, passed, dropped;
	struct pc_counter protocols[PC_PROTO_COUNT];
	struct pc_counter reasons[PC_R_COUNT];
	/* Sizes in bytes; 0 when nothing was counted. Above PC_SIZE_EXACT the smallest of the slot.
	 */
	__u32 min, max, p50, p90, p99;
	double mean;
	struct size_bucket buckets[SIZE_BUCKETS];
};

void summarize(const struct cpu_counts *counts, enum pc_hook hook, struct summary *ret_summary);

extern const char *const hook_tokens[PC_HOOK_COUNT];
extern const char *const protocol_tokens[PC_PROTO_COUNT];
extern const char *const reason_tokens[PC_R_COUNT];
extern const char *const reason_sentences[PC_R_COUNT];

#endif
