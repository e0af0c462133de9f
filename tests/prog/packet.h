/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets built layer by layer: who sends what to whom, and what is wrong with it if anything is.
 *
 *	static const struct layer web[9] = { ETH(), IP4(.ihl = SAY(4)), TCP(.dport = 80) };
 *	struct packet p;
 *
 *	packet_build(&p, web);
 *
 * Every length, checksum and "next protocol" that is not said is right. A field left zero is not
 * said; SAY(0) is how to say zero. */
#ifndef TESTS_PROG_PACKET_H
#define TESTS_PROG_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/in.h>
#include <linux/in6.h>

#define PACKET_MAX    70000 /* bytes, more than the largest IP packet and its Ethernet header */
#define PACKET_LAYERS 1200  /* at most, a repeated one counted each time */

#define SAY(value) (1u << 31 | (value))

struct endpoint {
	uint8_t mac[6], ip4[4], ip6[16];
};

/* Packets go from the client to the server unless they say otherwise. */
extern const struct endpoint client, server;

#define CLIENT_PORT 40000
#define SERVER_PORT 8080 /* no rule speaks of it */

/* What is said to follow when nothing does: an EtherType and an IP protocol for experiments (IEEE
 * 802, RFC 3692), and IPv6's "no next header". */
#define ETHERTYPE_EXPERIMENT 0x88b5
#define IP_EXPERIMENT        253
#define IP6_NOTHING          59

struct packet {
	size_t len; /* bytes */
	uint8_t bytes[PACKET_MAX];
};

enum layer_kind {
	LAYER_END,
	LAYER_ETH,
	LAYER_VLAN,
	LAYER_LLC,
	LAYER_ARP,
	LAYER_MPLS,
	LAYER_PPPOE,
	LAYER_IP4,
	LAYER_IP6,
	LAYER_EXT,
	LAYER_TCP,
	LAYER_UDP,
	LAYER_SCTP,
	LAYER_ICMP,
	LAYER_ICMP6,
	LAYER_GRE,
	LAYER_VXLAN,
	LAYER_DATA,
	LAYER_PAD,
	LAYER_CUT,
	LAYER_KINDS,
};

struct layer {
	enum layer_kind kind;
	unsigned times; /* it stands there in a row; 0: once */

	/* What the header says, in host order. */
	const struct endpoint *from, *to;
	unsigned next;         /* EtherType, IP protocol or next header of what follows */
	unsigned length;       /* its length field, in the field's own unit */
	unsigned version, ihl; /* IP */
	unsigned offset;       /* fragments: in units of 8 bytes */
	bool more, dont;       /* fragments: more of them to come, do not make any */
	unsigned doff;         /* TCP data offset */
	unsigned sport, dport; /* TCP, UDP, SCTP */
	unsigned type;         /* ICMP, ICMPv6 */
	unsigned tpid, id;     /* VLAN: the EtherType before the tag; VLAN ID, VNI or label */

	/* What it is. */
	unsigned number;  /* of an extension header */
	unsigned options; /* bytes of IPv4 or TCP options, a multiple of 4 */
	unsigned size; /* bytes of data or of an extension header; of the frame to pad or cut to */
	const void *data; /* that many bytes; NULL: zeros */
};

#define LAYER(id, ...) \
	{ \
		.kind = LAYER_##id, __VA_ARGS__ \
	}
#define ETH(...)      LAYER(ETH, __VA_ARGS__)
#define VLAN(...)     LAYER(VLAN, __VA_ARGS__)
#define QINQ(...)     LAYER(VLAN, .tpid = 0x88a8, __VA_ARGS__)
#define LLC(...)      LAYER(LLC, __VA_ARGS__)
#define ARP(...)      LAYER(ARP, __VA_ARGS__)
#define MPLS(...)     LAYER(MPLS, __VA_ARGS__)
#define PPPOE(...)    LAYER(PPPOE, __VA_ARGS__)
#define IP4(...)      LAYER(IP4, __VA_ARGS__)
#define IP6(...)      LAYER(IP6, __VA_ARGS__)
#define EXT(...)      LAYER(EXT, __VA_ARGS__)
#define HOPOPTS(...)  EXT(.number = IPPROTO_HOPOPTS, __VA_ARGS__)
#define ROUTING(...)  EXT(.number = IPPROTO_ROUTING, __VA_ARGS__)
#define FRAGMENT(...) EXT(.number = IPPROTO_FRAGMENT, __VA_ARGS__)
#define AH(...)       EXT(.number = IPPROTO_AH, __VA_ARGS__)
#define DSTOPTS(...)  EXT(.number = IPPROTO_DSTOPTS, __VA_ARGS__)
#define MOBILITY(...) EXT(.number = IPPROTO_MH, __VA_ARGS__)
#define TCP(...)      LAYER(TCP, __VA_ARGS__)
#define UDP(...)      LAYER(UDP, __VA_ARGS__)
#define SCTP(...)     LAYER(SCTP, __VA_ARGS__)
#define ICMP(...)     LAYER(ICMP, __VA_ARGS__)
#define ICMP6(...)    LAYER(ICMP6, __VA_ARGS__)
#define GRE(...)      LAYER(GRE, __VA_ARGS__)
#define VXLAN(...)    LAYER(VXLAN, __VA_ARGS__)
#define DATA(n, ...)  LAYER(DATA, .size = n, __VA_ARGS__)

/* Last of all: zeros up to so many bytes that no length speaks of; nothing beyond so many bytes. */
#define PAD(n) LAYER(PAD, .size = n)
#define CUT(n) LAYER(CUT, .size = n)

/* The layers from the outermost on, up to one that is all zero. */
void packet_build(struct packet *p, const struct layer *layers);

#endif
