/* SPDX-License-Identifier: GPL-2.0-only */
/* What the rules said of a flow the last time, so that they need not be asked for each packet. Each
 * CPU has a cache of its own, in which a flow has one place; the whole key is compared. */
#ifndef BPF_FLOW_CACHE_H
#define BPF_FLOW_CACHE_H

#include "abi/policy.h"
#include "bpf/image.h"
#include "bpf/packet.h"
#include "bpf/rules.h"

/* A flow of IPv6: all that is asked of it, and the rule. IPv4 has struct pc_flow4. */
struct flow6 {
	__u32 address[8];
	__u64 ports; /* and the image's generation */
	__u32 type;  /* protocol, kind and direction, and a bit that an unused place has not */
	__u32 rule;
	__u64 unused[2];
};

#define FLOWS4 (PC_FLOW4_PAGES * PC_FLOWS4_PER_PAGE)
#define FLOWS6 (PC_PAGE_SIZE / sizeof(struct flow6))
_Static_assert(!(FLOWS4 & (FLOWS4 - 1)) && !(FLOWS6 & (FLOWS6 - 1)), "flows fill their pages");

static __always_inline __u64 flow_ports(const struct packet *p, __u32 generation)
{
	return (__u64)generation << 32 | p->word[PC_WORD_SPORT] << 16 | p->word[PC_WORD_DPORT];
}

static __always_inline __u32 flow_type(const struct packet *p)
{
	return 1u << 31 | HOOK_DIRECTION << 16 | p->kind << 8 | p->word[PC_WORD_PROTO];
}

/* All of struct pc_flow4's `rest` but what the rule does. */
static __always_inline __u64 flow4_rest(const struct packet *p)
{
	__u32 choice = p->search.image / PC_IMAGE_PAGES + PC_CHOICE_A;

	return (__u64)(p->word[PC_WORD_SPORT] << 16 | p->word[PC_WORD_DPORT]) << 32 |
	       p->word[PC_WORD_PROTO] << 24 | (__u32)HOOK_DIRECTION << 23 |
	       (__u32)p->has_ports << 22 | choice << PC_FLOW4_CHOICE_SHIFT;
}

/* Two that spread flows: odd, with bits in no order. Whoever makes two flows meet costs himself a
 * search, no more. */
#define FLOW_SPREAD      0x9e3779b97f4a7c15ull
#define FLOW_SPREAD_PORT 0xd6e8feb86659fd93ull

static __always_inline __u64 flow_mix(__u64 hash, __u64 more)
{
	hash = (hash ^ more) * FLOW_SPREAD;
	return hash ^ hash >> 29;
}

/* The highest bits of a product depend on all of what was multiplied, the lowest, which are taken,
 * on its lowest: so those are folded into these. Flows with addresses or ports in a row then spread
 * as random ones do. */
static __always_inline __u64 flow4_hash(__u64 addresses, __u64 ports)
{
	__u64 hash = (addresses ^ ports * FLOW_SPREAD_PORT) * FLOW_SPREAD;

	return hash ^ hash >> 32;
}

#define FLOW4_WAYS          4 /* places that a flow may be in: a cache line */
#define FLOW4_SETS          (FLOWS4 / FLOW4_WAYS)
#define FLOW4_SETS_PER_PAGE (PC_FLOWS4_PER_PAGE / FLOW4_WAYS)

struct flow4_key {
	__u64 addresses; /* as the first two words of struct pc_flow4 */
	__u64 rest;
	__u64 hash;
};

static __always_inline struct flow4_key flow4_key(const struct packet *p)
{
	struct flow4_key key = {
		.addresses = ip4_addresses(p),
		.rest = flow4_rest(p),
	};

	key.hash = flow4_hash(key.addresses, key.rest >> 32);
	return key;
}

/* The places of a flow: there are two sets of them. Where all sets were full, a fifth of as many
 * flows as there are places would find none in one; of two, hardly any finds both full. */
static __always_inline struct pc_flow4 *flow4_set(const struct flow4_key *key, int which)
{
	__u32 set = (which ? key->hash / FLOW4_SETS : key->hash) % FLOW4_SETS;
	void *page =
		page_at(PC_PAGE_FLOWS4(bpf_get_smp_processor_id()) + set / FLOW4_SETS_PER_PAGE);

	return page ? page_offset(page, set * FLOW4_WAYS * sizeof(struct pc_flow4)) : NULL;
}

