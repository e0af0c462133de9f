/* SPDX-License-Identifier: GPL-2.0-only */
/* A packet in words: "tcp 10.0.0.1:4000 > 10.0.0.2:80 flags syn,ack vlan 7". */
#ifndef LIB_PACKET_DESCRIBE_H
#define LIB_PACKET_DESCRIBE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/packet/frame.h"

#define DESCRIBE_TAGS 2 /* VLAN tags, at most */

enum fragment { FRAGMENT_NONE, FRAGMENT_FIRST, FRAGMENT_LATER };

/* What was said, and for the rest what a packet that begins a connection has. Host byte order;
 * addresses in network byte order, IPv4's the first four bytes. */
struct description {
	bool arp;
	unsigned family;  /* of the addresses: 4 or 6 */
	uint8_t protocol; /* IP protocol number */
	uint8_t src[16], dst[16];
	uint16_t sport, dport; /* TCP, UDP, SCTP */
	uint8_t flags;         /* TCP: syn unless said */
	uint8_t type, code;    /* ICMP, ICMPv6: echo request unless said */
	uint8_t dscp;
	enum fragment fragment;
	unsigned tags;                /* VLAN tags, the outermost first */
	uint16_t vlan[DESCRIBE_TAGS]; /* their ids */
	uint16_t len; /* bytes from the Ethernet header on; 0: no more than the headers */
};

/*     [tcp|udp|sctp][6] ADDRESS:PORT > ADDRESS:PORT
 *     icmp|icmp6|arp|proto N ADDRESS > ADDRESS
 *
 * and then, in any order, `flags F,...`, `type N`, `code N`, `vlan N` (twice at most), `len N`,
 * `dscp N`, `fragment` (a later one: no ports) and `fragment first`. An IPv6 address with a port is
 * in brackets. 0 or -EINVAL. */
int describe_packet(const char *text, struct description *ret_description,
                    struct mistake *ret_mistake);

/* Bytes of its headers. */
size_t describe_len(const struct description *description);

/* The frame of it: headers, and zeros up to its length. Checksums are left zero, as no rule asks
 * for them. */
void describe_build(const struct description *description, struct frame *ret_frame);

#endif
