/* SPDX-License-Identifier: GPL-2.0-only */
/* Rate limits: token buckets, each one word that says when it will be full (GCRA). */
#ifndef BPF_LIMIT_H
#define BPF_LIMIT_H

#include "abi/image.h"
#include "abi/policy.h"
#include "bpf/config.h"
#include "bpf/image.h"
#include "bpf/packet.h"
#include "bpf/rules.h"

/* All times are 1/1024 ns of CLOCK_MONOTONIC, modulo 2^64: that is 208 days. A bucket's word is the
 * time at which it will be full, so `wait` is how far it is from that; one that seems further away
 * than its capacity was full long ago.
 *
 *   empty                            full
 *   |------ capacity = burst packets ----|
 *   |--- tokens ---|------- wait --------|
 */
#define TIME_SHIFT 10

/* The fine clock costs as much as all the rest. The coarse one stands still for up to a tick (10 ms
 * at HZ=100, and a little for what holds it up), which a bucket larger than that makes good: what
 * was not given in one tick is there in the next, and not more than one tick's worth too much. */
#define COARSE_CAPACITY (16000000ull << TIME_SHIFT)

#define SWAPS 4 /* tries, when other CPUs take from the same bucket */

static __always_inline __u64 limit_now(__u64 capacity)
{
	return (capacity >= COARSE_CAPACITY ? bpf_ktime_get_coarse_ns() : bpf_ktime_get_ns())
	       << TIME_SHIFT;
}

/* A clock that was read before others took from the bucket finds it emptier than empty, and so is
 * one that several CPUs have overdrawn, by some capacities at most; beyond that it was full long
 * ago. */
#define STALE     (1000000000ull << TIME_SHIFT)
#define OVERDRAWN 8 /* capacities, each of a week at most */

static __always_inline __u64 wait_of(__u64 full_at, __u64 now, __u64 capacity)
{
	__u64 wait = full_at - now;

	if (wait <= capacity)
		return wait;
	return wait - capacity < STALE + OVERDRAWN * capacity ? capacity : 0;
}

/* Takes the tokens for `packets` if all of them are there. When others keep coming first, the
 * tokens that were seen are taken in any case: none is given twice, the bucket may be overdrawn. */
static __always_inline bool take_tokens(__u64 *bucket, const struct pc_rule *r, __u64 now,
                                        __u32 packets)
{
	__u64 cost = r->interval * packets, capacity = r->interval * r->burst;

	if (packets > r->burst)
		return false;
	for (int i = 0; i < SWAPS; i++) {
		__u64 full_at = *(volatile __u64 *)bucket;
		__u64 wait = wait_of(full_at, now, capacity);

		if (cost > capacity - wait)
			return false;
		if (dry_run ||
		    __sync_val_compare_and_swap(bucket, full_at, now + wait + cost) == full_at)
			return true;
	}
	__sync_fetch_and_add(bucket, cost);
	return true;
}

/* --- a bucket for each source address: sets of a few slots, found by a keyed hash */

struct source_slot {
	__u64 tag; /* hash of rule and address; 0: free */
	__u64 bucket;
};

#define SOURCE_WAYS          4
#define SOURCE_SET_SIZE      (SOURCE_WAYS * sizeof(struct source_slot))
#define SOURCE_SETS_PER_PAGE (PC_PAGE_SIZE / SOURCE_SET_SIZE)
#define SOURCE_SETS          (PC_SOURCE_PAGES * SOURCE_SETS_PER_PAGE)

/* Kept where it outlives a policy, beyond the last bucket, and made at the first packet: who does
 * not know it cannot choose addresses that share a bucket. */
static __always_inline __u64 source_key(void)
{
	struct pc_page *page = page_at(PC_PAGE_BUCKETS);
	__u64 *key, fresh;

	if (!page)
		return 1;
	key = (__u64 *)&page->bytes[PC_PAGE_SIZE];
	if (!*key) {
		fresh = (__u64)bpf_get_prandom_u32() << 32 | bpf_get_prandom_u32() | 1;
		__sync_val_compare_and_swap(key, 0, fresh);
	}
	return *key;
}

static __always_inline __u64 mix(__u64 hash, __u32 word)
{
	hash = (hash ^ word) * 0xff51afd7ed558ccdull;
	hash ^= hash >> 32;
	hash *= 0xc4ceb9fe1a85ec53ull;
	return hash ^ hash >> 29;
}

static __always_inline __u64 source_tag(const struct packet *p, __u32 cell)
{
	__u64 hash = mix(source_key(), cell << 8 | p->version);

#pragma unroll
	for (int i = 0; i < 4; i++)
		hash = mix(hash, p->word[PC_WORD_SADDR + i]);
	return hash | 1;
}

/* The slot with this tag; else one whose bucket is full anyway, or will be first. */
static __always_inline struct source_slot *find_source(struct source_slot *set, __u64 tag,
                                                       __u64 now, __u64 capacity)
{
	struct source_slot *found = set;
	__u64 least = ~0ull;

#pragma unroll
	for (int i = 0; i < SOURCE_WAYS; i++) {
		__u64 wait = set[i].tag ? wait_of(set[i].bucket, now, capacity) : 0;

		if (set[i].tag == tag)
			return &set[i];
		if (wait < least) {
			least = wait;
			found = &set[i];
		}
	}
	if (!dry_run) {
		found->bucket = now;
		found->tag = tag;
	}
	return found;
}

/* Whether a packet is below its source's rate. */
static __always_inline bool source_passes(const struct packet *p, const struct pc_rule *r,
                                          __u64 now)
{
	__u64 tag = source_tag(p, r->cell), full = now;
	__u32 set = tag >> 32 & (SOURCE_SETS - 1);
	void *page = page_at(PC_PAGE_SOURCES + set / SOURCE_SETS_PER_PAGE);
	struct source_slot *slot;

	if (!page)
		return true;
	slot = find_source(page_offset(page, set * SOURCE_SET_SIZE), tag, now,
	                   r->interval * r->burst);
	return take_tokens(slot->tag == tag ? &slot->bucket : &full, r, now, p->wire.segments);
}

/* Counts for a rule that limits; whether the packet is below its rate, and takes its tokens. A
 * global function: verified on its own. */
__attribute__((noinline)) int HOOK_NAME(limit_passes)(const struct packet *p, __u32 rule)
{
	const struct pc_rule *r = p ? rule_at(p, rule) : NULL;
	void *page;
	__u64 now;

	if (!r)
		return 1;
	if (!dry_run)
		count_cell(r->cell, &p->wire);
	now = limit_now(r->interval * r->burst);
	if (r->per_src)
		return source_passes(p, r, now);
	page = page_at(PC_PAGE_BUCKETS);
	return !page ||
	       take_tokens(page_offset(page, r->cell * sizeof(__u64)), r, now, p->wire.segments);
}

#endif
