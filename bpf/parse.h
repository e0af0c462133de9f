/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes to struct packet: link, network, transport. Every way to fail has a reason. */
#ifndef BPF_PARSE_H
#define BPF_PARSE_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>

#include "abi/reasons.h"
#include "bpf/cursor.h"
#include "bpf/packet.h"

#define MAX_VLAN_TAGS       2
#define MAX_IP6_EXT_HEADERS 32
#define IP_OFFSET_MASK      0x1fff
#define IP_MORE_FRAGMENTS   0x2000
#define IP6_OFFSET_MASK     0xfff8
#define IP6_MORE_FRAGMENTS  0x0001
#define LARGEST_IP_LENGTH   65535

/* The least that is a header: RFC 826 (its fixed part), RFC 9260 3.1, RFC 792, RFC 4443 2.1. */
#define ARP_HEADER_LEN    8
#define SCTP_HEADER_LEN   12
#define ICMP_HEADER_LEN   8
#define ICMPV6_HEADER_LEN 4

struct vlan_header { /* what follows the EtherType of a tag, IEEE 802.1Q */
	__be16 tci;
	__be16 type;
};

struct ports { /* how TCP, UDP, SCTP begin */
	__be16 source, dest;
};

struct ip6_ext_header { /* RFC 8200 4.2; no extension header is shorter */
	__u8 next;
	__u8 len;
	__be16 offset; /* fragment header only */
	__be32 id;
};

/* What one layer tells the next. */
struct layer {
	__u16 type;            /* EtherType of what follows */
	__u8 version;          /* of IP; 0: not IP, or nothing to be read beyond it */
	__u8 number;           /* IP protocol number of what follows */
	__u16 fragment_offset; /* not 0: a later fragment, with no transport header */
	__u16 more_fragments;  /* not 0: the packet goes on in other fragments */
};

static __always_inline enum pc_reason parse_link(struct cursor *c, struct layer *next)
{
	struct ethhdr copy;
	const struct ethhdr *eth = cursor_peek(c, &copy);

	if (!eth)
		return PC_R_SHORT;
	next->type = bpf_ntohs(eth->h_proto);
	cursor_skip(c, sizeof(*eth));

#pragma unroll
	for (int i = 0; i <= MAX_VLAN_TAGS; i++) {
		struct vlan_header tag_copy;
		const struct vlan_header *tag;

		if (next->type != ETH_P_8021Q && next->type != ETH_P_8021AD)
			break;
		if (c->tags++ == MAX_VLAN_TAGS)
			return PC_R_VLAN_DEPTH;
		tag = cursor_peek(c, &tag_copy);
		if (!tag)
			return PC_R_SHORT;
		next->type = bpf_ntohs(tag->type);
		cursor_skip(c, sizeof(*tag));
	}
	return PC_R_PASS;
}

static __always_inline enum pc_reason parse_arp(struct cursor *c, struct packet *p)
{
	p->protocol = PC_PROTO_ARP;
	return cursor_has(c, ARP_HEADER_LEN) ? PC_R_PASS : PC_R_SHORT;
}

/* RFC 9293 3.1. The data offset counts 32-bit words. */
static __always_inline enum pc_reason parse_tcp(struct cursor *c, struct packet *p)
{
	struct tcphdr copy;
	const struct tcphdr *tcp = cursor_peek(c, &copy);
	__u32 header_len;

	if (!tcp || !cursor_has(c, sizeof(*tcp)))
		return PC_R_SHORT;
	header_len = tcp->doff * 4;
	if (header_len < sizeof(*tcp) || !cursor_has(c, header_len))
		return PC_R_TCP_OFFSET;
	p->header_len = c->offset + header_len;
	return PC_R_PASS;
}

/* RFC 768. A length of zero means a jumbogram (RFC 2675) or a super-packet above 65,535 bytes. */
static __always_inline enum pc_reason parse_udp(struct cursor *c, struct packet *p,
                                                bool more_fragments)
{
	struct udphdr copy;
	const struct udphdr *udp = cursor_peek(c, &copy);
	__u32 len;

	if (!udp || !cursor_has(c, sizeof(*udp)))
		return PC_R_SHORT;
	p->header_len = c->offset + sizeof(*udp);
	len = bpf_ntohs(udp->len);
	if (!len)
		return c->end - c->offset > LARGEST_IP_LENGTH ? PC_R_PASS : PC_R_UDP_LENGTH;
	if (len < sizeof(*udp) || (!more_fragments && !cursor_has(c, len)))
		return PC_R_UDP_LENGTH;
	return PC_R_PASS;
}

