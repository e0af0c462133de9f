/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes to struct packet: link, network, transport. Every way to fail has a reason.
 *
 * Compiled twice: in place, fast and for plain packets, where any reason but PASS (and fragments,
 * IPv6 extensions) means "by copy, please", as few ways are cheap to verify and run; and by copy.
 */
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
#define IP6_OFFSET_SHIFT    3
#define IP6_MORE_FRAGMENTS  0x0001
#define LARGEST_IP_LENGTH   65535

/* The least that is a header: RFC 826 (its fixed part), RFC 9260 3.1, RFC 792, RFC 4443 2.1. */
#define ARP_HEADER_LEN    8
#define SCTP_HEADER_LEN   12
#define ICMP_HEADER_LEN   8
#define ICMPV6_HEADER_LEN 4

struct eth_header { /* struct ethhdr is packed: its type would be read byte by byte */
	__u8 dest[ETH_ALEN], source[ETH_ALEN];
	__be16 type;
};

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

/* What one layer tells the next. Whole words, so that nothing is masked on the way. */
struct layer {
	__u32 type;     /* EtherType of what follows, network byte order */
	bool goes_on;   /* to a transport protocol */
	__u32 number;   /* IP protocol number of what follows */
	__u32 fragment; /* offset, not 0 in a later fragment, and flag, as IPv4 has them */
};

static __always_inline bool is_vlan_tag(__u32 type)
{
	return type == bpf_htons(ETH_P_8021Q) || type == bpf_htons(ETH_P_8021AD);
}

static __always_inline enum pc_reason parse_vlan_tags(struct cursor *c, struct layer *next)
{
	__u32 tags = hook_tags(c->ctx);

#pragma unroll
	for (int i = 0; i <= MAX_VLAN_TAGS && is_vlan_tag(next->type); i++) {
		struct vlan_header copy;
		const struct vlan_header *tag;

		if (tags++ == MAX_VLAN_TAGS)
			return PC_R_VLAN_DEPTH;
		tag = cursor_peek(c, &copy);
		if (!tag)
			return PC_R_SHORT;
		next->type = tag->type;
		cursor_skip(c, sizeof(*tag));
	}
	cursor_forget_way(c);
	return PC_R_PASS;
}

static __always_inline enum pc_reason parse_link(struct cursor *c, struct layer *next)
{
	struct eth_header copy;
	const struct eth_header *eth;

	if (__builtin_expect(hook_lacks_link(c->ctx), 0)) {
		next->type = hook_type(c->ctx);
	} else {
		eth = cursor_peek(c, &copy);
		if (!eth)
			return PC_R_SHORT;
		next->type = eth->type;
		cursor_skip(c, sizeof(*eth));
	}
	if (__builtin_expect(is_vlan_tag(next->type), 0))
		return parse_vlan_tags(c, next);
	return PC_R_PASS;
}

static __always_inline enum pc_reason parse_arp(struct cursor *c, struct packet *p)
{
	p->protocol = PC_PROTO_ARP;
	return cursor_has(c, ARP_HEADER_LEN) ? PC_R_PASS : PC_R_SHORT;
}

/* Ports count as soon as their four bytes are in the frame, whatever is wrong with the lengths or
 * the rest of the header: no rule is slipped past by a tiny first fragment or a header that lies.
 */
static __always_inline void take_ports(struct packet *p, __be16 source, __be16 dest)
{
	p->sport = source;
	p->dport = dest;
	p->has_ports = true;
}

static __always_inline enum pc_reason parse_ports(struct cursor *c, struct packet *p)
{
	struct ports copy;
	const struct ports *ports = cursor_peek(c, &copy);

	if (!ports)
		return PC_R_SHORT;
	take_ports(p, ports->source, ports->dest);
	return PC_R_PASS;
}

