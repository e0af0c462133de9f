/* SPDX-License-Identifier: GPL-2.0-only */
/* What one hook counted, as people ask for it: totals, shares and sizes, worked out of cells and
 * slots. */
#include "lib/kern/summary.h"

#include <stdint.h>

#define TOKEN(id, token, ...)         token,
#define SENTENCE(id, token, sentence) sentence,

const char *const hook_tokens[] = { PC_HOOKS(TOKEN) };
const char *const protocol_tokens[] = { PC_PROTOCOLS(TOKEN) };
const char *const reason_tokens[] = { PC_REASONS(TOKEN) };
const char *const reason_sentences[] = { PC_REASONS(SENTENCE) };

static const struct size_bucket empty_buckets[SIZE_BUCKETS] = {
	{ 0, 63, 0 },      { 64, 64, 0 },     { 65, 127, 0 },
	{ 128, 255, 0 },   { 256, 511, 0 },   { 512, 1023, 0 },
	{ 1024, 1518, 0 }, { 1519, 9216, 0 }, { 9217, UINT32_MAX, 0 },
};

static void add(struct pc_counter *to, const struct pc_counter *what)
{
	to->packets += what->packets;
	to->bytes += what->bytes;
}

static void sum_cells(const struct cpu_counts *counts, enum pc_hook hook, struct summary *s)
{
	for (int reason = 0; reason < PC_R_COUNT; reason++) {
		for (int proto = 0; proto < PC_PROTO_COUNT; proto++) {
			for (int verdict = 0; verdict < PC_VERDICT_COUNT; verdict++) {
				const struct pc_counter *cell =
					counts_cell(counts, hook, reason, proto, verdict);

				add(&s->total, cell);
				add(verdict == PC_VERDICT_DROP ? &s->dropped : &s->passed, cell);
				add(&s->protocols[proto], cell);
				add(&s->reasons[reason], cell);
			}
		}
	}
}

/* The size at nearest rank: the smallest that so many per cent of the packets do not exceed. */
static __u32 percentile(const struct cpu_counts *counts, enum pc_hook hook, __u64 packets,
                        unsigned percent)
{
	/* Rounded up, without a product that could overflow. */
	__u64 rank = packets / 100 * percent + (packets % 100 * percent + 99) / 100;

	for (__u32 slot = 0; slot < PC_SLOTS; slot++) {
		__u64 here = counts_size(counts, hook, slot);

		if (here >= rank)
			return pc_slot_size(slot);
		rank -= here;
	}
	return pc_slot_size(PC_SLOT_OVER);
}

static void sum_sizes(const struct cpu_counts *counts, enum pc_hook hook, struct summary *s)
{
	__u64 packets = 0;

	for (__u32 slot = 0, bucket = 0; slot < PC_SLOTS; slot++) {
		__u64 here = counts_size(counts, hook, slot);
		__u32 size = pc_slot_size(slot);

		while (size > s->buckets[bucket].to)
			bucket++;
		s->buckets[bucket].packets += here;
		if (here && !packets)
			s->min = size;
		if (here)
			s->max = size;
		packets += here;
	}
	if (!packets)
		return;
	s->p50 = percentile(counts, hook, packets, 50);
	s->p90 = percentile(counts, hook, packets, 90);
	s->p99 = percentile(counts, hook, packets, 99);
	s->mean = s->total.packets ? (double)s->total.bytes / s->total.packets : 0;
}

void summarize(const struct cpu_counts *counts, enum pc_hook hook, struct summary *ret_summary)
{
	struct summary s = { 0 };

	for (int i = 0; i < SIZE_BUCKETS; i++)
		s.buckets[i] = empty_buckets[i];
	sum_cells(counts, hook, &s);
	sum_sizes(counts, hook, &s);
	*ret_summary = s;
}