static __always_inline enum pc_reason parse_sctp(struct cursor *c, struct packet *p)
{
	if (!cursor_has(c, SCTP_HEADER_LEN))
		return PC_R_SHORT;
	p->header_len = c->offset + SCTP_HEADER_LEN;
	return PC_R_PASS;
}

/* Ports count as soon as their four bytes are in the frame, whatever is wrong with the lengths or
 * the rest of the header: no rule is slipped past by a tiny first fragment or a header that lies.
 */
static __always_inline bool parse_ports(struct cursor *c, struct packet *p)
{
	struct ports copy;
	const struct ports *ports = cursor_peek(c, &copy);

	if (!ports)
		return false;
	p->sport = ports->source;
	p->dport = ports->dest;
	p->has_ports = true;
	return true;
}

static __always_inline enum pc_protocol protocol_of(const struct layer *next)
{
	switch (next->number) {
	case IPPROTO_TCP:
		return PC_PROTO_TCP;
	case IPPROTO_UDP:
		return PC_PROTO_UDP;
	case IPPROTO_ICMP:
		return next->version == 4 ? PC_PROTO_ICMP : PC_PROTO_OTHER;
	case IPPROTO_ICMPV6:
		return next->version == 6 ? PC_PROTO_ICMPV6 : PC_PROTO_OTHER;
	default:
		return PC_PROTO_OTHER;
	}
}

static __always_inline enum pc_reason parse_transport(struct cursor *c, struct packet *p,
                                                      const struct layer *next)
{
	p->protocol = protocol_of(next);
	if (next->fragment_offset)
		return PC_R_PASS;

	switch (next->number) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
		if (!parse_ports(c, p))
			return PC_R_SHORT;
	}
	switch (next->number) {
	case IPPROTO_TCP:
		return parse_tcp(c, p);
	case IPPROTO_UDP:
		return parse_udp(c, p, next->more_fragments);
	case IPPROTO_SCTP:
		return parse_sctp(c, p);
	case IPPROTO_ICMP:
		return cursor_has(c, ICMP_HEADER_LEN) ? PC_R_PASS : PC_R_SHORT;
	case IPPROTO_ICMPV6:
		return cursor_has(c, ICMPV6_HEADER_LEN) ? PC_R_PASS : PC_R_SHORT;
	default:
		return PC_R_PASS;
	}
}

/* RFC 791 3.1. A total length of zero is what Linux gives a GSO packet above 65,535 bytes. */
static __always_inline enum pc_reason parse_ip4(struct cursor *c, struct layer *next)
{
	struct iphdr copy;
	const struct iphdr *ip = cursor_peek(c, &copy);
	enum pc_reason length = PC_R_PASS;
	__u32 header_len, total_len;

	if (!ip)
		return PC_R_SHORT;
	if (ip->version != 4)
		return PC_R_IP4_VERSION;
	header_len = ip->ihl * 4;
	if (header_len < sizeof(*ip))
		return PC_R_IP4_IHL;
	if (c->offset + header_len > c->len)
		return PC_R_SHORT;

	total_len = bpf_ntohs(ip->tot_len);
	if (total_len >= header_len && cursor_has(c, total_len))
		c->end = c->offset + total_len;
	else if (total_len || c->len - c->offset <= LARGEST_IP_LENGTH)
		length = PC_R_IP4_LENGTH;

	next->fragment_offset = ip->frag_off & bpf_htons(IP_OFFSET_MASK);
	next->more_fragments = ip->frag_off & bpf_htons(IP_MORE_FRAGMENTS);
	next->version = 4;
	next->number = ip->protocol;
	cursor_skip(c, header_len);
	return length;
}

/* The walk along the extension headers, and where it has come to. */
struct ip6_walk {
	hook_ctx *ctx;
	__u32 offset; /* of the next header, bytes from the start of the frame */
	__u16 fragment_offset;
	__u16 more_fragments;
	__u8 number; /* of the next header */
	__u8 reason; /* enum pc_reason; unless it is PASS the rest is not to be used */
};

#define IP6_EXTENSIONS \
	(1ull << IPPROTO_HOPOPTS | 1ull << IPPROTO_ROUTING | 1ull << IPPROTO_FRAGMENT | \
	 1ull << IPPROTO_AH | 1ull << IPPROTO_DSTOPTS)

static __always_inline bool is_ip6_extension(__u8 number)
{
	return number < 64 ? IP6_EXTENSIONS >> number & 1 : number == IPPROTO_MH;
}

