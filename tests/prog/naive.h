/* SPDX-License-Identifier: GPL-2.0-only */
/* The data plane once more, and nothing like it: what is to become of a packet, found out from the
 * RFCs byte by byte, with no thought of speed and no line in common. */
#ifndef TESTS_PROG_NAIVE_H
#define TESTS_PROG_NAIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/reasons.h"
#include "abi/types.h"

#define NAIVE_PORT       80     /* tcp dst port 80 is the built-in policy */
#define NAIVE_TAGS       2      /* more are a fault */
#define NAIVE_EXTENSIONS 256    /* of IPv6: many */
#define NAIVE_FAR        0xffff /* bytes; no header is looked for further in */
#define NAIVE_LARGEST_IP 65535
#define NAIVE_VLAN       0x8100
#define NAIVE_QINQ       0x88a8

struct naive {
	enum pc_reason reason; /* what is wrong with the headers, or PASS */
	enum pc_protocol protocol;
	bool matched;   /* the rule speaks of it */
	size_t headers; /* bytes up to the payload of TCP, UDP, SCTP; 0: unknown */
};

static inline unsigned naive_16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

/* Where IP has come to: the first byte of what it carries, and what IP said of it. */
struct naive_ip {
	const uint8_t *frame;
	size_t at, end, len; /* the IP packet's end, which may lie before the frame's */
	unsigned version, number;
	bool later, more; /* a fragment that is not the first; one that is not the last */
};

static inline void naive_tcp(const struct naive_ip *ip, size_t inside, struct naive *n)
{
	size_t offset;

	if (inside < 20) {
		n->reason = PC_R_SHORT;
		return;
	}
	offset = (ip->frame[ip->at + 12] >> 4) * 4;
	if (offset < 20 || offset > inside)
		n->reason = PC_R_TCP_OFFSET;
	else
		n->headers = ip->at + offset;
}

static inline void naive_udp(const struct naive_ip *ip, size_t inside, struct naive *n)
{
	size_t length;

	if (inside < 8) {
		n->reason = PC_R_SHORT;
		return;
	}
	n->headers = ip->at + 8;
	length = naive_16(ip->frame + ip->at + 4);
	if (length == 0 && inside > NAIVE_LARGEST_IP) /* RFC 2675, 4 */
		return;
	if (length < 8 || (length > inside && !ip->more))
		n->reason = PC_R_UDP_LENGTH;
}

static inline void naive_transport(const struct naive_ip *ip, struct naive *n)
{
	size_t inside = ip->end > ip->at ? ip->end - ip->at : 0;
	bool has_ports = ip->len - ip->at >= 4 && !ip->later;
	bool wants_ports = ip->number == 6 || ip->number == 17 || ip->number == 132;

	if (ip->number == 6)
		n->protocol = PC_PROTO_TCP;
	if (ip->number == 17)
		n->protocol = PC_PROTO_UDP;
	if (ip->number == 1 && ip->version == 4)
		n->protocol = PC_PROTO_ICMP;
	if (ip->number == 58 && ip->version == 6)
		n->protocol = PC_PROTO_ICMPV6;
	if (ip->later)
		return;

	if (ip->number == 6 && has_ports)
		n->matched = naive_16(ip->frame + ip->at + 2) == NAIVE_PORT;
	if (wants_ports && !has_ports)
		n->reason = PC_R_SHORT;
	else if (ip->number == 6)
		naive_tcp(ip, inside, n);
	else if (ip->number == 17)
		naive_udp(ip, inside, n);
	else if (ip->number == 132 && inside >= 12)
		n->headers = ip->at + 12;
	else if (ip->number == 132 || (n->protocol == PC_PROTO_ICMP && inside < 8) ||
	         (n->protocol == PC_PROTO_ICMPV6 && inside < 4))
		n->reason = PC_R_SHORT;
}

static inline void naive_ip4(const uint8_t *frame, size_t at, size_t len, struct naive *n)
{
	struct naive_ip ip = { .frame = frame, .len = len, .end = len, .version = 4 };
	const uint8_t *header = frame + at;
	size_t size, total;
	bool lies;

	if (len - at < 20) {
		n->reason = PC_R_SHORT;
		return;
	}
	size = (header[0] & 15) * 4;
	total = naive_16(header + 2);
	if (header[0] >> 4 != 4)
		n->reason = PC_R_IP4_VERSION;
	else if (size < 20)
		n->reason = PC_R_IP4_IHL;
	else if (size > len - at)
		n->reason = PC_R_SHORT;
	if (n->reason != PC_R_PASS)
		return;

	lies = total < size || total > len - at;
	if (!lies)
		ip.end = at + total;
	if (total == 0 && len - at > NAIVE_LARGEST_IP)
		lies = false; /* a super-packet */
	ip.at = at + size;
	ip.number = header[9];
	ip.later = (naive_16(header + 6) & 0x1fff) != 0;
	ip.more = (naive_16(header + 6) & 0x2000) != 0;
	naive_transport(&ip, n);
	if (lies)
		n->reason = PC_R_IP4_LENGTH;
}

/* Bytes of an extension header, as RFC 8200, 4302 and 6275 have it. */
static inline size_t naive_extension_size(unsigned number, const uint8_t *header)
{
	if (number == 44)
		return 8;
	if (number == 51)
		return (header[1] + 2) * 4;
	return (header[1] + 1) * 8;
}

