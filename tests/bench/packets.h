/* SPDX-License-Identifier: GPL-2.0-only */
/* The packets the contestants are given, by name. */
#ifndef TESTS_BENCH_PACKETS_H
#define TESTS_BENCH_PACKETS_H

#include <arpa/inet.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <stdbool.h>
#include <stddef.h>

#include "abi/types.h"

#define FRAME_MAX 128

/* What makes each packet what it is; all else is the same. */
static const struct packet_kind {
	const char *name;
	enum pc_protocol protocol;
	__u16 type; /* EtherType */
	__u16 dport;
	bool tagged;
	bool blocked; /* by the built-in policy */
} packet_kinds[] = {
	{ "tcp 8080", PC_PROTO_TCP, ETH_P_IP, 8080, false, false },
	{ "tcp 80", PC_PROTO_TCP, ETH_P_IP, 80, false, true },
	{ "udp 53", PC_PROTO_UDP, ETH_P_IP, 53, false, false },
	{ "ip6 tcp", PC_PROTO_TCP, ETH_P_IPV6, 8080, false, false },
	{ "vlan tcp", PC_PROTO_TCP, ETH_P_IP, 8080, true, false },
	{ "arp", PC_PROTO_ARP, ETH_P_ARP, 0, false, false },
};

#define PACKETS ((int)(sizeof(packet_kinds) / sizeof(*packet_kinds)))

struct packet {
	const struct packet_kind *kind;
	__u32 len;
	unsigned char bytes[FRAME_MAX];
};

static inline void *packet_add(struct packet *p, size_t size)
{
	void *header = p->bytes + p->len;

	p->len += size;
	return header;
}

/* No checksums: nobody here looks at them. */
static inline void packet_add_tcp(struct packet *p)
{
	struct tcphdr *tcp = packet_add(p, sizeof(*tcp));

	tcp->source = htons(40000);
	tcp->dest = htons(p->kind->dport);
	tcp->doff = sizeof(*tcp) / 4;
	tcp->ack = 1;
}

static inline void packet_add_udp(struct packet *p)
{
	struct udphdr *udp = packet_add(p, sizeof(*udp));

	udp->source = htons(40000);
	udp->dest = htons(p->kind->dport);
	udp->len = htons(sizeof(*udp));
}

static inline void packet_add_transport(struct packet *p)
{
	if (p->kind->protocol == PC_PROTO_UDP)
		packet_add_udp(p);
	else
		packet_add_tcp(p);
}

static inline __u8 packet_ip_number(const struct packet *p)
{
	return p->kind->protocol == PC_PROTO_UDP ? IPPROTO_UDP : IPPROTO_TCP;
}

static inline void packet_add_ip4(struct packet *p)
{
	__u32 start = p->len;
	struct iphdr *ip = packet_add(p, sizeof(*ip));

	ip->version = 4;
	ip->ihl = sizeof(*ip) / 4;
	ip->ttl = 64;
	ip->protocol = packet_ip_number(p);
	ip->saddr = htonl(0x0a500001); /* 10.80.0.1 */
	ip->daddr = htonl(0x0a500002);
	packet_add_transport(p);
	ip->tot_len = htons(p->len - start);
}

static inline void packet_add_ip6(struct packet *p)
{
	struct ipv6hdr *ip = packet_add(p, sizeof(*ip));
	__u32 start = p->len;

	ip->version = 6;
	ip->hop_limit = 64;
	ip->nexthdr = packet_ip_number(p);
	ip->saddr.s6_addr[0] = ip->daddr.s6_addr[0] = 0xfd;
	ip->saddr.s6_addr[15] = 1;
	ip->daddr.s6_addr[15] = 2;
	packet_add_transport(p);
	ip->payload_len = htons(p->len - start);
}

static inline void packet_add_arp(struct packet *p)
{
	struct arphdr *arp = packet_add(p, sizeof(*arp));

	arp->ar_hrd = htons(ARPHRD_ETHER);
	arp->ar_pro = htons(ETH_P_IP);
	arp->ar_hln = ETH_ALEN;
	arp->ar_pln = sizeof(struct in_addr);
	arp->ar_op = htons(ARPOP_REQUEST);
	packet_add(p, 2 * (ETH_ALEN + sizeof(struct in_addr)));
}

static inline void packet_add_link(struct packet *p)
{
	struct ethhdr *eth = packet_add(p, sizeof(*eth));
	__be16 *tag;

	eth->h_dest[0] = eth->h_source[0] = 0x02;
	eth->h_dest[5] = 2;
	eth->h_source[5] = 1;
	eth->h_proto = htons(p->kind->tagged ? ETH_P_8021Q : p->kind->type);
	if (!p->kind->tagged)
		return;
	tag = packet_add(p, 2 * sizeof(*tag));
	tag[0] = htons(10);
	tag[1] = htons(p->kind->type);
}

static inline void packet_build(const struct packet_kind *kind, struct packet *ret_packet)
{
	struct packet *p = ret_packet;

	*p = (struct packet){ .kind = kind };
	packet_add_link(p);
	if (kind->type == ETH_P_IP)
		packet_add_ip4(p);
	else if (kind->type == ETH_P_IPV6)
		packet_add_ip6(p);
	else
		packet_add_arp(p);
	if (p->len < ETH_ZLEN)
		p->len = ETH_ZLEN;
}

#endif