/* One extension header: RFC 8200 4, RFC 4302 2.2 (authentication), RFC 6275 6.1 (mobility). Returns
 * 1 when there is none to follow. */
static long walk_ip6_extension(__u32 turn, struct ip6_walk *walk)
{
	struct ip6_ext_header ext;

	(void)turn;
	if (!is_ip6_extension(walk->number) || walk->fragment_offset) {
		walk->reason = PC_R_PASS;
		return 1;
	}
	if (hook_load_bytes(walk->ctx, walk->offset, &ext, sizeof(ext))) {
		walk->reason = PC_R_SHORT;
		return 1;
	}
	if (walk->number == IPPROTO_FRAGMENT) {
		walk->fragment_offset = ext.offset & bpf_htons(IP6_OFFSET_MASK);
		walk->more_fragments = ext.offset & bpf_htons(IP6_MORE_FRAGMENTS);
		walk->offset += sizeof(ext);
	} else if (walk->number == IPPROTO_AH) {
		walk->offset += (ext.len + 2) * 4;
	} else {
		walk->offset += (ext.len + 1) * 8;
	}
	walk->number = ext.next;
	return 0;
}

static __always_inline enum pc_reason parse_ip6_extensions(struct cursor *c, struct layer *next)
{
	struct ip6_walk walk = {
		.ctx = c->ctx,
		.offset = c->offset,
		.number = next->number,
		.reason = PC_R_IP6_DEPTH,
	};

	bpf_loop(MAX_IP6_EXT_HEADERS + 1, walk_ip6_extension, &walk, 0);
	if (walk.reason != PC_R_PASS)
		return walk.reason;
	if (walk.offset > c->len)
		return PC_R_SHORT;
	if (walk.offset > CURSOR_MAX_OFFSET)
		return PC_R_IP6_DEPTH;
	c->offset = walk.offset;
	next->number = walk.number;
	next->fragment_offset = walk.fragment_offset;
	next->more_fragments = walk.more_fragments;
	return PC_R_PASS;
}

/* RFC 8200 3. A payload length of zero means a jumbogram: the hop-by-hop option of RFC 2675, or a
 * super-packet of ours above 65,535 bytes. */
static __always_inline enum pc_reason parse_ip6(struct cursor *c, struct packet *p,
                                                struct layer *next)
{
	struct ipv6hdr copy;
	const struct ipv6hdr *ip6 = cursor_peek(c, &copy);
	enum pc_reason length = PC_R_PASS;
	__u32 payload_len;

	if (!ip6)
		return PC_R_SHORT;
	if (ip6->version != 6)
		return PC_R_IP6_VERSION;
	payload_len = bpf_ntohs(ip6->payload_len);
	next->number = ip6->nexthdr;
	cursor_skip(c, sizeof(*ip6));

	if (!cursor_has(c, payload_len))
		length = PC_R_IP6_LENGTH;
	else if (payload_len)
		c->end = c->offset + payload_len;
	else if (c->len - c->offset > LARGEST_IP_LENGTH)
		p->unwired = next->number == IPPROTO_HOPOPTS ? sizeof(struct ip6_ext_header) : 0;
	else if (next->number != IPPROTO_HOPOPTS)
		c->end = c->offset;

	if (is_ip6_extension(next->number)) {
		enum pc_reason walk = parse_ip6_extensions(c, next);

		if (walk != PC_R_PASS)
			return walk;
	}
	next->version = 6;
	return length;
}

static __always_inline enum pc_reason parse_network(struct cursor *c, struct packet *p,
                                                    struct layer *next)
{
	switch (next->type) {
	case ETH_P_IP:
		return parse_ip4(c, next);
	case ETH_P_IPV6:
		return parse_ip6(c, p, next);
	case ETH_P_ARP:
		return parse_arp(c, p);
	default:
		return PC_R_PASS;
	}
}

/* A length that lies does not keep us from the ports, so that a rule may still speak of them; any
 * other fault leaves nothing to go on with. */
static __always_inline enum pc_reason parse(struct cursor *c, struct packet *p)
{
	struct layer next = {};
	enum pc_reason reason, transport;

	reason = parse_link(c, &next);
	if (reason != PC_R_PASS)
		return reason;
	if (c->tags)
		cursor_forget_way(c);
	reason = parse_network(c, p, &next);
	if (!next.version)
		return reason;
	cursor_forget_way(c);
	transport = parse_transport(c, p, &next);
	return reason != PC_R_PASS ? reason : transport;
}

#endif
