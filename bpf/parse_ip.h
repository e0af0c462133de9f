/* SPDX-License-Identifier: GPL-2.0-only */
/* The network header: IPv4 with its options, IPv6 with its extension headers. */
#ifndef BPF_PARSE_IP_H
#define BPF_PARSE_IP_H

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include <bpf/bpf_endian.h>

#include "abi/reasons.h"
#include "bpf/cursor.h"
#include "bpf/packet.h"

/* More than fit the offsets that are looked at: the kernel follows any number, so a lower bound
 * would be a way past rules that speak of ports. */
#define MAX_IP6_EXT_HEADERS (CURSOR_MAX_OFFSET / sizeof(struct ip6_ext_header))
#define IP6_OFFSET_SHIFT    3
#define IP6_MORE_FRAGMENTS  0x0001

struct ip6_ext_header { /* RFC 8200 4.2; no extension header is shorter */
	__u8 next;
	__u8 len;
	__be16 offset; /* fragment header only */
	__be32 id;
};

/* No loop: what is indexed would be in memory, asked for or not. */
static __always_inline void take_ip6_address(__u32 *word, const struct in6_addr *address)
{
	word[0] = bpf_ntohl(address->in6_u.u6_addr32[0]);
	word[1] = bpf_ntohl(address->in6_u.u6_addr32[1]);
	word[2] = bpf_ntohl(address->in6_u.u6_addr32[2]);
	word[3] = bpf_ntohl(address->in6_u.u6_addr32[3]);
}

static __always_inline void take_ip4(struct packet *p, const struct iphdr *ip)
{
	p->version = 4;
	p->dscp = ip->tos >> 2;
	p->word[PC_WORD_SADDR] = bpf_ntohl(ip->saddr);
	p->word[PC_WORD_DADDR] = bpf_ntohl(ip->daddr);
}

static __always_inline void take_ip6(struct packet *p, const struct ipv6hdr *ip6)
{
	p->version = 6;
	p->dscp = (ip6->priority << 4 | ip6->flow_lbl[0] >> 4) >> 2;
	take_ip6_address(&p->word[PC_WORD_SADDR], &ip6->saddr);
	take_ip6_address(&p->word[PC_WORD_DADDR], &ip6->daddr);
}

/* What follows version and header length. A total length of zero is what Linux gives a GSO packet
 * above 65,535 bytes. */
static __always_inline enum pc_reason parse_ip4_fields(struct cursor *c, struct packet *p,
                                                       const struct iphdr *ip, __u32 header_len,
                                                       struct layer *next)
{
	__u32 offset = c->offset, total_len;

	take_ip4(p, ip);
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
	if (c->offset > c->len || !c->copying)
		return PC_R_SHORT;
	next->goes_on = true;
	return total_len || c->len - offset <= LARGEST_IP_LENGTH ? PC_R_IP4_LENGTH : PC_R_PASS;
}

/* RFC 791 3.1. */
static __always_inline enum pc_reason parse_ip4(struct cursor *c, struct packet *p,
                                                struct layer *next)
{
	struct iphdr copy;
	const struct iphdr *ip = cursor_peek(c, &copy);
	__u32 header_len;

	if (!ip)
		return PC_R_SHORT;
	if (ip->version != 4)
		return PC_R_IP4_VERSION;
	header_len = ip->ihl * 4;
	if (header_len < sizeof(*ip))
		return PC_R_IP4_IHL;
	return parse_ip4_fields(c, p, ip, header_len, next);
}

/* The walk along the extension headers, and where it has come to. */
struct ip6_walk {
	hook_ctx *ctx;
	__u32 offset;    /* of the next header, bytes from the start of the frame */
	__be16 fragment; /* as in struct layer */
	__u8 number;     /* of the next header */
	__u8 reason;     /* enum pc_reason; unless it is PASS the walk ended before its end */
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
		/* Of two fragment headers either may say that it is one. */
		walk->fragment |= ip4_fragment(ext.offset);
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
	next->number = walk.number;
	next->fragment = walk.fragment;
	if (walk.reason != PC_R_PASS)
		return walk.reason;
	if (walk.offset > c->len)
		return PC_R_SHORT;
	if (walk.offset > CURSOR_MAX_OFFSET)
		return PC_R_IP6_DEPTH;
	c->offset = walk.offset;
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
	take_ip6(p, ip6);
	payload_len = bpf_ntohs(ip6->payload_len);
	next->number = ip6->nexthdr;
	cursor_skip(c, sizeof(*ip6));
	if (!c->copying && (!payload_len || is_ip6_extension(next->number)))
		return PC_R_SHORT;

	if (!cursor_has(c, payload_len))
		length = PC_R_IP6_LENGTH;
	else if (payload_len)
		c->end = c->offset + payload_len;
	else if (c->len - c->offset > LARGEST_IP_LENGTH)
		jumbogram = true;
	else if (next->number != IPPROTO_HOPOPTS)
		c->end = c->offset;

	if (c->copying && is_ip6_extension(next->number)) {
		enum pc_reason walk;

		if (jumbogram && next->number == IPPROTO_HOPOPTS)
			p->unwired = sizeof(struct ip6_ext_header);
		walk = parse_ip6_extensions(c, next);
		if (walk != PC_R_PASS)
			return walk;
		if (length == PC_R_PASS && c->offset > c->end)
			length = PC_R_SHORT;
	}
	if (length == PC_R_PASS || c->copying)
		next->goes_on = true;
	return length;
}

#endif
