/* SPDX-License-Identifier: GPL-2.0-only */
/* What only the kernel's own struct tells of a packet on its way in: whether its link header got
 * lost, and how long its headers are inside a tunnel. */
#ifndef TC_PROG_KERNEL_VIEW_H
#define TC_PROG_KERNEL_VIEW_H

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bpf/config.h"

typedef struct __sk_buff hook_ctx;
#define HOOK_NAME(name) name##_in
#define HOOK_DIRECTION  PC_IN

/* As far as we look at it. Headers are bytes from head. */
struct sk_buff {
	unsigned char *head, *data;
	__u16 network_header, inner_network_header, inner_transport_header;
	__u8 encapsulation : 1;
} __attribute__((preserve_access_index));

extern void *bpf_cast_to_kern_ctx(void *ctx) __ksym __weak;

/* Whether the packet's data begins with the network header, whose place the kernel has just noted
 * (net/core/dev.c, __netif_receive_skb_core). What the host sends to a group or broadcast address
 * that it listens to itself is looped back so (net/core/dev.c, dev_loopback_xmit). And when a
 * program in skb mode has the kernel copy a packet (net/core/skbuff.c, skb_pp_cow_data, since
 * Linux 6.9) the copy forgets how long its link header is. */
static __always_inline bool hook_lacks_link(hook_ctx *ctx)
{
	const struct sk_buff *skb;

	if (!can_see_kern_ctx)
		return ctx->pkt_type == PACKET_LOOPBACK;
	skb = bpf_cast_to_kern_ctx(ctx);
	return skb->data - skb->head == skb->network_header;
}

static __always_inline __u32 inner_transport_len(hook_ctx *ctx, __u32 network, __u32 transport)
{
	struct ipv6hdr ip6;
	struct iphdr ip;
	struct tcphdr tcp;
	__u8 number;

	if (bpf_skb_load_bytes(ctx, network, &ip, sizeof(ip)))
		return 0;
	number = ip.protocol;
	if (ip.version == 6) {
		if (bpf_skb_load_bytes(ctx, network, &ip6, sizeof(ip6)))
			return 0;
		number = ip6.nexthdr;
	}
	if (number == IPPROTO_UDP)
		return sizeof(struct udphdr);
	if (number != IPPROTO_TCP || bpf_skb_load_bytes(ctx, transport, &tcp, sizeof(tcp)))
		return 0;
	return tcp.doff * 4;
}

/* Bytes from the start of the data to the payload inside a tunnel; 0: there is none, or it cannot
 * be told. */
static __always_inline __u32 hook_tunnel_header_len(hook_ctx *ctx)
{
	const struct sk_buff *skb;
	__u32 data, transport, len;

	if (!can_see_kern_ctx)
		return 0;
	skb = bpf_cast_to_kern_ctx(ctx);
	if (!BPF_CORE_READ_BITFIELD(skb, encapsulation))
		return 0;
	data = skb->data - skb->head;
	transport = skb->inner_transport_header - data;
	len = inner_transport_len(ctx, skb->inner_network_header - data, transport);
	return len ? transport + len : 0;
}

#endif
