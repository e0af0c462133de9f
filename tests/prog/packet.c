/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets built layer by layer: headers written from the outermost in, then lengths and checksums
 * filled in from the innermost out. Long, as every protocol that a test speaks is in here. */
#include "tests/prog/packet.h"

#include <assert.h>
#include <string.h>

#include <linux/if_ether.h>

#define VXLAN_PORT 4789
#define PPP_IP4    0x0021
#define PPP_IP6    0x0057

const struct endpoint client = {
	.mac = { 0x02, 0, 0, 0, 0, 1 },
	.ip4 = { 192, 0, 2, 1 },
	.ip6 = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 },
};

const struct endpoint server = {
	.mac = { 0x02, 0, 0, 0, 0, 2 },
	.ip4 = { 198, 51, 100, 2 },
	.ip6 = { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 },
};

/* A layer and where it begins. */
struct place {
	const struct layer *layer;
	size_t at;
};

static const struct endpoint *sender(const struct layer *l)
{
	return l->from ?: &client;
}

static const struct endpoint *receiver(const struct layer *l)
{
	return l->to ?: &server;
}

/* What is said, or else what is right. */
static unsigned said(unsigned field, unsigned right)
{
	return field ? field & ~SAY(0) : right;
}

/* The same for a field of 16 bits. Linux says 0 of what is too long for it (RFC 2675). */
static unsigned said_length(unsigned field, size_t right)
{
	return said(field, right > UINT16_MAX ? 0 : right);
}

static void set16(uint8_t *to, unsigned value)
{
	to[0] = value >> 8;
	to[1] = value;
}

static void set32(uint8_t *to, uint32_t value)
{
	set16(to, value >> 16);
	set16(to + 2, value);
}

static uint8_t *append(struct packet *p, size_t size)
{
	uint8_t *at = p->bytes + p->len;

	assert(p->len + size <= PACKET_MAX);
	memset(at, 0, size);
	p->len += size;
	return at;
}

/* --- what a layer is called by the one before it */

static unsigned ethertype_of(const struct layer *l)
{
	switch (l->kind) {
	case LAYER_VLAN:
		return said(l->tpid, ETH_P_8021Q);
	case LAYER_ARP:
		return ETH_P_ARP;
	case LAYER_MPLS:
		return ETH_P_MPLS_UC;
	case LAYER_PPPOE:
		return ETH_P_PPP_SES;
	case LAYER_IP4:
		return ETH_P_IP;
	case LAYER_IP6:
		return ETH_P_IPV6;
	case LAYER_ETH:
		return ETH_P_TEB;
	default:
		return ETHERTYPE_EXPERIMENT;
	}
}

static unsigned number_of(const struct layer *l, unsigned nothing)
{
	switch (l->kind) {
	case LAYER_EXT:
		return l->number;
	case LAYER_TCP:
		return IPPROTO_TCP;
	case LAYER_UDP:
		return IPPROTO_UDP;
	case LAYER_SCTP:
		return IPPROTO_SCTP;
	case LAYER_ICMP:
		return IPPROTO_ICMP;
	case LAYER_ICMP6:
		return IPPROTO_ICMPV6;
	case LAYER_GRE:
		return IPPROTO_GRE;
	case LAYER_IP4:
		return IPPROTO_IPIP;
	case LAYER_IP6:
		return IPPROTO_IPV6;
	default:
		return nothing;
	}
}

/* --- headers, all but what depends on what comes after */

static void put_eth(struct packet *p, const struct layer *l, const struct layer *after)
{
	uint8_t *eth = append(p, ETH_HLEN);

	memcpy(eth, receiver(l)->mac, ETH_ALEN);
	memcpy(eth + 6, sender(l)->mac, ETH_ALEN);
	set16(eth + 12, said(l->next, ethertype_of(after)));
}

static void put_vlan(struct packet *p, const struct layer *l, const struct layer *after)
{
	uint8_t *tag = append(p, 4);

	set16(tag, said(l->id, 1));
	set16(tag + 2, said(l->next, ethertype_of(after)));
}

/* A spanning tree hello, as far as LLC goes. */
static void put_llc(struct packet *p, const struct layer *l, const struct layer *after)
{
	(void)l, (void)after;
	memcpy(append(p, 3), "\x42\x42\x03", 3);
}

static void put_arp(struct packet *p, const struct layer *l, const struct layer *after)
{
	uint8_t *arp = append(p, 28);

	(void)after;
	memcpy(arp, "\0\1\x08\0\6\4\0\1", 8);
	memcpy(arp + 8, sender(l)->mac, 6);
	memcpy(arp + 14, sender(l)->ip4, 4);
	memcpy(arp + 24, receiver(l)->ip4, 4);
}

static void put_mpls(struct packet *p, const struct layer *l, const struct layer *after)
{
	unsigned bottom = after->kind != LAYER_MPLS;

	set32(append(p, 4), said(l->id, 16) << 12 | bottom << 8 | 64);
}

