/* SPDX-License-Identifier: GPL-2.0-only */
/* The transport header: TCP, UDP, SCTP, ICMP. */
#ifndef BPF_PARSE_TRANSPORT_H
#define BPF_PARSE_TRANSPORT_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>

#include "abi/reasons.h"
#include "bpf/cursor.h"
#include "bpf/packet.h"

/* The least that is a header: RFC 9260 3.1, RFC 792, RFC 4443 2.1. */
#define SCTP_HEADER_LEN   12
#define ICMP_HEADER_LEN   8
#define ICMPV6_HEADER_LEN 4

struct ports { /* how TCP, UDP, SCTP begin */
	__be16 source, dest;
};

struct tcp_start { /* TCP up to its flags, RFC 9293 3.1 */
	struct ports ports;
	__be16 sequence[2], acknowledgment[2];
	__u8 offset, flags;
};

/* Ports count as soon as their four bytes are in the frame, and so do TCP flags, whatever is wrong
 * with the lengths or the rest of the header: no rule is slipped past by a tiny first fragment or a
 * header that lies. */
static __always_inline void take_ports(struct packet *p, __be16 source, __be16 dest)
{
	p->word[PC_WORD_SPORT] = bpf_ntohs(source);
	p->word[PC_WORD_DPORT] = bpf_ntohs(dest);
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

static __always_inline void take_tcp(struct packet *p, const struct tcp_start *tcp)
{
	take_ports(p, tcp->ports.source, tcp->ports.dest);
	p->tcp_flags = tcp->flags;
	p->has_tcp_flags = true;
}

/* What there is of a header that is cut short. */
static __always_inline void parse_tcp_start(struct cursor *c, struct packet *p)
{
	struct tcp_start copy;
	const struct tcp_start *tcp = cursor_peek(c, &copy);

	if (tcp)
		take_tcp(p, tcp);
	else
		parse_ports(c, p);
}

/* RFC 9293 3.1. The data offset counts 32-bit words. */
static __always_inline enum pc_reason parse_tcp(struct cursor *c, struct packet *p)
{
	struct tcphdr copy;
	const struct tcphdr *tcp = cursor_peek(c, &copy);
	__u32 header_len;

	if (!tcp) {
		if (c->copying)
			parse_tcp_start(c, p);
		return PC_R_SHORT;
	}
	take_tcp(p, (const void *)tcp);
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
	bool fits;

	if (!udp) {
		parse_ports(c, p);
		return PC_R_SHORT;
	}
	take_ports(p, udp->source, udp->dest);
	len = bpf_ntohs(udp->len);
	fits = len >= sizeof(*udp) && cursor_has(c, len);
	if (!fits && (!c->copying || !cursor_has(c, sizeof(*udp))))
		return PC_R_SHORT;
	p->header_len = c->offset + sizeof(*udp);
	if (fits || (len >= sizeof(*udp) && more_fragments))
		return PC_R_PASS;
	return !len && c->end - c->offset > LARGEST_IP_LENGTH ? PC_R_PASS : PC_R_UDP_LENGTH;
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

	if (first)
		p->transport = c->offset;
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
		if (next->type != bpf_htons(ETH_P_IP))
			return PC_R_PASS;
		p->protocol = PC_PROTO_ICMP;
		return !first || cursor_has(c, ICMP_HEADER_LEN) ? PC_R_PASS : PC_R_SHORT;
	case IPPROTO_ICMPV6:
		if (next->type != bpf_htons(ETH_P_IPV6))
			return PC_R_PASS;
		p->protocol = PC_PROTO_ICMPV6;
		return !first || cursor_has(c, ICMPV6_HEADER_LEN) ? PC_R_PASS : PC_R_SHORT;
	default:
		return PC_R_PASS;
	}
}

#endif
