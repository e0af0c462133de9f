/* SPDX-License-Identifier: GPL-2.0-only */
/* A packet as a wire would have it: out of what the kernel keeps at various places, from the
 * Ethernet header on. */
#ifndef TRACE_PROG_FRAME_H
#define TRACE_PROG_FRAME_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>

#include <bpf/bpf_endian.h>

#include "trace_prog/cbpf.h"
#include "trace_prog/skb.h"

/* Kernel: include/uapi/linux/if_arp.h */
#define ARPHRD_ETHER    1
#define ARPHRD_LOOPBACK 772

/* At most of a packet in one piece: before it may stand two addresses, a tag and an EtherType. */
#define FRAME_PIECE (PC_PACKET_HEAD - 18)

/* Where a packet's parts begin, from skb->head on. */
struct layout {
	__u32 from;   /* the Ethernet header, or without one the network header */
	__u32 tail;   /* the end of what lies in one piece */
	__u32 before; /* bytes that have been pulled off and belong to the packet */
	bool has_mac;
};

static __always_inline bool frame_is_ethernet(const struct net_device *dev)
{
	__u16 type = BPF_CORE_READ(dev, type);

	return !dev || type == ARPHRD_ETHER || type == ARPHRD_LOOPBACK;
}

/* `at_network`: the packet's data begins with its network header, which is not written down yet. */
static __always_inline void frame_lay_out(const struct sk_buff *skb, const struct net_device *dev,
                                          bool at_network, struct layout *l)
{
	__u32 data = skb->data - skb->head;
	__u32 network = skb->network_header, mac = skb->mac_header;

	l->tail = skb->tail;
	if (at_network || !network || network > l->tail)
		network = data;
	/* An old one of another device may still be written down: it is not right before. */
	l->has_mac = mac != SKB_NO_MAC_HEADER && network >= mac + ETH_HLEN &&
	             network <= mac + ETH_HLEN + 2 * TAG_LEN && frame_is_ethernet(dev);
	l->from = l->has_mac ? mac : network;
	l->before = data > l->from ? data - l->from : 0;
}

static __always_inline void frame_put16(struct frame *f, __u32 at, __be16 value)
{
	*(__be16 *)(f->bytes + at) = value;
}

/* The bytes from `from` on, behind the first `at` of the frame. */
static __always_inline void frame_put(struct frame *f, const struct sk_buff *skb,
                                      const struct layout *l, __u32 at, __u32 from)
{
	__u32 size = l->tail > from ? l->tail - from : 0;

	if (size > FRAME_PIECE)
		size = FRAME_PIECE;
	f->len = at;
	if (!bpf_probe_read_kernel(f->bytes + at, size, skb->head + from))
		f->len += size;
}

static __always_inline void frame_put_tag(struct frame *f, const struct sk_buff *skb)
{
	frame_put16(f, TAG_AT, skb->vlan_proto);
	frame_put16(f, TAG_AT + 2, bpf_htons(skb->vlan_tci));
}

static __always_inline void frame_read(struct frame *f, const struct sk_buff *skb,
                                       const struct layout *l)
{
	bool has_tag = skb_has_tag(skb);
	__u32 behind = l->has_mac ? l->from + TAG_AT : l->from;

	__builtin_memset(f, 0, sizeof(*f));
	f->wire_len = skb->len + l->before;
	f->added = (l->has_mac ? 0 : ETH_HLEN) + (has_tag ? TAG_LEN : 0);
	if (l->has_mac)
		bpf_probe_read_kernel(f->bytes, TAG_AT, skb->head + l->from);
	if (has_tag)
		frame_put_tag(f, skb);
	if (!l->has_mac)
		frame_put16(f, has_tag ? TAG_AT + TAG_LEN : TAG_AT, skb->protocol);
	if (l->has_mac && has_tag)
		frame_put(f, skb, l, TAG_AT + TAG_LEN, behind);
	else if (l->has_mac)
		frame_put(f, skb, l, TAG_AT, behind);
	else if (has_tag)
		frame_put(f, skb, l, ETH_HLEN + TAG_LEN, behind);
	else
		frame_put(f, skb, l, ETH_HLEN, behind);
}

static __always_inline __u32 frame_get(const struct frame *f, __u32 at, __u32 size)
{
	__u32 value = 0;

	for (__u32 i = 0; i < size; i++) {
		__u32 from = at + i;

		asm volatile("" : "+r"(from));
		value = value << 8 | f->bytes[from & (PC_PACKET_HEAD - 1)];
	}
	return value;
}

static __always_inline bool frame_is_tag(__u32 ethertype)
{
	return ethertype == ETH_P_8021Q || ethertype == ETH_P_8021AD;
}

/* Whether the filter wants it; one that does not speak of tags looks over the outermost. */
static __always_inline bool frame_matches(struct frame *f)
{
	if (cbpf_matches(f))
		return true;
	if (!frame_is_tag(frame_get(f, TAG_AT, 2)))
		return false;
	f->skip = TAG_LEN;
	return cbpf_matches(f);
}

/* What tells packets from each other. */
struct marks {
	__u64 mark; /* stays the same while a packet is on its way, whatever addresses become */
	__u64 full; /* with the addresses and ports */
};

static __always_inline __u64 mix(__u64 sum, __u32 value)
{
	return (sum ^ value) * 0x9e3779b97f4a7c15ull;
}

static __always_inline __u64 frame_mix(__u64 sum, const struct frame *f, __u32 at, __u32 words)
{
	for (__u32 i = 0; i < words; i++)
		sum = mix(sum, frame_get(f, at + i * 4, 4));
	return sum;
}

/* Of the transport header what no address translation changes. */
static __always_inline __u64 frame_transport_mark(const struct frame *f, __u32 at, __u32 protocol)
{
	__u64 sum = mix(1, protocol);

	if (protocol == IPPROTO_TCP) /* sequence numbers */
		return frame_mix(sum, f, at + 4, 2);
	if (protocol == IPPROTO_UDP) /* length */
		return mix(sum, frame_get(f, at + 4, 2));
	if (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6) /* type, sequence number */
		return mix(mix(sum, frame_get(f, at, 1)), frame_get(f, at + 6, 2));
	return sum;
}

static __always_inline void frame_mark_ip4(const struct frame *f, __u32 at, struct marks *m)
{
	__u32 transport = at + (frame_get(f, at, 1) & 0xf) * 4;

	m->mark = mix(frame_transport_mark(f, transport, frame_get(f, at + 9, 1)),
	              frame_get(f, at + 4, 2));
	m->full = mix(frame_mix(m->mark, f, at + 12, 2), frame_get(f, transport, 4));
}

static __always_inline void frame_mark_ip6(const struct frame *f, __u32 at, struct marks *m)
{
	m->mark = frame_transport_mark(f, at + 40, frame_get(f, at + 6, 1));
	m->full = frame_mix(m->mark, f, at + 8, 9);
}

static __always_inline void frame_mark(const struct frame *f, struct marks *m)
{
	__u32 at = TAG_AT, ethertype = frame_get(f, at, 2);

	for (int i = 0; i < 2 && frame_is_tag(ethertype); i++) {
		at += TAG_LEN;
		ethertype = frame_get(f, at, 2);
	}
	at += 2;
	if (ethertype == ETH_P_IP) {
		frame_mark_ip4(f, at, m);
	} else if (ethertype == ETH_P_IPV6) {
		frame_mark_ip6(f, at, m);
	} else { /* of ARP all of it */
		m->mark = frame_mix(ethertype, f, at, 7);
		m->full = m->mark;
	}
}

#endif
