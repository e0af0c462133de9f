/* SPDX-License-Identifier: GPL-2.0-only */
/* What rules can know of a packet: its headers read as the data plane reads them, in user space and
 * with no thought of speed. What is known of a packet that lies or is cut short is kept. */
#include "lib/packet/dissect.h"

#include <string.h>

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>

#include "lib/packet/words.h"

#define IP_OFFSET_MASK    0x1fff
#define IP_FRAGMENT_MASK  0x3fff /* offset and "more fragments" */
#define IP6_OFFSET_MASK   0xfff8
#define IP6_FRAGMENT_MASK 0xfff9
#define MAX_OFFSET        0xffff /* bytes; no header is looked for further in */

/* The frame and how far it has been read. */
struct cursor {
	const uint8_t *frame;
	size_t at, len; /* the next header; the frame, bytes */
	size_t end;     /* where the IP header says the packet ends */
};

static unsigned get16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

/* Whether the next `size` bytes are in the frame; whether they are part of the packet, too. */
static bool can_read(const struct cursor *c, size_t size)
{
	return c->at + size <= c->len;
}

static bool has(const struct cursor *c, size_t size)
{
	return c->at + size <= c->end;
}

static bool is_tag(unsigned ethertype)
{
	return ethertype == ETH_P_8021Q || ethertype == ETH_P_8021AD;
}

static enum pc_reason read_link(struct cursor *c, struct headers *h)
{
	enum pc_reason reason = PC_R_PASS;
	unsigned ethertype;

	if (!can_read(c, ETH_HLEN))
		return PC_R_SHORT;
	ethertype = get16(c->frame + 12);
	c->at += ETH_HLEN;
	while (is_tag(ethertype)) {
		if (h->tags == HEADERS_TAGS)
			reason = PC_R_VLAN_DEPTH;
		if (!can_read(c, 4) || c->at > MAX_OFFSET)
			return reason == PC_R_PASS ? PC_R_SHORT : reason;
		if (reason == PC_R_PASS)
			h->vlan[h->tags++] = get16(c->frame + c->at) & 0x0fff;
		ethertype = get16(c->frame + c->at + 2);
		c->at += 4;
	}
	h->has_ethertype = true;
	h->ethertype = ethertype;
	return reason;
}

/* --- transport */

static enum pc_reason read_tcp(const struct cursor *c, struct headers *h)
{
	const uint8_t *tcp = c->frame + c->at;
	size_t len;

	if (!can_read(c, 14))
		return PC_R_SHORT;
	h->has_flags = true;
	h->flags = tcp[13];
	if (!has(c, 20))
		return PC_R_SHORT;
	len = (tcp[12] >> 4) * 4;
	return len < 20 || !has(c, len) ? PC_R_TCP_OFFSET : PC_R_PASS;
}

static enum pc_reason read_udp(const struct cursor *c, bool more)
{
	size_t len;

	if (!has(c, 8))
		return PC_R_SHORT;
	len = get16(c->frame + c->at + 4);
	return len < 8 || (!has(c, len) && !more) ? PC_R_UDP_LENGTH : PC_R_PASS;
}

static enum pc_reason read_icmp(const struct cursor *c, size_t least, struct headers *h)
{
	if (can_read(c, 1)) {
		h->has_type = true;
		h->type = c->frame[c->at];
	}
	return has(c, least) ? PC_R_PASS : PC_R_SHORT;
}

static enum pc_reason read_transport(const struct cursor *c, bool more, struct headers *h)
{
	if (h->later)
		return PC_R_PASS;
	if (protocol_has_ports(h->protocol)) {
		if (!can_read(c, 4))
			return PC_R_SHORT;
		h->has_ports = true;
		h->sport = get16(c->frame + c->at);
		h->dport = get16(c->frame + c->at + 2);
	}
	switch (h->protocol) {
	case IPPROTO_TCP:
		return read_tcp(c, h);
	case IPPROTO_UDP:
		return read_udp(c, more);
	case IPPROTO_SCTP:
		return has(c, 12) ? PC_R_PASS : PC_R_SHORT;
	case IPPROTO_ICMP:
		return h->family == 4 ? read_icmp(c, 8, h) : PC_R_PASS;
	case IPPROTO_ICMPV6:
		return h->family == 6 ? read_icmp(c, 4, h) : PC_R_PASS;
	default:
		return PC_R_PASS;
	}
}

/* --- network */

