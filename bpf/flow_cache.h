/* SPDX-License-Identifier: GPL-2.0-only */
/* What the rules said of a flow the last time, so that they need not be asked for each packet. Each
 * CPU has a cache of its own, in which a flow has one place; the whole key is compared. */
#ifndef BPF_FLOW_CACHE_H
#define BPF_FLOW_CACHE_H

#include "abi/policy.h"
#include "bpf/image.h"
#include "bpf/packet.h"

/* A flow: all that rules without conditions look at, and the rule. */
struct flow4 {
	__u32 saddr, daddr;
	__u64 ports; /* and the image's generation */
	__u32 type;  /* protocol, kind and direction, and a bit that an unused place has not */
	__u32 rule;
	__u64 unused;
};

struct flow6 {
	__u32 address[8];
	__u64 ports;
	__u32 type;
	__u32 rule;
	__u64 unused[2];
};

/* The places are the two pages of a CPU: one for IPv4 and what is not IP, one for IPv6. */
enum { FLOWS_OF_IP4, FLOWS_OF_IP6 };

#define FLOWS4 (PC_PAGE_SIZE / sizeof(struct flow4))
#define FLOWS6 (PC_PAGE_SIZE / sizeof(struct flow6))
_Static_assert(!(FLOWS4 & (FLOWS4 - 1)) && !(FLOWS6 & (FLOWS6 - 1)), "flows fill a page");

static __always_inline __u64 flow_ports(const struct packet *p, __u32 generation)
{
	return (__u64)generation << 32 | p->word[PC_WORD_SPORT] << 16 | p->word[PC_WORD_DPORT];
}

static __always_inline __u32 flow_type(const struct packet *p)
{
	return 1u << 31 | p->direction << 16 | p->kind << 8 | p->word[PC_WORD_PROTO];
}

/* Spreads flows. Whoever makes two of them meet costs himself a search, no more. */
static __always_inline __u64 flow_mix(__u64 hash, __u64 more)
{
	hash = (hash ^ more) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 29;
}

static __always_inline void *flow_place(__u32 which, __u32 offset)
{
	void *page = page_at(PC_PAGE_FLOWS(bpf_get_smp_processor_id()) + which);

	return page ? page_offset(page, offset) : NULL;
}

static __always_inline struct flow4 *flow4_place(const struct packet *p, __u32 generation)
{
	__u64 hash = (__u64)p->word[PC_WORD_SADDR] << 32 | p->word[PC_WORD_DADDR];

	hash = flow_mix(flow_mix(hash, flow_ports(p, generation)), flow_type(p));
	return flow_place(FLOWS_OF_IP4, (hash >> 40) % FLOWS4 * sizeof(struct flow4));
}

static __always_inline struct flow6 *flow6_place(const struct packet *p, __u32 generation)
{
	__u64 hash = flow_mix(flow_ports(p, generation), flow_type(p));

#pragma unroll
	for (int i = 0; i < 8; i += 2)
		hash = flow_mix(hash, (__u64)p->word[i] << 32 | p->word[i + 1]);
	return flow_place(FLOWS_OF_IP6, (hash >> 40) % FLOWS6 * sizeof(struct flow6));
}

#define NOT_CACHED (~0u)

/* The rule of the packet's flow, or NOT_CACHED. */
static __always_inline __u32 flow4_rule(const struct packet *p, __u32 generation)
{
	const struct flow4 *flow = flow4_place(p, generation);

	if (!flow || flow->saddr != p->word[PC_WORD_SADDR] ||
	    flow->daddr != p->word[PC_WORD_DADDR] || flow->ports != flow_ports(p, generation) ||
	    flow->type != flow_type(p))
		return NOT_CACHED;
	return flow->rule;
}

static __always_inline void flow4_keep(const struct packet *p, __u32 generation)
{
	struct flow4 *flow = flow4_place(p, generation);

	if (!flow)
		return;
	flow->saddr = p->word[PC_WORD_SADDR];
	flow->daddr = p->word[PC_WORD_DADDR];
	flow->ports = flow_ports(p, generation);
	flow->type = flow_type(p);
	flow->rule = p->search.rule;
}

/* Those for IPv6 are global functions, verified on their own: in line they would take much of the
 * stack, of which a program and what it calls have 512 bytes. */
__attribute__((noinline)) __u32 HOOK_NAME(flow6_rule)(const struct packet *p, __u32 generation)
{
	const struct flow6 *flow = p ? flow6_place(p, generation) : NULL;
	__u32 off;

	if (!flow || flow->ports != flow_ports(p, generation))
		return NOT_CACHED;
	off = flow->type ^ flow_type(p);
#pragma unroll
	for (int i = 0; i < 8; i++)
		off |= flow->address[i] ^ p->word[i];
	return off ? NOT_CACHED : flow->rule;
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
