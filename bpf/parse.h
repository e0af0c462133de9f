/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes to struct packet: link, network, transport. Every way to fail has a reason.
 *
 * Compiled three times: in place, fast, where any reason but PASS (and fragments, IPv6 extensions)
 * means "by copy, please", as few ways are cheap to verify and run; once more in place for the
 * plainest packets, at offsets that are constants; and by copy. */
#ifndef BPF_PARSE_H
#define BPF_PARSE_H

#include <linux/if_ether.h>

#include <bpf/bpf_endian.h>

#include "abi/reasons.h"
#include "bpf/cursor.h"
#include "bpf/packet.h"
#include "bpf/parse_ip.h"
#include "bpf/parse_transport.h"

#define ARP_HEADER_LEN 8 /* RFC 826, the fixed part */

struct eth_header { /* struct ethhdr is packed: its type would be read byte by byte */
	__u8 dest[ETH_ALEN], source[ETH_ALEN];
	__be16 type;
};

struct vlan_header { /* what follows the EtherType of a tag, IEEE 802.1Q */
	__be16 tci;
	__be16 type;
};

static __always_inline bool is_vlan_tag(__u32 type)
{
	return type == bpf_htons(ETH_P_8021Q) || type == bpf_htons(ETH_P_8021AD);
}

/* More than fit the offsets that are looked at. The kernel takes off any number of priority tags: a
 * lower bound would be a way past rules that speak of what is below them. */
#define MAX_DEEP_TAGS (CURSOR_MAX_OFFSET / sizeof(struct vlan_header))

/* The walk along those tags that are too deep for rules to speak of their ids. */
struct tag_walk {
	hook_ctx *ctx;
	__u32 offset; /* of what follows the EtherType of the next tag, bytes */
	__u32 type;   /* that EtherType, network byte order */
};

/* One tag. Returns 1 when there is none to follow; type is that of a tag still when it is cut off.
 */
static long walk_tag(__u32 turn, struct tag_walk *walk)
{
	struct vlan_header tag;

	(void)turn;
	if (!is_vlan_tag(walk->type) || hook_load_bytes(walk->ctx, walk->offset, &tag, sizeof(tag)))
		return 1;
	walk->type = tag.type;
	walk->offset += sizeof(tag);
	return 0;
}

static __always_inline enum pc_reason skip_deep_tags(struct cursor *c, struct layer *next)
{
	struct tag_walk walk = { .ctx = c->ctx, .offset = c->offset, .type = next->type };

	if (!c->copying)
		return PC_R_VLAN_DEPTH;
	bpf_loop(MAX_DEEP_TAGS, walk_tag, &walk, 0);
	if (walk.offset <= CURSOR_MAX_OFFSET) {
		next->type = walk.type;
		c->offset = walk.offset;
	}
	cursor_forget(c, c->offset);
	return PC_R_VLAN_DEPTH;
}

static __always_inline enum pc_reason parse_vlan_tags(struct cursor *c, struct packet *p,
                                                      struct layer *next)
{
	__u32 tags = hook_tags(c->ctx);

#pragma unroll
	for (int i = 0; i <= MAX_VLAN_TAGS && is_vlan_tag(next->type); i++) {
		struct vlan_header copy;
		const struct vlan_header *tag;

		if (tags++ == MAX_VLAN_TAGS || i == MAX_VLAN_TAGS)
			return skip_deep_tags(c, next);
		tag = cursor_peek(c, &copy);
		if (!tag)
			return PC_R_SHORT;
		next->type = tag->type;
		p->vlan[i] = bpf_ntohs(tag->tci) & VLAN_ID_MASK;
		p->vlans = i + 1;
		cursor_skip(c, sizeof(*tag));
	}
	cursor_forget(c, c->offset);
	return PC_R_PASS;
}

static __always_inline enum pc_reason parse_link(struct cursor *c, struct packet *p,
                                                 struct layer *next)
{
	struct eth_header copy;
	const struct eth_header *eth;

	if (__builtin_expect(p->lost_link, 0)) {
		next->type = hook_type(c->ctx);
	} else {
		eth = cursor_peek(c, &copy);
		if (!eth)
			return PC_R_SHORT;
		next->type = eth->type;
		cursor_skip(c, sizeof(*eth));
	}
	cursor_forget(c, c->offset);
	if (__builtin_expect(is_vlan_tag(next->type), 0))
		return parse_vlan_tags(c, p, next);
	return PC_R_PASS;
}

static __always_inline enum pc_reason parse_arp(struct cursor *c, struct packet *p)
{
	p->protocol = PC_PROTO_ARP;
	return cursor_has(c, ARP_HEADER_LEN) ? PC_R_PASS : PC_R_SHORT;
}

static __always_inline enum pc_reason parse_network(struct cursor *c, struct packet *p,
                                                    struct layer *next)
{
	switch (__builtin_expect(next->type, bpf_htons(ETH_P_IP))) {
	case bpf_htons(ETH_P_IP):
		return parse_ip4(c, p, next);
	case bpf_htons(ETH_P_IPV6):
		return parse_ip6(c, p, next);
	case bpf_htons(ETH_P_ARP):
		return parse_arp(c, p);
	default:
		return PC_R_PASS;
	}
}

/* Too many tags, or a length that lies, do not keep us from the ports, so that a rule may still
 * speak of them; any other fault leaves nothing to go on with. */
static __always_inline enum pc_reason parse(struct cursor *c, struct packet *p)
{
	struct layer next = {};
	enum pc_reason link, reason, transport;

	link = parse_link(c, p, &next);
	p->ethertype = bpf_ntohs(next.type);
	if (link != PC_R_PASS && (link != PC_R_VLAN_DEPTH || !c->copying || is_vlan_tag(next.type)))
		return link;
	cursor_forget(c, link);
	reason = parse_network(c, p, &next);
	reason = link != PC_R_PASS ? link : reason;
	p->word[PC_WORD_PROTO] = next.number;
	p->fragment = next.fragment != 0;
	if (!next.goes_on)
		return reason;
	cursor_forget(c, c->offset);
	cursor_forget(c, reason);
	transport = parse_transport(c, p, &next);
	return reason != PC_R_PASS ? reason : transport;
}

/* The plainest packets, and most: an untagged IPv4 header without options, and room for any
 * transport header behind it. All they have in common is known before they are parsed. */
#define PLAIN_LEN (sizeof(struct eth_header) + sizeof(struct iphdr) + sizeof(struct tcphdr))

static __always_inline bool is_plain(const struct cursor *c)
{
	const struct eth_header *eth = c->data;
	const struct iphdr *ip = (const void *)(eth + 1);

	return c->data + PLAIN_LEN <= c->data_end && eth->type == bpf_htons(ETH_P_IP) &&
	       ip->version == 4 && ip->ihl == sizeof(*ip) / 4;
}

static __always_inline enum pc_reason parse_plain(struct cursor *c, struct packet *p)
{
	struct layer next = { .type = bpf_htons(ETH_P_IP) };
	struct iphdr copy;
	const struct iphdr *ip;
	enum pc_reason reason;

	c->reach = PLAIN_LEN;
	cursor_skip(c, sizeof(struct eth_header));
	ip = cursor_peek(c, &copy);
	p->ethertype = ETH_P_IP;
	reason = parse_ip4_fields(c, p, ip, sizeof(*ip), &next);
	p->word[PC_WORD_PROTO] = next.number;
	return reason != PC_R_PASS ? reason : parse_transport(c, p, &next);
}

#endif