static enum pc_reason read_ip4(struct cursor *c, struct headers *h)
{
	const uint8_t *ip = c->frame + c->at;
	size_t header_len, total_len;
	enum pc_reason length = PC_R_PASS, transport;
	unsigned fragment;

	if (!can_read(c, 20))
		return PC_R_SHORT;
	if (ip[0] >> 4 != 4)
		return PC_R_IP4_VERSION;
	header_len = (ip[0] & 0x0f) * 4;
	if (header_len < 20)
		return PC_R_IP4_IHL;
	fragment = get16(ip + 6);
	h->family = 4;
	memcpy(h->src, ip + 12, 4);
	memcpy(h->dst, ip + 16, 4);
	h->dscp = ip[1] >> 2;
	h->protocol = ip[9];
	h->fragment = fragment & IP_FRAGMENT_MASK;
	h->later = fragment & IP_OFFSET_MASK;
	if (!can_read(c, header_len))
		return PC_R_SHORT;

	total_len = get16(ip + 2);
	if (total_len >= header_len && has(c, total_len))
		c->end = c->at + total_len;
	else
		length = PC_R_IP4_LENGTH;
	c->at += header_len;
	transport = read_transport(c, h->fragment && !h->later, h);
	return length != PC_R_PASS ? length : transport;
}

static bool is_ip6_extension(uint8_t number)
{
	return number == IPPROTO_HOPOPTS || number == IPPROTO_ROUTING ||
	       number == IPPROTO_FRAGMENT || number == IPPROTO_AH || number == IPPROTO_DSTOPTS ||
	       number == IPPROTO_MH;
}

/* Follows the extension headers, the first of which is a `number`. */
static enum pc_reason walk_ip6_extensions(struct cursor *c, uint8_t number, struct headers *h)
{
	h->protocol = number;
	while (is_ip6_extension(h->protocol) && !h->later) {
		const uint8_t *ext = c->frame + c->at;

		if (!can_read(c, 8))
			return PC_R_SHORT;
		if (h->protocol == IPPROTO_FRAGMENT) {
			unsigned fragment = get16(ext + 2);

			h->fragment |= (fragment & IP6_FRAGMENT_MASK) != 0;
			h->later = fragment & IP6_OFFSET_MASK;
			c->at += 8;
		} else {
			c->at += h->protocol == IPPROTO_AH ? (ext[1] + 2) * 4 : (ext[1] + 1) * 8;
		}
		h->protocol = ext[0];
	}
	if (c->at > c->len)
		return PC_R_SHORT;
	return c->at > MAX_OFFSET ? PC_R_IP6_DEPTH : PC_R_PASS;
}

static enum pc_reason read_ip6(struct cursor *c, struct headers *h)
{
	const uint8_t *ip = c->frame + c->at;
	enum pc_reason length = PC_R_PASS, rest;
	size_t payload_len;

	if (!can_read(c, 40))
		return PC_R_SHORT;
	if (ip[0] >> 4 != 6)
		return PC_R_IP6_VERSION;
	h->family = 6;
	memcpy(h->src, ip + 8, 16);
	memcpy(h->dst, ip + 24, 16);
	h->dscp = get16(ip) >> 6 & 0x3f;
	payload_len = get16(ip + 4);
	c->at += 40;
	if (!has(c, payload_len))
		length = PC_R_IP6_LENGTH;
	else if (payload_len || ip[6] != IPPROTO_HOPOPTS)
		c->end = c->at + payload_len;

	rest = walk_ip6_extensions(c, ip[6], h);
	if (rest != PC_R_PASS)
		return rest;
	if (length == PC_R_PASS && c->at > c->end)
		length = PC_R_SHORT;
	rest = read_transport(c, h->fragment && !h->later, h);
	return length != PC_R_PASS ? length : rest;
}

void dissect(const uint8_t *frame, size_t len, struct headers *ret_headers)
{
	struct cursor c = { .frame = frame, .len = len, .end = len };
	struct headers h = { .len = len };
	enum pc_reason link = read_link(&c, &h);

	if (h.has_ethertype && h.ethertype == ETH_P_IP)
		h.reason = read_ip4(&c, &h);
	else if (h.has_ethertype && h.ethertype == ETH_P_IPV6)
		h.reason = read_ip6(&c, &h);
	else if (h.has_ethertype && h.ethertype == ETH_P_ARP && !has(&c, 8))
		h.reason = PC_R_SHORT;
	if (link != PC_R_PASS)
		h.reason = link;
	*ret_headers = h;
}
