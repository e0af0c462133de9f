/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parser finds out about a packet, and what its layers tell each other. */
#ifndef BPF_PACKET_H
#define BPF_PACKET_H

#include <stdbool.h>

#include "abi/image.h"
#include "abi/types.h"

#define MAX_VLAN_TAGS 2
#define VLAN_ID_MASK  0x0fff /* of a tag, IEEE 802.1Q */

/* A packet as it goes over the wire: itself, or the segments that a GSO super-packet becomes, all
 * of one size but the last. Sizes in bytes, from the Ethernet header on. */
struct wire {
	__u32 segments; /* at least one */
	__u32 size;     /* of each but the last */
	__u32 last;     /* of the last */
};

/* How far the rules have been searched for those that match, and what was found. */
struct search {
	__u32 image; /* the policy in force: the key of its first page */
	__u32 leaf;  /* of a tree, where it has come to: an address; 0: the tree is done */
	__u16 entry; /* of the leaf, to be looked at next */
	__u16 match; /* the rule of the entry that matched last */
	__u32 cond;  /* and what else it asks for: an address; 0: nothing */
	__u16 rule;  /* the lowest one that decides; NO_RULE: none */
	__u8 asked;  /* what it took to tell, ASKED_... */
};
#define NO_RULE 0xffff

#define ASKED_MORE   1 /* more than addresses, ports and protocol */
#define ASKED_UNSURE 2 /* what XDP may see otherwise than TC: tags, or the length */

/* Small: it is on the stack, of which Linux 6.1 gives a program and all it calls 512 bytes. Numbers
 * in host byte order. What nothing asks for, the compiler leaves out. */
struct packet {
	/* Addresses, ports, IP protocol; what is not known is 0. As many as there are: an index
	 * that is masked to PC_WORDS reaches into what follows, not past it. */
	__u32 word[PC_WORD_PROTO + 1];
	__u32 header_len; /* bytes from the Ethernet header to the payload of TCP, UDP or SCTP; 0:
	                     unknown */
	__u16 unwired;    /* bytes of header_len that leave the packet when it is segmented */
	__u16 ethertype;  /* after the tags that were parsed; 0: unknown */
	__u16 vlan[MAX_VLAN_TAGS]; /* ids of the tags in the frame, outermost first ... */
	__u8 vlans;                /* ... so many */
	__u8 version;              /* 4 or 6: there is an IP header and it can be read; else 0 */
	__u16 transport; /* bytes to the transport header; 0: none, or in another fragment */
	__u8 protocol;   /* enum pc_protocol */
	__u8 dscp;
	__u8 tcp_flags; /* known if has_tcp_flags */
	bool has_tcp_flags;
	bool has_ports; /* the four port bytes were there; never so in a later fragment */
	bool fragment;  /* of any sort, the first one included */
	bool lost_link; /* the link header is on the wire but not in the data */
	struct wire wire;

	/* To the policy: */
	__u8 kind;   /* enum pc_kind */
	__u8 socket; /* whether a socket has the connection, once that was asked for */
	struct search search;
};

/* Those of IPv4, as struct pc_few and struct pc_flow4 have them: side by side in one word. */
static __always_inline __u64 ip4_addresses(const struct packet *p)
{
	return (__u64)p->word[PC_WORD_DADDR] << 32 | p->word[PC_WORD_SADDR];
}

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