/* RFC 9293 3.1. The data offset counts 32-bit words. */
static __always_inline enum pc_reason parse_tcp(struct cursor *c, struct packet *p)
{
	struct tcphdr copy;
	const struct tcphdr *tcp = cursor_peek(c, &copy);
	__u32 header_len;

	if (!tcp) {
		parse_ports(c, p);
		return PC_R_SHORT;
	}
	take_ports(p, tcp->source, tcp->dest);
	header_len = tcp->doff * 4;
	if (header_len < sizeof(*tcp) || !cursor_has(c, header_len))
		return cursor_has(c, sizeof(*tcp)) ? PC_R_TCP_OFFSET : PC_R_SHORT;
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

	if (!udp) {
		parse_ports(c, p);
		return PC_R_SHORT;
	}
	take_ports(p, udp->source, udp->dest);
	if (!cursor_has(c, sizeof(*udp)))
		return PC_R_SHORT;
	p->header_len = c->offset + sizeof(*udp);
	len = bpf_ntohs(udp->len);
	if (!len)
		return c->end - c->offset > LARGEST_IP_LENGTH ? PC_R_PASS : PC_R_UDP_LENGTH;
	if (len < sizeof(*udp) || (!cursor_has(c, len) && !more_fragments))
		return PC_R_UDP_LENGTH;
	return PC_R_PASS;
}

static __always_inline enum pc_reason parse_sctp(struct cursor *c, struct packet *p)
{
	if (parse_ports(c, p) != PC_R_PASS || !cursor_has(c, SCTP_HEADER_LEN))
		return PC_R_SHORT;
	p->header_len = c->offset + SCTP_HEADER_LEN;
	return PC_R_PASS;
}

static __always_inline enum pc_reason parse_transport(struct cursor *c, struct packet *p,
                                                      const struct layer *next)
{
	bool first = !(next->fragment & bpf_htons(IP_OFFSET_MASK));

	switch (__builtin_expect(next->number, IPPROTO_TCP)) {
	case IPPROTO_TCP:
		p->protocol = PC_PROTO_TCP;
		return first ? parse_tcp(c, p) : PC_R_PASS;
	case IPPROTO_UDP:
		p->protocol = PC_PROTO_UDP;
		return first ? parse_udp(c, p, next->fragment & bpf_htons(IP_MORE_FRAGMENTS))
		             : PC_R_PASS;
	case IPPROTO_SCTP:
		return first ? parse_sctp(c, p) : PC_R_PASS;
	case IPPROTO_ICMP:
		if (next->type == bpf_htons(ETH_P_IP))
			p->protocol = PC_PROTO_ICMP;
		return !first || cursor_has(c, ICMP_HEADER_LEN) ? PC_R_PASS : PC_R_SHORT;
	case IPPROTO_ICMPV6:
		if (next->type == bpf_htons(ETH_P_IPV6))
			p->protocol = PC_PROTO_ICMPV6;
		return !first || cursor_has(c, ICMPV6_HEADER_LEN) ? PC_R_PASS : PC_R_SHORT;
	default:
		return PC_R_PASS;
	}
}

/* RFC 791 3.1. A total length of zero is what Linux gives a GSO packet above 65,535 bytes. */
static __always_inline enum pc_reason parse_ip4(struct cursor *c, struct layer *next)
{
	struct iphdr copy;
	const struct iphdr *ip = cursor_peek(c, &copy);
	__u32 offset = c->offset, header_len, total_len;

	if (!ip)
		return PC_R_SHORT;
	if (ip->version != 4)
		return PC_R_IP4_VERSION;
	header_len = ip->ihl * 4;
	if (header_len < sizeof(*ip))
		return PC_R_IP4_IHL;

	next->number = ip->protocol;
	next->fragment = ip->frag_off & bpf_htons(IP_OFFSET_MASK | IP_MORE_FRAGMENTS);
	if (next->fragment && !c->copying)
		return PC_R_SHORT;
	cursor_skip(c, header_len);

	total_len = bpf_ntohs(ip->tot_len);
	if (total_len >= header_len && offset + total_len <= c->end) {
		c->end = offset + total_len;
		next->goes_on = true;
		return PC_R_PASS;
	}
	if (c->offset > c->len)
		return PC_R_SHORT;
	if (total_len || c->len - offset <= LARGEST_IP_LENGTH) {
		next->goes_on = c->copying;
		return PC_R_IP4_LENGTH;
	}
	next->goes_on = true;
	return PC_R_PASS;
}