/* Follows the extension headers. Returns whether there is something to go on with. */
static inline bool naive_extensions(struct naive_ip *ip, struct naive *n)
{
	int followed = 0;

	while (!ip->later && (ip->number == 0 || ip->number == 43 || ip->number == 44 ||
	                      ip->number == 51 || ip->number == 60 || ip->number == 135)) {
		const uint8_t *header = ip->frame + ip->at;
		unsigned number = ip->number;

		if (ip->at > ip->len || ip->len - ip->at < 8) {
			n->reason = PC_R_SHORT;
			return false;
		}
		followed++;
		ip->number = header[0];
		if (number == 44) {
			ip->later = (naive_16(header + 2) & 0xfff8) != 0;
			ip->more |= (header[3] & 1) != 0;
		}
		ip->at += naive_extension_size(number, header);
	}
	if (ip->at > ip->len)
		n->reason = PC_R_SHORT;
	else if (ip->at > NAIVE_FAR && followed)
		n->reason = PC_R_IP6_DEPTH;
	return n->reason == PC_R_PASS;
}

static inline void naive_ip6(const uint8_t *frame, size_t at, size_t len, struct naive *n)
{
	struct naive_ip ip = { .frame = frame, .len = len, .end = len, .version = 6 };
	size_t payload;
	bool lies, past;

	if (len - at < 40) {
		n->reason = PC_R_SHORT;
		return;
	}
	if (frame[at] >> 4 != 6) {
		n->reason = PC_R_IP6_VERSION;
		return;
	}
	payload = naive_16(frame + at + 4);
	ip.number = frame[at + 6];
	ip.at = at + 40;
	lies = payload > len - ip.at;
	if (!lies && (payload || (ip.number != 0 && len - ip.at <= NAIVE_LARGEST_IP)))
		ip.end = ip.at + payload; /* else it is a jumbogram */
	if (!naive_extensions(&ip, n))
		return;
	past = ip.at > ip.end;
	naive_transport(&ip, n);
	if (lies)
		n->reason = PC_R_IP6_LENGTH;
	else if (past)
		n->reason = PC_R_SHORT;
}

/* `tags` are beside the frame. */
static inline struct naive naive_parse(const uint8_t *frame, size_t len, unsigned tags)
{
	struct naive n = { .reason = PC_R_PASS, .protocol = PC_PROTO_OTHER };
	size_t at = 14;
	unsigned type;
	bool deep = false;

	if (len < 14) {
		n.reason = PC_R_SHORT;
		return n;
	}
	type = naive_16(frame + 12);
	while (type == NAIVE_VLAN || type == NAIVE_QINQ) {
		deep |= ++tags > NAIVE_TAGS;
		if (len - at < 4) {
			n.reason = deep ? PC_R_VLAN_DEPTH : PC_R_SHORT;
			return n;
		}
		type = naive_16(frame + at + 2);
		at += 4;
	}
	if (type == 0x0806) {
		n.protocol = PC_PROTO_ARP;
		if (len - at < 8)
			n.reason = PC_R_SHORT;
	}
	if (type == 0x0800)
		naive_ip4(frame, at, len, &n);
	if (type == 0x86dd)
		naive_ip6(frame, at, len, &n);
	if (deep)
		n.reason = PC_R_VLAN_DEPTH;
	return n;
}

/* A super-packet: its length and, if known, that of its headers, bytes; what the kernel says of it.
 */
struct naive_super {
	size_t len, headers;
	size_t gso_size, gso_segs, wire_len;
};

struct naive_wire {
	size_t packets, size, last; /* all of one size, but the last */
};

/* Bytes of headers that each segment has: what the kernel added up, if it knew better than to leave
 * some out; else what our parser found; else what remains if all segments are full, which is no
 * less than a link header. 0: there is no telling. */
static inline size_t naive_headers(const struct naive_super *s)
{
	size_t payload = s->gso_segs * s->gso_size, headers = 0;

	if (s->gso_segs > 1 && s->wire_len > s->len) /* each segment but one adds its headers */
		headers = (s->wire_len - s->len) / (s->gso_segs - 1);
	if (headers < s->headers)
		headers = s->headers;
	if (!headers && s->gso_segs)
		headers = s->len > payload + 14 ? s->len - payload : 14;
	return headers;
}

/* Cuts a super-packet into segments, one after the other. */
static inline struct naive_wire naive_cut(const struct naive_super *s)
{
	struct naive_wire whole = { .packets = 1, .last = s->len };
	size_t headers = naive_headers(s), segments = s->gso_segs, size = s->gso_size, left, i;

	if (!size || !headers || headers >= s->len)
		return whole;
	if (!segments)
		for (left = s->len - headers; left; left -= left < size ? left : size)
			segments++;
	if (segments < 2)
		return whole;

	left = s->len - headers;
	for (i = 1; i < segments && left > size; i++)
		left -= size;
	if (i < segments || left > size) { /* that was not how: in equal parts, then */
		left = s->len - headers;
		size = left / segments;
		left -= size * (segments - 1);
	}
	return (struct naive_wire){ .packets = segments,
		                    .size = headers + size,
		                    .last = headers + left };
}

#endif