static __always_inline struct flow6 *flow6_place(const struct packet *p, __u32 generation)
{
	__u64 hash = flow_mix(flow_ports(p, generation), flow_type(p));
	void *page;

#pragma unroll
	for (int i = 0; i < 8; i += 2)
		hash = flow_mix(hash, (__u64)p->word[i] << 32 | p->word[i + 1]);
	page = page_at(PC_PAGE_FLOWS6(bpf_get_smp_processor_id()));
	return page ? page_offset(page, (hash >> 40) % FLOWS6 * sizeof(struct flow6)) : NULL;
}

#define NO_FLOW   (~0u)
#define DEED_MASK ((1u << PC_FLOW4_CHOICE_SHIFT) - 1)

/* What is done with the flow of that key, if it is in the set: `rest` of its place, else 0. From
 * the last place on, which is filled first. To compare all four without branches takes longer, also
 * where flows are so many that these cannot be guessed. */
static __always_inline __u64 flow4_find(const struct flow4_key *key, int which)
{
	const struct pc_flow4 *flow = flow4_set(key, which);

	if (!flow)
		return 0;
#pragma unroll
	for (int i = FLOW4_WAYS - 1; i >= 0; i--) {
		if (*(const __u64 *)&flow[i] == key->addresses &&
		    !((flow[i].rest ^ key->rest) >> PC_FLOW4_CHOICE_SHIFT))
			return flow[i].rest;
	}
	return 0;
}

/* What is done with the packet's flow, or NOT_KNOWN. */
static __always_inline __u32 flow4_deed(const struct packet *p)
{
	const struct flow4_key key = flow4_key(p);
	__u64 found = flow4_find(&key, 0);

	if (!found)
		found = flow4_find(&key, 1);
	return found ? found & DEED_MASK : NOT_KNOWN;
}

static __always_inline struct pc_flow4 *flow4_free(const struct flow4_key *key, int which)
{
	struct pc_flow4 *set = flow4_set(key, which), *flow = NULL;

	if (!set)
		return NULL;
#pragma unroll
	for (int i = 0; i < FLOW4_WAYS; i++) {
		if (!set[i].rest)
			flow = &set[i];
	}
	return flow;
}

/* One in so many flows takes the place of another: where there are more of them than places, those
 * that are there are mostly left to be found. */
#define FLOW4_PATIENCE 4

static __always_inline struct pc_flow4 *flow4_take(const struct flow4_key *key)
{
	__u32 chance = bpf_get_prandom_u32();
	struct pc_flow4 *set;

	if (chance % FLOW4_PATIENCE)
		return NULL;
	chance /= FLOW4_PATIENCE;
	set = flow4_set(key, chance / FLOW4_WAYS % 2);
	return set ? set + chance % FLOW4_WAYS : NULL;
}

/* In a free place, else now and then in that of another. The key is worked out anew: it would be on
 * the stack all the while that the rule was looked for. */
static __always_inline void flow4_keep(const struct packet *p, __u32 deed)
{
	const struct flow4_key key = flow4_key(p);
	struct pc_flow4 *flow = flow4_free(&key, 0);

	if (!flow)
		flow = flow4_free(&key, 1);
	if (!flow)
		flow = flow4_take(&key);
	if (!flow)
		return;
	*(__u64 *)flow = key.addresses;
	flow->rest = key.rest | deed;
}

/* Those for IPv6 are global functions, verified on their own: in line they would take much of the
 * stack, of which a program and what it calls have 512 bytes. */
__attribute__((noinline)) __u32 HOOK_NAME(flow6_rule)(const struct packet *p, __u32 generation)
{
	const struct flow6 *flow = p ? flow6_place(p, generation) : NULL;
	__u32 off;

	if (!flow || flow->ports != flow_ports(p, generation))
		return NO_FLOW;
	off = flow->type ^ flow_type(p);
#pragma unroll
	for (int i = 0; i < 8; i++)
		off |= flow->address[i] ^ p->word[i];
	return off ? NO_FLOW : flow->rule;
}

__attribute__((noinline)) int HOOK_NAME(flow6_keep)(const struct packet *p, __u32 generation)
{
	struct flow6 *flow = p ? flow6_place(p, generation) : NULL;

	if (!flow)
		return 0;
#pragma unroll
	for (int i = 0; i < 8; i++)
		flow->address[i] = p->word[i];
	flow->ports = flow_ports(p, generation);
	flow->type = flow_type(p);
	flow->rule = p->search.rule;
	return 0;
}

#endif
