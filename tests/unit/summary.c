/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/kern/summary.c: totals, shares and percentiles from cells and slots filled by hand. */
#include <stdint.h>
#include <stdlib.h>

#include "lib/base/cleanup.h"
#include "lib/kern/summary.h"
#include "tests/tap.h"

static void put(struct cpu_counts *counts, enum pc_reason reason, enum pc_protocol proto,
                enum pc_verdict verdict, __u32 size, __u64 packets)
{
	__u32 slot = pc_size_slot(size);
	struct pc_counter *cell =
		&counts->cells[pc_cell(PC_HOOK_TC_INGRESS, reason, proto, verdict)];

	cell->packets += packets;
	cell->bytes += packets * size;
	counts->blocks[PC_HOOK_TC_INGRESS * PC_BLOCKS_PER_HOOK + slot / PC_SIZE_BLOCK]
		.packets[slot % PC_SIZE_BLOCK] += packets;
}

static void nothing_counted(struct cpu_counts *counts)
{
	struct summary s;

	summarize(counts, PC_HOOK_XDP, &s);
	tap_check_int(s.total.packets, 0);
	tap_check_int(s.max, 0);
	tap_check_int(s.p99, 0);
}

static void totals_and_shares(struct cpu_counts *counts)
{
	struct summary s;

	put(counts, PC_R_PASS, PC_PROTO_TCP, PC_VERDICT_PASS, 1514, 5);
	put(counts, PC_R_RULE, PC_PROTO_TCP, PC_VERDICT_DROP, 74, 3);
	put(counts, PC_R_SHORT, PC_PROTO_UDP, PC_VERDICT_PASS, 60, 2);
	summarize(counts, PC_HOOK_TC_INGRESS, &s);
	tap_check_int(s.total.packets, 10);
	tap_check_int(s.total.bytes, 5 * 1514 + 3 * 74 + 2 * 60);
	tap_check_int(s.passed.packets, 7);
	tap_check_int(s.dropped.packets, 3);
	tap_check_int(s.dropped.bytes, 222);
	tap_check_int(s.protocols[PC_PROTO_TCP].packets, 8);
	tap_check_int(s.protocols[PC_PROTO_UDP].bytes, 120);
	tap_check_int(s.reasons[PC_R_RULE].packets, 3);
	tap_check_int(s.reasons[PC_R_SHORT].packets, 2);
	summarize(counts, PC_HOOK_TC_EGRESS, &s);
	tap_check_int(s.total.packets, 0);
}

static void sizes_and_buckets(const struct cpu_counts *counts)
{
	struct summary s;

	summarize(counts, PC_HOOK_TC_INGRESS, &s);
	tap_check_int(s.min, 60);
	tap_check_int(s.max, 1514);
	tap_check_int(s.mean * 10, (5 * 1514 + 3 * 74 + 2 * 60));
	tap_check_int(s.p50, 74);
	tap_check_int(s.p90, 1514);
	tap_check_int(s.buckets[0].packets, 2);
	tap_check_int(s.buckets[2].packets, 3);
	tap_check_int(s.buckets[6].packets, 5);
	tap_check_int(s.buckets[SIZE_BUCKETS - 1].to, UINT32_MAX);
}

/* Nearest rank: the k-th of n sorted, k = n * percent / 100 rounded up. */
static void nearest_rank(struct cpu_counts *counts)
{
	struct summary s;

	memset(counts, 0, sizeof(*counts));
	for (__u32 size = 1; size <= 200; size++)
		put(counts, PC_R_PASS, PC_PROTO_TCP, PC_VERDICT_PASS, size, 1);
	summarize(counts, PC_HOOK_TC_INGRESS, &s);
	tap_check_int(s.p50, 100);
	tap_check_int(s.p90, 180);
	tap_check_int(s.p99, 198);

	put(counts, PC_R_PASS, PC_PROTO_TCP, PC_VERDICT_PASS, 70000, UINT64_C(1) << 60);
	summarize(counts, PC_HOOK_TC_INGRESS, &s);
	tap_check_int(s.p50, PC_SIZE_TOP + 1);
	tap_check_int(s.buckets[SIZE_BUCKETS - 1].packets, INT64_C(1) << 60);
}

int main(void)
{
	auto_free struct cpu_counts *counts = calloc(1, sizeof(*counts));

	if (!counts)
		return 1;
	tap_test("nothing counted is all zero");
	nothing_counted(counts);
	tap_test("totals, protocols and reasons add up, for the one hook");
	totals_and_shares(counts);
	tap_test("sizes, percentiles and RMON buckets");
	sizes_and_buckets(counts);
	tap_test("percentiles are nearest rank, without overflow");
	nearest_rank(counts);
	return tap_done();
}
