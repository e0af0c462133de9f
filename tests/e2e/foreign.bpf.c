/* SPDX-License-Identifier: GPL-2.0-only */
/* Somebody else's programs, which have to go on running beside ours: they count and say "next". */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

unsigned long long xdp_packets, tc_packets;

SEC("xdp.frags")
int foreign_xdp(struct xdp_md *ctx)
{
	(void)ctx;
	__sync_fetch_and_add(&xdp_packets, 1);
	return XDP_PASS;
}

SEC("tc")
int foreign_tc(struct __sk_buff *ctx)
{
	(void)ctx;
	__sync_fetch_and_add(&tc_packets, 1);
	return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "GPL";