/* The walk along the extension headers, and where it has come to. */
struct ip6_walk {
	hook_ctx *ctx;
	__u32 offset;    /* of the next header, bytes from the start of the frame */
	__be16 fragment; /* as in struct layer */
	__u8 number;     /* of the next header */
	__u8 reason;     /* enum pc_reason; unless it is PASS the rest is not to be used */
};

#define IP6_EXTENSIONS \
	(1ull << IPPROTO_HOPOPTS | 1ull << IPPROTO_ROUTING | 1ull << IPPROTO_FRAGMENT | \
	 1ull << IPPROTO_AH | 1ull << IPPROTO_DSTOPTS)

static __always_inline bool is_ip6_extension(__u8 number)
{
	return number < 64 ? IP6_EXTENSIONS >> number & 1 : number == IPPROTO_MH;
}

/* What IPv6 puts below the fragment offset, IPv4 puts above. */
static __always_inline __be16 ip4_fragment(__be16 ip6)
{
	__u16 field = bpf_ntohs(ip6);

	return bpf_htons(field >> IP6_OFFSET_SHIFT |
	                 (field & IP6_MORE_FRAGMENTS) * IP_MORE_FRAGMENTS);
}

/* One extension header: RFC 8200 4, RFC 4302 2.2 (authentication), RFC 6275 6.1 (mobility). Returns
 * 1 when there is none to follow. */
static long walk_ip6_extension(__u32 turn, struct ip6_walk *walk)
{
	struct ip6_ext_header ext;

	(void)turn;
	if (!is_ip6_extension(walk->number) || walk->fragment & bpf_htons(IP_OFFSET_MASK)) {
		walk->reason = PC_R_PASS;
		return 1;
	}
	if (hook_load_bytes(walk->ctx, walk->offset, &ext, sizeof(ext))) {
		walk->reason = PC_R_SHORT;
		return 1;
	}
	if (walk->number == IPPROTO_FRAGMENT) {
		walk->fragment = ip4_fragment(ext.offset);
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
	next->fragment = walk.fragment;
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
	bool jumbogram = false;
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
		jumbogram = true;
	else if (next->number != IPPROTO_HOPOPTS)
		c->end = c->offset;

	if (is_ip6_extension(next->number)) {
		enum pc_reason walk;

		if (!c->copying)
			return PC_R_SHORT;
		if (jumbogram && next->number == IPPROTO_HOPOPTS)
			p->unwired = sizeof(struct ip6_ext_header);
		walk = parse_ip6_extensions(c, next);
		if (walk != PC_R_PASS)
			return walk;
	}
	if (length == PC_R_PASS || c->copying)
		next->goes_on = true;
	return length;
}

static __always_inline enum pc_reason parse_network(struct cursor *c, struct packet *p,
                                                    struct layer *next)
{
	switch (__builtin_expect(next->type, bpf_htons(ETH_P_IP))) {
	case bpf_htons(ETH_P_IP):
		return parse_ip4(c, next);
	case bpf_htons(ETH_P_IPV6):
		return parse_ip6(c, p, next);
	case bpf_htons(ETH_P_ARP):
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
	reason = parse_network(c, p, &next);
	if (!next.goes_on)
		return reason;
	cursor_forget_way(c);
	transport = parse_transport(c, p, &next);
	return reason != PC_R_PASS ? reason : transport;
}

#endif