static void put_pppoe(struct packet *p, const struct layer *l, const struct layer *after)
{
	uint8_t *pppoe = append(p, 8);

	pppoe[0] = 0x11;
	set16(pppoe + 2, said(l->id, 1));
	set16(pppoe + 6, said(l->next, after->kind == LAYER_IP6 ? PPP_IP6 : PPP_IP4));
}

static void put_ip4(struct packet *p, const struct layer *l, const struct layer *after)
{
	uint8_t *ip = append(p, 20 + l->options);

	ip[0] = said(l->version, 4) << 4 | said(l->ihl, 5 + l->options / 4);
	set16(ip + 6, l->dont << 14 | l->more << 13 | said(l->offset, 0));
	ip[8] = 64;
	ip[9] = said(l->next, number_of(after, IP_EXPERIMENT));
	memcpy(ip + 12, sender(l)->ip4, 4);
	memcpy(ip + 16, receiver(l)->ip4, 4);
	memset(ip + 20, 1, l->options); /* no operation */
}

static void put_ip6(struct packet *p, const struct layer *l, const struct layer *after)
{
	uint8_t *ip6 = append(p, 40);

	ip6[0] = said(l->version, 6) << 4;
	ip6[6] = said(l->next, number_of(after, IP6_NOTHING));
	ip6[7] = 64;
	memcpy(ip6 + 8, sender(l)->ip6, 16);
	memcpy(ip6 + 24, receiver(l)->ip6, 16);
}

/* Bytes of an extension header that does not say: an AH with a hash of 96 bits, of others the
 * least. */
static unsigned ext_size(const struct layer *l)
{
	return l->size ?: l->number == IPPROTO_AH ? 24 : 8;
}

static void put_ext(struct packet *p, const struct layer *l, const struct layer *after)
{
	unsigned size = ext_size(l);
	uint8_t *ext = append(p, size);

	if (l->data)
		memcpy(ext + 2, l->data, size - 2);
	ext[0] = said(l->next, number_of(after, IP6_NOTHING));
	if (l->number == IPPROTO_FRAGMENT)
		set16(ext + 2, said(l->offset, 0) << 3 | l->more);
	else
		ext[1] = said(l->length, l->number == IPPROTO_AH ? size / 4 - 2 : size / 8 - 1);
}

static uint8_t *put_ports(struct packet *p, const struct layer *l, size_t size, unsigned dport)
{
	uint8_t *ports = append(p, size);

	set16(ports, said(l->sport, CLIENT_PORT));
	set16(ports + 2, said(l->dport, dport));
	return ports;
}

static void put_tcp(struct packet *p, const struct layer *l, const struct layer *after)
{
	uint8_t *tcp = put_ports(p, l, 20 + l->options, SERVER_PORT);

	(void)after;
	tcp[12] = said(l->doff, 5 + l->options / 4) << 4;
	tcp[13] = 0x10; /* ACK */
	set16(tcp + 14, 64240);
	memset(tcp + 20, 1, l->options); /* no operation */
}

static void put_udp(struct packet *p, const struct layer *l, const struct layer *after)
{
	put_ports(p, l, 8, after->kind == LAYER_VXLAN ? VXLAN_PORT : SERVER_PORT);
}

static void put_sctp(struct packet *p, const struct layer *l, const struct layer *after)
{
	(void)after;
	put_ports(p, l, 12, SERVER_PORT);
}

static void put_icmp(struct packet *p, const struct layer *l, const struct layer *after)
{
	uint8_t *icmp = append(p, 8);

	(void)after;
	icmp[0] = said(l->type, l->kind == LAYER_ICMP ? 8 : 128); /* echo request */
}

static void put_gre(struct packet *p, const struct layer *l, const struct layer *after)
{
	set16(append(p, 4) + 2, said(l->next, ethertype_of(after)));
}

static void put_vxlan(struct packet *p, const struct layer *l, const struct layer *after)
{
	uint8_t *vxlan = append(p, 8);

	(void)after;
	vxlan[0] = 0x08;
	set32(vxlan + 4, said(l->id, 1) << 8);
}

static void put_data(struct packet *p, const struct layer *l, const struct layer *after)
{
	uint8_t *data = append(p, l->size);

	(void)after;
	if (l->data)
		memcpy(data, l->data, l->size);
}

/* --- lengths and checksums */

static uint32_t add16(const uint8_t *bytes, size_t size, uint32_t sum)
{
	for (size_t i = 0; i + 1 < size; i += 2)
		sum += bytes[i] << 8 | bytes[i + 1];
	if (size % 2)
		sum += bytes[size - 1] << 8;
	return sum;
}

