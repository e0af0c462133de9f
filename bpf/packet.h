/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parser finds out about a packet, and what its layers tell each other. */
#ifndef BPF_PACKET_H
#define BPF_PACKET_H

#include <stdbool.h>

#include "abi/types.h"

struct packet {
	enum pc_protocol protocol;
	bool lost_link;      /* the link header is on the wire but not in the data */
	bool has_ports;      /* the four port bytes were there; never so in a later fragment */
	__be16 sport, dport; /* 0 without ports */
	__u32 header_len; /* bytes from the Ethernet header to the payload of TCP, UDP or SCTP; 0:
	                     unknown */
	__u32 unwired;    /* bytes of header_len that leave the packet when it is segmented */
};

/* What one layer tells the next. Whole words, so that nothing is masked on the way. */
struct layer {
	__u32 type;     /* EtherType of what follows, network byte order */
	bool goes_on;   /* to a transport protocol */
	__u32 number;   /* IP protocol number of what follows */
	__u32 fragment; /* offset, not 0 in a later fragment, and flag, as IPv4 has them */
};

/* The fragment field as IPv4 has it, and IPv6's put into that shape (RFC 791 3.1, RFC 8200 4.5). */
#define IP_OFFSET_MASK    0x1fff
#define IP_MORE_FRAGMENTS 0x2000
#define LARGEST_IP_LENGTH 65535

#endif
