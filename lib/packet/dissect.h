/* SPDX-License-Identifier: GPL-2.0-only */
/* What rules can know of a packet: its headers, as the data plane reads them. */
#ifndef LIB_PACKET_DISSECT_H
#define LIB_PACKET_DISSECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/reasons.h"

#define HEADERS_TAGS 2 /* VLAN tags, at most */

/* Numbers in host byte order; addresses as in the packet, IPv4's the first four bytes. */
struct headers {
	enum pc_reason reason; /* what is wrong with them; PASS: nothing */
	uint32_t len;          /* bytes on the wire, from the Ethernet header on, without FCS */
	bool has_ethertype;    /* below the tags */
	uint16_t ethertype;
	unsigned tags;
	uint16_t vlan[HEADERS_TAGS]; /* ids, the outermost first */
	unsigned family;             /* 4 or 6; 0: not IP, or an IP header that cannot be read */
	uint8_t src[16], dst[16];
	uint8_t dscp;
	uint8_t protocol; /* with a family: IP's number; of IPv6 after the extension headers, as far
	                     as these can be read */
	bool fragment, later; /* any fragment; one that is not the first */
	bool has_ports, has_flags, has_type;
	uint16_t sport, dport;
	uint8_t flags, type; /* of TCP; of ICMP and ICMPv6 */
};

/* Of a frame from its Ethernet header on, 65,535 bytes at most: none is a super-packet that Linux
 * gives no length. */
void dissect(const uint8_t *frame, size_t len, struct headers *ret_headers);

/* "tcp 10.0.0.1:4000 > 10.0.0.2:80 flags syn len 54": as lib/packet/describe.h takes it, as far as
 * that has words for it. Returns `text`. */
#define HEADERS_TEXT_SIZE 192
const char *headers_text(const struct headers *headers, char text[static HEADERS_TEXT_SIZE]);

/* "tcp"; IP's number of a protocol without a name, "47"; without a family "arp", or the EtherType,
 * "0x88cc". Returns `text`. */
#define HEADERS_PROTOCOL_SIZE 16
const char *headers_protocol(const struct headers *headers,
                             char text[static HEADERS_PROTOCOL_SIZE]);

#endif