static unsigned fold16(uint32_t sum) /* RFC 1071 */
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* The checksum of TCP, UDP and ICMPv6, with the addresses of the IP header they are in. */
static unsigned sum_with_addresses(const uint8_t *bytes, size_t size, const struct layer *ip,
                                   unsigned number)
{
	uint32_t sum = number + (size & 0xffff) + (size >> 16);

	if (ip && ip->kind == LAYER_IP4) {
		sum = add16(sender(ip)->ip4, 4, sum);
		sum = add16(receiver(ip)->ip4, 4, sum);
	} else if (ip) {
		sum = add16(sender(ip)->ip6, 16, sum);
		sum = add16(receiver(ip)->ip6, 16, sum);
	}
	return fold16(add16(bytes, size, sum));
}

static uint32_t crc32c(const uint8_t *bytes, size_t size)
{
	uint32_t crc = ~0u;

	while (size--) {
		crc ^= *bytes++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

static void finish_ip4(uint8_t *ip, size_t size, const struct layer *l)
{
	set16(ip + 2, said_length(l->length, size));
	set16(ip + 10, fold16(add16(ip, 20 + l->options, 0)));
}

static void finish_udp(uint8_t *udp, size_t size, const struct layer *l, const struct layer *ip)
{
	set16(udp + 4, said_length(l->length, size));
	set16(udp + 6, sum_with_addresses(udp, size, ip, IPPROTO_UDP) ?: 0xffff);
}

static void finish_sctp(uint8_t *sctp, size_t size)
{
	uint32_t crc = crc32c(sctp, size);

	for (int i = 0; i < 4; i++) /* from its low byte on, RFC 9260 appendix A */
		sctp[8 + i] = crc >> 8 * i;
}

static void finish(uint8_t *at, size_t size, const struct layer *l, const struct layer *after,
                   const struct layer *ip)
{
	switch (l->kind) {
	case LAYER_ETH:
		if (after->kind == LAYER_LLC)
			set16(at + 12, said(l->next, size - ETH_HLEN));
		break;
	case LAYER_PPPOE:
		set16(at + 4, said_length(l->length, size - 6));
		break;
	case LAYER_IP4:
		finish_ip4(at, size, l);
		break;
	case LAYER_IP6:
		set16(at + 4, said_length(l->length, size - 40));
		break;
	case LAYER_TCP:
		set16(at + 16, sum_with_addresses(at, size, ip, IPPROTO_TCP));
		break;
	case LAYER_UDP:
		finish_udp(at, size, l, ip);
		break;
	case LAYER_SCTP:
		finish_sctp(at, size);
		break;
	case LAYER_ICMP:
		set16(at + 2, fold16(add16(at, size, 0)));
		break;
	case LAYER_ICMP6:
		set16(at + 2, sum_with_addresses(at, size, ip, IPPROTO_ICMPV6));
		break;
	default:
		break;
	}
}

/* --- all of it */

typedef void put_fn(struct packet *p, const struct layer *l, const struct layer *after);

static put_fn *const put[LAYER_KINDS] = {
	[LAYER_ETH] = put_eth,     [LAYER_VLAN] = put_vlan,  [LAYER_LLC] = put_llc,
	[LAYER_ARP] = put_arp,     [LAYER_MPLS] = put_mpls,  [LAYER_PPPOE] = put_pppoe,
	[LAYER_IP4] = put_ip4,     [LAYER_IP6] = put_ip6,    [LAYER_EXT] = put_ext,
	[LAYER_TCP] = put_tcp,     [LAYER_UDP] = put_udp,    [LAYER_SCTP] = put_sctp,
	[LAYER_ICMP] = put_icmp,   [LAYER_ICMP6] = put_icmp, [LAYER_GRE] = put_gre,
	[LAYER_VXLAN] = put_vxlan, [LAYER_DATA] = put_data,
};

/* The IP header that the layer in this place is in. */
static const struct layer *ip_around(const struct place *places, int i)
{
	while (i--)
		if (places[i].layer->kind == LAYER_IP4 || places[i].layer->kind == LAYER_IP6)
			return places[i].layer;
	return NULL;
}

static void pad_or_cut(struct packet *p, const struct layer *l)
{
	if (l->kind == LAYER_PAD && l->size > p->len)
		append(p, l->size - p->len);
	if (l->kind == LAYER_CUT && l->size < p->len)
		p->len = l->size;
}

void packet_build(struct packet *p, const struct layer *layers)
{
	struct place places[PACKET_LAYERS];
	const struct layer *l;
	int n = 0;

	p->len = 0;
	for (l = layers; put[l->kind]; l++) {
		for (unsigned left = l->times ?: 1; left; left--) {
			assert(n < PACKET_LAYERS);
			places[n++] = (struct place){ .layer = l, .at = p->len };
			put[l->kind](p, l, left > 1 ? l : l + 1);
		}
	}
	for (int i = n - 1; i >= 0; i--)
		finish(p->bytes + places[i].at, p->len - places[i].at, places[i].layer,
		       i + 1 < n ? places[i + 1].layer : l, ip_around(places, i));
	for (; l->kind != LAYER_END; l++)
		pad_or_cut(p, l);
}
