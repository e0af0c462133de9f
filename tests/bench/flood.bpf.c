/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets with a header of their own each, out of a trace: sent over an interface, or handed to a
 * program under test; and programs that do nothing but drop, to compare with. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>

#include <bpf/bpf_helpers.h>

#include "tests/bench/flood.h"

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} xdp_program SEC(".maps"), tc_program SEC(".maps");

/* What the kernel has for sets of prefixes, to compare with. The user says how many. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct lpm_key);
	__type(value, __u32);
} prefixes SEC(".maps");

struct flow trace[FLOOD_FLOWS];
__u32 next, mask; /* of the trace; one CPU at a time */
__u32 out;        /* ifindex to send over */

struct frame {
	struct ethhdr eth;
	struct iphdr ip;
	struct udphdr ports;
} __attribute__((packed));

static __always_inline int write_header(void *data, void *data_end)
{
	const struct flow *flow = &trace[next++ & mask & (FLOOD_FLOWS - 1)];
	struct frame *f = data;

	if ((void *)(f + 1) > data_end)
		return -1;
	f->ip.saddr = flow->saddr;
	f->ip.daddr = flow->daddr;
	f->ip.protocol = flow->protocol;
	f->ip.check = flow->check;
	f->ports.source = flow->sport;
	f->ports.dest = flow->dport;
	return 0;
}

SEC("xdp")
int flood(struct xdp_md *ctx)
{
	if (write_header((void *)(long)ctx->data, (void *)(long)ctx->data_end))
		return XDP_ABORTED;
	return bpf_redirect(out, 0);
}

SEC("xdp.frags")
int trace_xdp(struct xdp_md *ctx)
{
	if (!write_header((void *)(long)ctx->data, (void *)(long)ctx->data_end))
		bpf_tail_call(ctx, &xdp_program, 0);
	return XDP_ABORTED;
}

SEC("tc")
int trace_tc(struct __sk_buff *ctx)
{
	if (!write_header((void *)(long)ctx->data, (void *)(long)ctx->data_end))
		bpf_tail_call(ctx, &tc_program, 0);
	return -100; /* what no program under test returns */
}

SEC("xdp.frags")
int drop_xdp(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_DROP;
}

SEC("xdp.frags")
int lpm_xdp(struct xdp_md *ctx)
{
	struct frame *f = (void *)(long)ctx->data;
	struct lpm_key key = { .len = 32 };

	if ((void *)(f + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	key.address = f->ip.saddr;
	return bpf_map_lookup_elem(&prefixes, &key) ? XDP_DROP : XDP_PASS;
}

SEC("tc")
int drop_tc(struct __sk_buff *ctx)
{
	(void)ctx;
	return TC_ACT_SHOT;
}

char LICENSE[] SEC("license") = "GPL";
