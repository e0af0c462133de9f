/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's structs around a packet, as far as the tracers look at them. Kernel:
 * include/linux/{skbuff,netdevice}.h, include/net/{sock,dst}.h. */
#ifndef TRACE_PROG_SKB_H
#define TRACE_PROG_SKB_H

#include "trace_prog/kernel.h"
#include "trace_prog/sock.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct net_device {
	char name[16];
	int ifindex;
	unsigned short type;
	possible_net_t nd_net;
};

struct dst_entry {
	struct net_device *dev;
};

struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	unsigned long _skb_refdst;
	unsigned int len;
	__be16 protocol;
	__be16 vlan_proto;
	__u16 vlan_tci;
	__u16 network_header;
	__u16 mac_header;
	int skb_iif;
	unsigned int tail; /* from the head on, as on all 64-bit machines */
	unsigned char *head, *data;
};

/* Before Linux 6.2. */
struct sk_buff___6_1 {
	__u8 vlan_present : 1;
};

#pragma clang attribute pop

/* Only their names count, the values are this kernel's. */
enum skb_drop_reason {
	SKB_DROP_REASON_TC_EGRESS = 0x7ffffffe,
	SKB_DROP_REASON_QDISC_DROP = 0x7fffffff,
};

#define SKB_NO_MAC_HEADER 0xffff
#define SKB_DST_PTRMASK   (~1ul)

/* Whether the network card, or who stands in for it, keeps a VLAN tag of the packet's aside. */
static __always_inline bool skb_has_tag(const struct sk_buff *skb)
{
	const struct sk_buff___6_1 *old = (const void *)skb;

	if (bpf_core_field_exists(old->vlan_present))
		return BPF_CORE_READ_BITFIELD_PROBED(old, vlan_present);
	return skb->vlan_proto != 0;
}

/* The device it is at, or is on its way to; NULL: none yet. */
static __always_inline struct net_device *skb_device(const struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;
	struct dst_entry *dst = (void *)(skb->_skb_refdst & SKB_DST_PTRMASK);

	return dev || !dst ? dev : BPF_CORE_READ(dst, dev);
}

static __always_inline struct net *skb_net(const struct sk_buff *skb, const struct net_device *dev)
{
	if (dev)
		return BPF_CORE_READ(dev, nd_net.net);
	return BPF_CORE_READ(skb, sk, __sk_common.skc_net.net);
}

#endif
