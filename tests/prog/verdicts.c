/* SPDX-License-Identifier: GPL-2.0-only */
/* What becomes of packets with names, at every hook: their verdict, and the one counter and the one
 * size that they move. Long, as most of it is a table; a row is a packet. */
#include "tests/prog/doors.h"
#include "tests/prog/packet.h"
#include "tests/tap.h"

#define EXTENSIONS \
	256             /* extension headers of IPv6: more than a frame of 1500 bytes has room for \
	                 */
#define LAYERS      14  /* a row's, and the zero that ends them */
#define MOST_LINEAR 200 /* bytes in a first buffer; no row's headers go on much further */

/* The port bytes of TCP, UDP and SCTP, for headers that stop after them. */
#define TO_80   "\x9c\x40\x00\x50"
#define TO_8080 "\x9c\x40\x1f\x90"

struct row {
	const char *name;
	enum pc_verdict verdict; /* DROP: by the rule; where it is not enforced, PASS */
	enum pc_reason reason;   /* unless it is the rule */
	enum pc_protocol protocol;
	unsigned size; /* bytes on the wire */
	struct layer layers[LAYERS];
};
#define ROW(name, verdict, reason, protocol, size, ...) \
	{ \
		name, PC_VERDICT_##verdict, PC_R_##reason, PC_PROTO_##protocol, size, \
		{ \
			__VA_ARGS__ \
		} \
	}

static const struct row rows[] = {
	/* --- the rule: tcp dst port 80 */
	ROW("tcp to port 80", DROP, PASS, TCP, 54, ETH(), IP4(), TCP(.dport = 80)),
	ROW("tcp to port 8080", PASS, PASS, TCP, 54, ETH(), IP4(), TCP(.dport = 8080)),
	ROW("tcp from port 80", PASS, PASS, TCP, 54, ETH(), IP4(), TCP(.sport = 80)),
	ROW("tcp from port 80 to port 80", DROP, PASS, TCP, 54, ETH(), IP4(),
	    TCP(.sport = 80, .dport = 80)),
	ROW("tcp to port 79", PASS, PASS, TCP, 54, ETH(), IP4(), TCP(.dport = 79)),
	ROW("tcp to port 0", PASS, PASS, TCP, 54, ETH(), IP4(), TCP(.dport = SAY(0))),
	ROW("tcp to port 20480, 80 with its bytes swapped", PASS, PASS, TCP, 54, ETH(), IP4(),
	    TCP(.dport = 20480)),
	ROW("tcp to port 336, 80 in its low byte", PASS, PASS, TCP, 54, ETH(), IP4(),
	    TCP(.dport = 336)),
	ROW("tcp to port 80, the other way", DROP, PASS, TCP, 54,
	    ETH(.from = &server, .to = &client), IP4(.from = &server, .to = &client),
	    TCP(.dport = 80)),
	ROW("tcp to port 80 with data", DROP, PASS, TCP, 154, ETH(), IP4(), TCP(.dport = 80),
	    DATA(100)),
	ROW("tcp to port 80, padded", DROP, PASS, TCP, 60, ETH(), IP4(), TCP(.dport = 80), PAD(60)),
	ROW("tcp to port 8080, padded", PASS, PASS, TCP, 60, ETH(), IP4(), TCP(), PAD(60)),
	ROW("tcp to port 80 with 40 bytes of options", DROP, PASS, TCP, 94, ETH(), IP4(),
	    TCP(.dport = 80, .options = 40)),
	ROW("udp to port 80", PASS, PASS, UDP, 42, ETH(), IP4(), UDP(.dport = 80)),
	ROW("sctp to port 80", PASS, PASS, OTHER, 46, ETH(), IP4(), SCTP(.dport = 80)),
	ROW("tcp to port 80 in IPv6", DROP, PASS, TCP, 74, ETH(), IP6(), TCP(.dport = 80)),
	ROW("tcp to port 8080 in IPv6", PASS, PASS, TCP, 74, ETH(), IP6(), TCP()),
	ROW("tcp from port 80 in IPv6", PASS, PASS, TCP, 74, ETH(), IP6(), TCP(.sport = 80)),
	ROW("tcp to port 80 in IPv6 with options", DROP, PASS, TCP, 94, ETH(), IP6(),
	    TCP(.dport = 80, .options = 20)),
	ROW("udp to port 80 in IPv6", PASS, PASS, UDP, 62, ETH(), IP6(), UDP(.dport = 80)),
	ROW("sctp to port 80 in IPv6", PASS, PASS, OTHER, 66, ETH(), IP6(), SCTP(.dport = 80)),

	/* --- VLAN tags */
	ROW("802.1Q tag", DROP, PASS, TCP, 58, ETH(), VLAN(), IP4(), TCP(.dport = 80)),
	ROW("802.1ad tag", DROP, PASS, TCP, 58, ETH(), QINQ(), IP4(), TCP(.dport = 80)),
	ROW("802.1ad and 802.1Q tags", DROP, PASS, TCP, 62, ETH(), QINQ(), VLAN(), IP4(),
	    TCP(.dport = 80)),
	ROW("two 802.1Q tags", DROP, PASS, TCP, 62, ETH(), VLAN(), VLAN(), IP4(), TCP(.dport = 80)),
	ROW("two 802.1ad tags", DROP, PASS, TCP, 62, ETH(), QINQ(), QINQ(), IP4(),
	    TCP(.dport = 80)),
	ROW("802.1Q and 802.1ad tags", DROP, PASS, TCP, 62, ETH(), VLAN(), QINQ(), IP4(),
	    TCP(.dport = 80)),
	ROW("two tags around IPv6", DROP, PASS, TCP, 82, ETH(), QINQ(), VLAN(), IP6(),
	    TCP(.dport = 80)),
	ROW("a priority tag, VLAN 0", DROP, PASS, TCP, 58, ETH(), VLAN(.id = SAY(0xe000)), IP4(),
	    TCP(.dport = 80)),
	ROW("two tags around port 8080", PASS, PASS, TCP, 62, ETH(), QINQ(), VLAN(), IP4(), TCP()),
	ROW("two tags around port 8080, padded", PASS, PASS, TCP, 64, ETH(), QINQ(), VLAN(), IP4(),
	    TCP(), PAD(64)),
	ROW("three tags", DROP, VLAN_DEPTH, TCP, 66, ETH(), QINQ(), VLAN(.times = 2), IP4(),
	    TCP(.dport = 80)),
	ROW("three 802.1ad tags", DROP, VLAN_DEPTH, TCP, 66, ETH(), QINQ(.times = 3), IP4(),
	    TCP(.dport = 80)),
	ROW("ten tags", DROP, VLAN_DEPTH, TCP, 94, ETH(), VLAN(.times = 10), IP4(),
	    TCP(.dport = 80)),
	ROW("ten tags, to port 8080", PASS, VLAN_DEPTH, TCP, 94, ETH(), VLAN(.times = 10), IP4(),
	    TCP()),
	ROW("300 tags around IPv6", DROP, VLAN_DEPTH, TCP, 1274, ETH(), VLAN(.times = 300), IP6(),
	    TCP(.dport = 80)),
	ROW("three tags around what is not IP", PASS, VLAN_DEPTH, OTHER, 66, ETH(),
	    VLAN(.times = 3), DATA(40)),
	ROW("ARP in a VLAN", PASS, PASS, ARP, 46, ETH(), VLAN(), ARP()),
	ROW("what is not IP in two VLANs", PASS, PASS, OTHER, 62, ETH(), QINQ(), VLAN(), DATA(40)),
	ROW("an EtherType for tags of old", PASS, PASS, OTHER, 58, ETH(), VLAN(.tpid = 0x9100),
	    IP4(), TCP(.dport = 80)),
	ROW("a tag cut short", PASS, SHORT, OTHER, 17, ETH(), VLAN(), IP4(), TCP(), CUT(17)),
	ROW("a second tag cut short", PASS, SHORT, OTHER, 21, ETH(), VLAN(.times = 2), IP4(),
	    CUT(21)),
	ROW("a third tag that is not there", PASS, VLAN_DEPTH, OTHER, 22, ETH(), VLAN(.times = 3),
	    IP4(), CUT(22)),
	ROW("nothing after a tag", PASS, PASS, OTHER, 18, ETH(), VLAN()),

	/* --- what is not IP */
	ROW("a frame of 14 bytes", PASS, PASS, OTHER, 14, ETH()),
	ROW("an EtherType for experiments", PASS, PASS, OTHER, 60, ETH(), DATA(46)),
	ROW("EtherType 0", PASS, PASS, OTHER, 54, ETH(.next = SAY(0)), IP4(), TCP(.dport = 80)),
	ROW("EtherType 0xffff", PASS, PASS, OTHER, 54, ETH(.next = 0xffff), IP4(),
	    TCP(.dport = 80)),
	ROW("IPv4's EtherType with its bytes swapped", PASS, PASS, OTHER, 54, ETH(.next = 0x0008),
	    IP4(), TCP(.dport = 80)),
	ROW("LLDP", PASS, PASS, OTHER, 60, ETH(.next = 0x88cc), DATA(46)),
	ROW("EAPOL", PASS, PASS, OTHER, 60, ETH(.next = 0x888e), DATA(46)),
	ROW("MACsec", PASS, PASS, OTHER, 60, ETH(.next = 0x88e5), DATA(46)),
	ROW("RARP", PASS, PASS, OTHER, 42, ETH(.next = 0x8035), ARP()),
	ROW("an 802.3 frame with its length", PASS, PASS, OTHER, 60, ETH(), LLC(), DATA(35),
	    PAD(60)),
	ROW("an 802.3 frame as long as there are", PASS, PASS, OTHER, 1514, ETH(), LLC(),
	    DATA(1497)),
	ROW("an 802.3 frame that looks like tcp to port 80", PASS, PASS, OTHER, 54, ETH(.next = 40),
	    IP4(), TCP(.dport = 80)),
	ROW("ARP", PASS, PASS, ARP, 42, ETH(), ARP()),
	ROW("ARP, padded", PASS, PASS, ARP, 60, ETH(), ARP(), PAD(60)),
	ROW("ARP with all of its fixed part", PASS, PASS, ARP, 22, ETH(), ARP(), CUT(22)),
	ROW("ARP cut short", PASS, SHORT, ARP, 21, ETH(), ARP(), CUT(21)),

	/* --- IPv4 headers */
	ROW("IPv4 with 4 bytes of options", DROP, PASS, TCP, 58, ETH(), IP4(.options = 4),
	    TCP(.dport = 80)),
	ROW("IPv4 with 40 bytes of options", DROP, PASS, TCP, 94, ETH(), IP4(.options = 40),
	    TCP(.dport = 80)),
	ROW("IPv4 with options and port 8080", PASS, PASS, TCP, 94, ETH(), IP4(.options = 40),
	    TCP()),
	ROW("IPv4 that says version 6", PASS, IP4_VERSION, OTHER, 54, ETH(), IP4(.version = 6),
	    TCP(.dport = 80)),
	ROW("IPv4 that says version 0", PASS, IP4_VERSION, OTHER, 54, ETH(), IP4(.version = SAY(0)),
	    TCP(.dport = 80)),
	ROW("IPv4's EtherType before an IPv6 header", PASS, IP4_VERSION, OTHER, 74,
	    ETH(.next = ETH_P_IP), IP6(), TCP(.dport = 80)),
	ROW("IPv4 header length of 16", PASS, IP4_IHL, OTHER, 54, ETH(), IP4(.ihl = 4),
	    TCP(.dport = 80)),
	ROW("IPv4 header length of 0", PASS, IP4_IHL, OTHER, 54, ETH(), IP4(.ihl = SAY(0)),
	    TCP(.dport = 80)),
	ROW("IPv4 options past the end", PASS, SHORT, OTHER, 54, ETH(), IP4(.ihl = 15),
	    TCP(.dport = 80)),
	ROW("IPv4 options cut short", PASS, SHORT, OTHER, 73, ETH(), IP4(.options = 40), CUT(73)),
	ROW("IPv4 header cut short", PASS, SHORT, OTHER, 33, ETH(), IP4(), CUT(33)),
	ROW("nothing after IPv4's EtherType", PASS, SHORT, OTHER, 14, ETH(.next = ETH_P_IP)),

	ROW("IPv4 that is longer than the frame", PASS, IP4_LENGTH, TCP, 54, ETH(),
	    IP4(.length = 41), TCP()),
	ROW("IPv4 that is longer than the frame, to port 80", DROP, IP4_LENGTH, TCP, 54, ETH(),
	    IP4(.length = 41), TCP(.dport = 80)),
	ROW("IPv4 of 65,535 bytes in a short frame, to port 80", DROP, IP4_LENGTH, TCP, 54, ETH(),
	    IP4(.length = 65535), TCP(.dport = 80)),
	ROW("IPv4 of no bytes", PASS, IP4_LENGTH, TCP, 54, ETH(), IP4(.length = SAY(0)), TCP()),
	ROW("IPv4 of no bytes, to port 80", DROP, IP4_LENGTH, TCP, 54, ETH(), IP4(.length = SAY(0)),
	    TCP(.dport = 80)),
	ROW("IPv4 that is shorter than its header", PASS, IP4_LENGTH, TCP, 54, ETH(),
	    IP4(.length = 19), TCP()),
	ROW("IPv4 that is shorter than its options, to port 80", DROP, IP4_LENGTH, TCP, 74, ETH(),
	    IP4(.options = 20, .length = 39), TCP(.dport = 80)),
	ROW("IPv4 that ends after its header", PASS, SHORT, TCP, 54, ETH(), IP4(.length = 20),
	    TCP()),
	ROW("IPv4 that ends after its header, to port 80", DROP, SHORT, TCP, 54, ETH(),
	    IP4(.length = 20), TCP(.dport = 80)),
	ROW("IPv4 that ends inside TCP", PASS, SHORT, TCP, 54, ETH(), IP4(.length = 39), TCP()),
	ROW("IPv4 that ends inside TCP, to port 80", DROP, SHORT, TCP, 54, ETH(), IP4(.length = 39),
	    TCP(.dport = 80)),
	ROW("IPv4 that lies, and no ports", PASS, IP4_LENGTH, TCP, 37, ETH(), IP4(),
	    TCP(.dport = 80), CUT(37)),
	ROW("IPv4 that lies, around UDP", PASS, IP4_LENGTH, UDP, 42, ETH(), IP4(.length = 29),
	    UDP()),
	ROW("IPv4 that lies, around ICMP", PASS, IP4_LENGTH, ICMP, 42, ETH(), IP4(.length = 29),
	    ICMP()),
	ROW("IPv4 that lies, in two VLANs, to port 80", DROP, IP4_LENGTH, TCP, 62, ETH(), QINQ(),
	    VLAN(), IP4(.length = 41), TCP(.dport = 80)),

	/* --- IPv4 fragments */
	ROW("a packet not to be fragmented", DROP, PASS, TCP, 54, ETH(), IP4(.dont = true),
	    TCP(.dport = 80)),
	ROW("IPv4's reserved bit", DROP, PASS, TCP, 54, ETH(), IP4(.offset = 0x8000),
	    TCP(.dport = 80)),
	ROW("first fragment", DROP, PASS, TCP, 62, ETH(), IP4(.more = true), TCP(.dport = 80),
	    DATA(8)),
	ROW("first fragment to port 8080", PASS, PASS, TCP, 62, ETH(), IP4(.more = true), TCP(),
	    DATA(8)),
	ROW("tiny first fragment", DROP, SHORT, TCP, 42, ETH(),
	    IP4(.more = true, .next = IPPROTO_TCP), DATA(8, .data = TO_80 "\0\0\0")),
	ROW("tiny first fragment, padded", DROP, SHORT, TCP, 60, ETH(),
	    IP4(.more = true, .next = IPPROTO_TCP), DATA(8, .data = TO_80 "\0\0\0"), PAD(60)),
	ROW("tiny first fragment to port 8080", PASS, SHORT, TCP, 42, ETH(),
	    IP4(.more = true, .next = IPPROTO_TCP), DATA(8, .data = TO_8080 "\0\0\0")),
	ROW("first fragment without all of the ports", PASS, SHORT, TCP, 37, ETH(),
	    IP4(.more = true, .next = IPPROTO_TCP), DATA(3, .data = TO_80)),
	ROW("later fragment that looks like tcp to port 80", PASS, PASS, TCP, 54, ETH(),
	    IP4(.offset = 1), TCP(.dport = 80)),
	ROW("later fragment, more to come", PASS, PASS, TCP, 54, ETH(),
	    IP4(.offset = 185, .more = true), TCP(.dport = 80)),
	ROW("later fragment, offset in the high byte alone", PASS, PASS, TCP, 54, ETH(),
	    IP4(.offset = 0x1f00), TCP(.dport = 80)),
	ROW("later fragment, offset in the highest bit alone", PASS, PASS, TCP, 54, ETH(),
	    IP4(.offset = 0x1000), TCP(.dport = 80)),
	ROW("later fragment, last of all offsets", PASS, PASS, TCP, 54, ETH(),
	    IP4(.offset = 0x1fff), TCP(.dport = 80)),
	ROW("later fragment with nothing in it", PASS, PASS, TCP, 34, ETH(),
	    IP4(.offset = 1, .next = IPPROTO_TCP)),
	ROW("later fragment of udp", PASS, PASS, UDP, 35, ETH(),
	    IP4(.offset = 1, .next = IPPROTO_UDP), DATA(1)),
	ROW("later fragment of icmp", PASS, PASS, ICMP, 35, ETH(),
	    IP4(.offset = 1, .next = IPPROTO_ICMP), DATA(1)),
	ROW("later fragment of sctp", PASS, PASS, OTHER, 35, ETH(),
	    IP4(.offset = 1, .next = IPPROTO_SCTP), DATA(1)),
	ROW("later fragment that lies", PASS, IP4_LENGTH, TCP, 54, ETH(),
	    IP4(.offset = 1, .length = 41), TCP(.dport = 80)),
	ROW("first fragment of udp, which says the length of all", PASS, PASS, UDP, 142, ETH(),
	    IP4(.more = true), UDP(.length = 2000), DATA(100)),
	ROW("first fragment of udp, shorter than its header", PASS, UDP_LENGTH, UDP, 142, ETH(),
	    IP4(.more = true), UDP(.length = 7), DATA(100)),

	/* --- TCP, UDP, SCTP, ICMP */
	ROW("tcp offset of 16", PASS, TCP_OFFSET, TCP, 54, ETH(), IP4(), TCP(.doff = 4)),
	ROW("tcp offset of 16, to port 80", DROP, TCP_OFFSET, TCP, 54, ETH(), IP4(),
	    TCP(.doff = 4, .dport = 80)),
	ROW("tcp offset of 0", PASS, TCP_OFFSET, TCP, 54, ETH(), IP4(), TCP(.doff = SAY(0))),
	ROW("tcp offset past the end", PASS, TCP_OFFSET, TCP, 54, ETH(), IP4(), TCP(.doff = 6)),
	ROW("tcp offset past the end, to port 80", DROP, TCP_OFFSET, TCP, 54, ETH(), IP4(),
	    TCP(.doff = 15, .dport = 80)),
	ROW("tcp offset into the padding", PASS, TCP_OFFSET, TCP, 60, ETH(), IP4(), TCP(.doff = 6),
	    PAD(60)),
	ROW("tcp offset up to the very end", PASS, PASS, TCP, 58, ETH(), IP4(), TCP(.doff = 6),
	    DATA(4)),
	ROW("tcp of 19 bytes", PASS, SHORT, TCP, 53, ETH(), IP4(.length = 39), TCP(), CUT(53)),
	ROW("tcp of 19 bytes, to port 80", DROP, SHORT, TCP, 53, ETH(), IP4(.length = 39),
	    TCP(.dport = 80), CUT(53)),
	ROW("tcp of 4 bytes, to port 80", DROP, SHORT, TCP, 38, ETH(), IP4(.next = IPPROTO_TCP),
	    DATA(4, .data = TO_80)),
	ROW("tcp of 4 bytes, to port 8080", PASS, SHORT, TCP, 38, ETH(), IP4(.next = IPPROTO_TCP),
	    DATA(4, .data = TO_8080)),
	ROW("tcp of 3 bytes", PASS, SHORT, TCP, 37, ETH(), IP4(.next = IPPROTO_TCP), DATA(3)),
	ROW("tcp of no bytes", PASS, SHORT, TCP, 34, ETH(), IP4(.next = IPPROTO_TCP)),
	ROW("tcp offset wrong in IPv6", PASS, TCP_OFFSET, TCP, 74, ETH(), IP6(), TCP(.doff = 4)),
	ROW("tcp offset wrong in IPv6, to port 80", DROP, TCP_OFFSET, TCP, 74, ETH(), IP6(),
	    TCP(.doff = 6, .dport = 80)),
	ROW("tcp of 19 bytes in IPv6", PASS, SHORT, TCP, 73, ETH(), IP6(.length = 19), TCP(),
	    CUT(73)),

	ROW("udp", PASS, PASS, UDP, 52, ETH(), IP4(), UDP(), DATA(10)),
	ROW("udp length of 0", PASS, UDP_LENGTH, UDP, 52, ETH(), IP4(), UDP(.length = SAY(0)),
	    DATA(10)),
	ROW("udp length of 7", PASS, UDP_LENGTH, UDP, 52, ETH(), IP4(), UDP(.length = 7), DATA(10)),
	ROW("udp length of 8 before data", PASS, PASS, UDP, 52, ETH(), IP4(), UDP(.length = 8),
	    DATA(10)),
	ROW("udp length past the end", PASS, UDP_LENGTH, UDP, 52, ETH(), IP4(), UDP(.length = 19),
	    DATA(10)),
	ROW("udp length into the padding", PASS, UDP_LENGTH, UDP, 60, ETH(), IP4(),
	    UDP(.length = 19), DATA(10), PAD(60)),
	ROW("udp of 7 bytes", PASS, SHORT, UDP, 41, ETH(), IP4(.length = 27), UDP(), CUT(41)),
	ROW("udp of 3 bytes", PASS, SHORT, UDP, 37, ETH(), IP4(.next = IPPROTO_UDP), DATA(3)),
	ROW("udp length of 0 in IPv6", PASS, UDP_LENGTH, UDP, 72, ETH(), IP6(),
	    UDP(.length = SAY(0)), DATA(10)),
	ROW("udp length past the end in IPv6", PASS, UDP_LENGTH, UDP, 72, ETH(), IP6(),
	    UDP(.length = 19), DATA(10)),

	ROW("sctp of 11 bytes", PASS, SHORT, OTHER, 45, ETH(), IP4(.length = 31), SCTP(), CUT(45)),
	ROW("sctp of 3 bytes", PASS, SHORT, OTHER, 37, ETH(), IP4(.next = IPPROTO_SCTP), DATA(3)),
	ROW("sctp of 11 bytes in IPv6", PASS, SHORT, OTHER, 65, ETH(), IP6(.length = 11), SCTP(),
	    CUT(65)),

	ROW("icmp", PASS, PASS, ICMP, 98, ETH(), IP4(), ICMP(), DATA(56)),
	ROW("icmp of 8 bytes", PASS, PASS, ICMP, 42, ETH(), IP4(), ICMP()),
	ROW("icmp of 7 bytes", PASS, SHORT, ICMP, 41, ETH(), IP4(.length = 27), ICMP(), CUT(41)),
	ROW("icmp that quotes tcp to port 80", PASS, PASS, ICMP, 82, ETH(), IP4(), ICMP(.type = 3),
	    IP4(), TCP(.dport = 80)),
	ROW("icmpv6", PASS, PASS, ICMPV6, 118, ETH(), IP6(), ICMP6(), DATA(56)),
	ROW("icmpv6 neighbour solicitation", PASS, PASS, ICMPV6, 78, ETH(), IP6(),
	    ICMP6(.type = 135), DATA(16)),
	ROW("icmpv6 of 4 bytes", PASS, PASS, ICMPV6, 58, ETH(), IP6(.length = 4), ICMP6(), CUT(58)),
	ROW("icmpv6 of 3 bytes", PASS, SHORT, ICMPV6, 57, ETH(), IP6(.length = 3), ICMP6(),
	    CUT(57)),
	ROW("icmpv6 that quotes tcp to port 80", PASS, PASS, ICMPV6, 122, ETH(), IP6(),
	    ICMP6(.type = 1), IP6(), TCP(.dport = 80)),
	ROW("icmpv6's number in IPv4", PASS, PASS, OTHER, 42, ETH(), IP4(), ICMP6()),
	ROW("icmp's number in IPv6", PASS, PASS, OTHER, 62, ETH(), IP6(), ICMP()),
	ROW("icmp's number in IPv6, which has no header to be cut short", PASS, PASS, OTHER, 57,
	    ETH(), IP6(.next = IPPROTO_ICMP), DATA(3)),
	ROW("icmpv6's number in IPv4, which has no header to be cut short", PASS, PASS, OTHER, 37,
	    ETH(), IP4(.next = IPPROTO_ICMPV6), DATA(3)),

	/* --- IPv6 headers */
	ROW("IPv6 that says version 4", PASS, IP6_VERSION, OTHER, 74, ETH(), IP6(.version = 4),
	    TCP(.dport = 80)),
	ROW("IPv6 that says version 0", PASS, IP6_VERSION, OTHER, 74, ETH(), IP6(.version = SAY(0)),
	    TCP(.dport = 80)),
	ROW("IPv6's EtherType before an IPv4 header", PASS, IP6_VERSION, OTHER, 54,
	    ETH(.next = ETH_P_IPV6), IP4(), TCP(.dport = 80)),
	ROW("IPv6 header cut short", PASS, SHORT, OTHER, 53, ETH(), IP6(), CUT(53)),
	ROW("IPv6 that is longer than the frame", PASS, IP6_LENGTH, TCP, 74, ETH(),
	    IP6(.length = 21), TCP()),
	ROW("IPv6 that is longer than the frame, to port 80", DROP, IP6_LENGTH, TCP, 74, ETH(),
	    IP6(.length = 65535), TCP(.dport = 80)),
	ROW("IPv6 that ends inside TCP", PASS, SHORT, TCP, 74, ETH(), IP6(.length = 19), TCP()),
	ROW("IPv6 that ends inside TCP, to port 80", DROP, SHORT, TCP, 74, ETH(), IP6(.length = 3),
	    TCP(.dport = 80)),
	ROW("IPv6 of no bytes before TCP", PASS, SHORT, TCP, 74, ETH(), IP6(.length = SAY(0)),
	    TCP()),
	ROW("IPv6 of no bytes before TCP, to port 80", DROP, SHORT, TCP, 74, ETH(),
	    IP6(.length = SAY(0)), TCP(.dport = 80)),
	ROW("IPv6 with nothing in it", PASS, PASS, OTHER, 54, ETH(), IP6()),
	ROW("IPv6 with nothing in it, padded", PASS, PASS, OTHER, 60, ETH(), IP6(), PAD(60)),
	ROW("IPv6 no next header before what looks like tcp", PASS, PASS, OTHER, 74, ETH(),
	    IP6(.next = IP6_NOTHING), TCP(.dport = 80)),

	/* --- IPv6 extension headers */
	ROW("hop-by-hop options", DROP, PASS, TCP, 82, ETH(), IP6(), HOPOPTS(), TCP(.dport = 80)),
	ROW("routing header", DROP, PASS, TCP, 82, ETH(), IP6(), ROUTING(), TCP(.dport = 80)),
	ROW("destination options", DROP, PASS, TCP, 82, ETH(), IP6(), DSTOPTS(), TCP(.dport = 80)),
	ROW("authentication header", DROP, PASS, TCP, 98, ETH(), IP6(), AH(), TCP(.dport = 80)),
	ROW("authentication header, the shortest", DROP, PASS, TCP, 86, ETH(), IP6(),
	    AH(.size = 12), TCP(.dport = 80)),
	ROW("authentication header, the longest", DROP, PASS, TCP, 1102, ETH(), IP6(),
	    AH(.size = 1028), TCP(.dport = 80)),
	ROW("mobility header", DROP, PASS, TCP, 82, ETH(), IP6(), MOBILITY(), TCP(.dport = 80)),
	ROW("destination options of 24 bytes", DROP, PASS, TCP, 98, ETH(), IP6(),
	    DSTOPTS(.size = 24), TCP(.dport = 80)),
	ROW("destination options, the longest", DROP, PASS, TCP, 2122, ETH(), IP6(),
	    DSTOPTS(.size = 2048), TCP(.dport = 80)),
	ROW("every extension header", DROP, PASS, TCP, 146, ETH(), IP6(), HOPOPTS(), DSTOPTS(),
	    ROUTING(), FRAGMENT(), AH(), DSTOPTS(), MOBILITY(), TCP(.dport = 80)),
	ROW("every extension header, to port 8080", PASS, PASS, TCP, 146, ETH(), IP6(), HOPOPTS(),
	    DSTOPTS(), ROUTING(), FRAGMENT(), AH(), DSTOPTS(), MOBILITY(), TCP()),
	ROW("every extension header, in two VLANs", DROP, PASS, TCP, 154, ETH(), QINQ(), VLAN(),
	    IP6(), HOPOPTS(), DSTOPTS(), ROUTING(), FRAGMENT(), AH(), DSTOPTS(), MOBILITY(),
	    TCP(.dport = 80)),
	ROW("hop-by-hop options where they must not stand", DROP, PASS, TCP, 90, ETH(), IP6(),
	    DSTOPTS(), HOPOPTS(), TCP(.dport = 80)),
	ROW("udp after extension headers", PASS, PASS, UDP, 78, ETH(), IP6(), HOPOPTS(), ROUTING(),
	    UDP(.dport = 80)),
	ROW("icmpv6 after hop-by-hop options", PASS, PASS, ICMPV6, 70, ETH(), IP6(), HOPOPTS(),
	    ICMP6(.type = 143)),
	ROW("many extension headers", DROP, PASS, TCP, 74 + 8 * EXTENSIONS, ETH(), IP6(),
	    DSTOPTS(.times = EXTENSIONS), TCP(.dport = 80)),
	ROW("many extension headers, to port 8080", PASS, PASS, TCP, 74 + 8 * EXTENSIONS, ETH(),
	    IP6(), DSTOPTS(.times = EXTENSIONS), TCP()),
	ROW("one extension header more", DROP, PASS, TCP, 82 + 8 * EXTENSIONS, ETH(), IP6(),
	    DSTOPTS(.times = EXTENSIONS + 1), TCP(.dport = 80)),
	ROW("twice as many extension headers", DROP, PASS, TCP, 74 + 16 * EXTENSIONS, ETH(), IP6(),
	    DSTOPTS(.times = 2 * EXTENSIONS), TCP(.dport = 80)),
	ROW("32 extension headers of 2048 bytes together, IPv6 too long", DROP, IP6_LENGTH, TCP,
	    2122, ETH(), IP6(.length = 3000), DSTOPTS(.times = 32, .size = 64), TCP(.dport = 80)),
	ROW("nothing after many extension headers", PASS, PASS, OTHER, 54 + 8 * EXTENSIONS, ETH(),
	    IP6(), DSTOPTS(.times = EXTENSIONS)),
	ROW("extension header cut short", PASS, SHORT, OTHER, 61, ETH(), IP6(), DSTOPTS(), TCP(),
	    CUT(61)),
	ROW("extension header that is not there", PASS, SHORT, OTHER, 54, ETH(),
	    IP6(.next = SAY(IPPROTO_HOPOPTS))),
	ROW("extension header past the end", PASS, SHORT, OTHER, 82, ETH(), IP6(),
	    DSTOPTS(.length = 10), TCP(.dport = 80)),
	ROW("authentication header past the end", PASS, SHORT, OTHER, 98, ETH(), IP6(),
	    AH(.length = 255), TCP(.dport = 80)),
	ROW("extension header up to the very end", PASS, SHORT, TCP, 94, ETH(), IP6(),
	    DSTOPTS(.length = 4, .next = IPPROTO_TCP), DATA(32)),
	ROW("extension headers in an IPv6 too long, to port 80", DROP, IP6_LENGTH, TCP, 90, ETH(),
	    IP6(.length = 37), HOPOPTS(), ROUTING(), TCP(.dport = 80)),
	ROW("IPv6 that ends inside TCP after extension headers", PASS, SHORT, TCP, 90, ETH(),
	    IP6(.length = 35), HOPOPTS(), ROUTING(), TCP()),
	ROW("IPv6 that ends inside an extension header", PASS, SHORT, OTHER, 74, ETH(),
	    IP6(.length = 4), DSTOPTS(), PAD(74)),
	ROW("a jumbogram that is none", DROP, PASS, TCP, 82, ETH(), IP6(.length = SAY(0)),
	    HOPOPTS(), TCP(.dport = 80)),
	ROW("ESP", PASS, PASS, OTHER, 74, ETH(), IP6(.next = 50), TCP(.dport = 80)),
	ROW("HIP", PASS, PASS, OTHER, 74, ETH(), IP6(.next = 139), TCP(.dport = 80)),
	ROW("shim6", PASS, PASS, OTHER, 74, ETH(), IP6(.next = 140), TCP(.dport = 80)),
	ROW("extension header 253", PASS, PASS, OTHER, 74, ETH(), IP6(.next = 253),
	    TCP(.dport = 80)),

	/* --- IPv6 fragments */
	ROW("fragment that is the whole packet", DROP, PASS, TCP, 82, ETH(), IP6(), FRAGMENT(),
	    TCP(.dport = 80)),
	ROW("first fragment in IPv6", DROP, PASS, TCP, 90, ETH(), IP6(), FRAGMENT(.more = true),
	    TCP(.dport = 80), DATA(8)),
	ROW("tiny first fragment in IPv6", DROP, SHORT, TCP, 70, ETH(), IP6(),
	    FRAGMENT(.more = true, .next = IPPROTO_TCP), DATA(8, .data = TO_80 "\0\0\0")),
	ROW("tiny first fragment in IPv6, to port 8080", PASS, SHORT, TCP, 70, ETH(), IP6(),
	    FRAGMENT(.more = true, .next = IPPROTO_TCP), DATA(8, .data = TO_8080 "\0\0\0")),
	ROW("first fragment, extension headers inside", DROP, PASS, TCP, 98, ETH(), IP6(),
	    ROUTING(), FRAGMENT(.more = true), DSTOPTS(), TCP(.dport = 80)),
	ROW("later fragment in IPv6 that looks like tcp to port 80", PASS, PASS, TCP, 82, ETH(),
	    IP6(), FRAGMENT(.offset = 1), TCP(.dport = 80)),
	ROW("later fragment in IPv6, more to come", PASS, PASS, TCP, 82, ETH(), IP6(),
	    FRAGMENT(.offset = 0x1fff, .more = true), TCP(.dport = 80)),
	ROW("later fragment in IPv6, offset in the high byte alone", PASS, PASS, TCP, 82, ETH(),
	    IP6(), FRAGMENT(.offset = 0x1f00), TCP(.dport = 80)),
	ROW("later fragment in IPv6, offset in the highest bit alone", PASS, PASS, TCP, 82, ETH(),
	    IP6(), FRAGMENT(.offset = 0x1000), TCP(.dport = 80)),
	ROW("later fragment in IPv6 of udp", PASS, PASS, UDP, 63, ETH(), IP6(),
	    FRAGMENT(.offset = 1, .next = IPPROTO_UDP), DATA(1)),
	ROW("later fragment in IPv6 with destination options in it", PASS, PASS, OTHER, 90, ETH(),
	    IP6(), FRAGMENT(.offset = 1), DSTOPTS(), TCP(.dport = 80)),
	ROW("later fragment in IPv6 with nothing in it", PASS, PASS, TCP, 62, ETH(), IP6(),
	    FRAGMENT(.offset = 1, .next = IPPROTO_TCP)),
	ROW("fragment header cut short", PASS, SHORT, OTHER, 61, ETH(), IP6(), FRAGMENT(), TCP(),
	    CUT(61)),
	ROW("two fragment headers", DROP, PASS, TCP, 90, ETH(), IP6(), FRAGMENT(),
	    FRAGMENT(.more = true), TCP(.dport = 80)),
	ROW("two fragment headers, the second of a later one", PASS, PASS, TCP, 90, ETH(), IP6(),
	    FRAGMENT(), FRAGMENT(.offset = 3), TCP(.dport = 80)),
	ROW("first fragment of udp in IPv6", PASS, PASS, UDP, 170, ETH(), IP6(),
	    FRAGMENT(.more = true), UDP(.length = 2000), DATA(100)),
	ROW("fragment of udp that is the whole packet but says more", PASS, UDP_LENGTH, UDP, 170,
	    ETH(), IP6(), FRAGMENT(), UDP(.length = 2000), DATA(100)),

	/* --- tunnels and what else is carried, with tcp to port 80 inside */
	ROW("GRE", PASS, PASS, OTHER, 78, ETH(), IP4(), GRE(), IP4(), TCP(.dport = 80)),
	ROW("GRE around Ethernet", PASS, PASS, OTHER, 92, ETH(), IP4(), GRE(), ETH(), IP4(),
	    TCP(.dport = 80)),
	ROW("GRE in IPv6", PASS, PASS, OTHER, 118, ETH(), IP6(), GRE(), IP6(), TCP(.dport = 80)),
	ROW("IPv4 in IPv4", PASS, PASS, OTHER, 74, ETH(), IP4(), IP4(), TCP(.dport = 80)),
	ROW("IPv6 in IPv4", PASS, PASS, OTHER, 94, ETH(), IP4(), IP6(), TCP(.dport = 80)),
	ROW("IPv4 in IPv6", PASS, PASS, OTHER, 94, ETH(), IP6(), IP4(), TCP(.dport = 80)),
	ROW("IPv6 in IPv6", PASS, PASS, OTHER, 114, ETH(), IP6(), IP6(), TCP(.dport = 80)),
	ROW("VXLAN", PASS, PASS, UDP, 104, ETH(), IP4(), UDP(), VXLAN(), ETH(), IP4(),
	    TCP(.dport = 80)),
	ROW("VXLAN in IPv6", PASS, PASS, UDP, 124, ETH(), IP6(), UDP(), VXLAN(), ETH(), IP4(),
	    TCP(.dport = 80)),
	ROW("MPLS", PASS, PASS, OTHER, 58, ETH(), MPLS(), IP4(), TCP(.dport = 80)),
	ROW("MPLS of three labels", PASS, PASS, OTHER, 66, ETH(), MPLS(.times = 3), IP4(),
	    TCP(.dport = 80)),
	ROW("MPLS to many", PASS, PASS, OTHER, 58, ETH(.next = ETH_P_MPLS_MC), MPLS(), IP4(),
	    TCP(.dport = 80)),
	ROW("PPPoE", PASS, PASS, OTHER, 62, ETH(), PPPOE(), IP4(), TCP(.dport = 80)),
	ROW("PPPoE in a VLAN", PASS, PASS, OTHER, 86, ETH(), VLAN(), PPPOE(), IP6(),
	    TCP(.dport = 80)),
	ROW("PPPoE discovery", PASS, PASS, OTHER, 60, ETH(.next = ETH_P_PPP_DISC), DATA(46)),
	ROW("ESP in IPv4", PASS, PASS, OTHER, 54, ETH(), IP4(.next = IPPROTO_ESP),
	    TCP(.dport = 80)),
	ROW("authentication header in IPv4", PASS, PASS, OTHER, 78, ETH(), IP4(.next = IPPROTO_AH),
	    AH(), TCP(.dport = 80)),
	ROW("IGMP", PASS, PASS, OTHER, 46, ETH(), IP4(.options = 4, .next = IPPROTO_IGMP), DATA(8)),
	ROW("IP protocol 0", PASS, PASS, OTHER, 54, ETH(), IP4(.next = SAY(0)), TCP(.dport = 80)),

	/* --- sizes: from the least to more than one buffer, one page, one slot */
	ROW("15 bytes", PASS, PASS, OTHER, 15, ETH(), DATA(1)),
	ROW("63 bytes", PASS, PASS, TCP, 63, ETH(), IP4(), TCP(), DATA(9)),
	ROW("64 bytes", PASS, PASS, TCP, 64, ETH(), IP4(), TCP(), DATA(10)),
	ROW("1514 bytes", PASS, PASS, TCP, 1514, ETH(), IP4(), TCP(), DATA(1460)),
	ROW("1514 bytes to port 80", DROP, PASS, TCP, 1514, ETH(), IP4(), TCP(.dport = 80),
	    DATA(1460)),
	ROW("1522 bytes in two VLANs", DROP, PASS, TCP, 1522, ETH(), QINQ(), VLAN(), IP4(),
	    TCP(.dport = 80), DATA(1460)),
	ROW("3520 bytes", DROP, PASS, TCP, 3520, ETH(), IP4(), TCP(.dport = 80), DATA(3466)),
	ROW("3521 bytes", DROP, PASS, TCP, 3521, ETH(), IP4(), TCP(.dport = 80), DATA(3467)),
	ROW("4096 bytes", PASS, PASS, UDP, 4096, ETH(), IP4(), UDP(), DATA(4054)),
	ROW("9014 bytes, a jumbo frame", DROP, PASS, TCP, 9014, ETH(), IP4(), TCP(.dport = 80),
	    DATA(8960)),
	ROW("9216 bytes, the last exact size", PASS, PASS, TCP, 9216, ETH(), IP4(), TCP(),
	    DATA(9162)),
	ROW("9217 bytes", PASS, PASS, TCP, 9217, ETH(), IP4(), TCP(), DATA(9163)),
	ROW("9280 bytes", DROP, PASS, TCP, 9280, ETH(), IP6(), TCP(.dport = 80), DATA(9206)),
	ROW("9281 bytes", PASS, PASS, UDP, 9281, ETH(), IP6(), UDP(), DATA(9219)),
	ROW("16000 bytes", DROP, PASS, TCP, 16000, ETH(), IP4(), TCP(.dport = 80), DATA(15946)),
	ROW("60000 bytes", DROP, PASS, TCP, 60000, ETH(), IP4(), TCP(.dport = 80), DATA(59946)),
	ROW("65535 bytes", DROP, PASS, TCP, 65535, ETH(), IP6(), TCP(.dport = 80), DATA(65461)),
	ROW("65536 bytes, the last slot of 64", PASS, PASS, UDP, 65536, ETH(), IP4(), UDP(),
	    DATA(65494)),
	ROW("65537 bytes", DROP, PASS, TCP, 65537, ETH(), IP4(), TCP(.dport = 80), DATA(65483)),
	ROW("65549 bytes, the largest IPv4", DROP, PASS, TCP, 65549, ETH(), IP4(), TCP(.dport = 80),
	    DATA(65495)),
	ROW("65550 bytes, above the largest IPv4", DROP, PASS, TCP, 65550, ETH(), IP4(),
	    TCP(.dport = 80), DATA(65496)),
	ROW("66000 bytes of IPv4 and UDP", PASS, PASS, UDP, 66000, ETH(), IP4(), UDP(),
	    DATA(65958)),
	ROW("66000 bytes of IPv6", DROP, PASS, TCP, 66000, ETH(), IP6(), TCP(.dport = 80),
	    DATA(65926)),
	ROW("66000 bytes of IPv6 with a jumbo payload option", DROP, PASS, TCP, 66000, ETH(), IP6(),
	    HOPOPTS(.data = "\xc2\x04\x00\x01\x01\x9a"), TCP(.dport = 80), DATA(65918)),
	ROW("65549 bytes of IPv4 that say 0", PASS, IP4_LENGTH, TCP, 65549, ETH(),
	    IP4(.length = SAY(0)), TCP(), DATA(65495)),

	/* --- headers far in */
	ROW("TCP 3456 bytes in, at the end of a first buffer", DROP, PASS, TCP, 3530, ETH(), IP6(),
	    DSTOPTS(.size = 2048), DSTOPTS(.size = 1408), TCP(.dport = 80)),
	ROW("TCP ports astride the end of a first buffer", DROP, PASS, TCP, 3538, ETH(), IP6(),
	    DSTOPTS(.size = 2048), DSTOPTS(.size = 1416), TCP(.dport = 80)),
	ROW("TCP just after the end of a first buffer", DROP, PASS, TCP, 3546, ETH(), IP6(),
	    DSTOPTS(.size = 2048), DSTOPTS(.size = 1424), TCP(.dport = 80)),
	ROW("TCP 4150 bytes in", DROP, PASS, TCP, 4170, ETH(), IP6(),
	    DSTOPTS(.size = 2048, .times = 2), TCP(.dport = 80)),
	ROW("TCP 4150 bytes in, to port 8080", PASS, PASS, TCP, 4170, ETH(), IP6(),
	    DSTOPTS(.size = 2048, .times = 2), TCP()),
	ROW("TCP 4150 bytes in, IPv6 too long", DROP, IP6_LENGTH, TCP, 4170, ETH(),
	    IP6(.length = 5000), DSTOPTS(.size = 2048, .times = 2), TCP(.dport = 80)),
	ROW("TCP 14390 bytes in", DROP, PASS, TCP, 14410, ETH(), IP6(),
	    DSTOPTS(.size = 2048, .times = 7), TCP(.dport = 80)),
	ROW("TCP 30774 bytes in", DROP, PASS, TCP, 30794, ETH(), IP6(),
	    DSTOPTS(.size = 2048, .times = 15), TCP(.dport = 80)),
	ROW("TCP 65534 bytes in, as far as we look", DROP, PASS, TCP, 65554, ETH(), IP6(),
	    DSTOPTS(.size = 2048, .times = 31), DSTOPTS(.size = 1992), TCP(.dport = 80)),
	ROW("extension headers for a jumbo frame", DROP, PASS, TCP, 8874, ETH(), IP6(),
	    DSTOPTS(.times = 1100), TCP(.dport = 80)),
	ROW("TCP 65542 bytes in", PASS, IP6_DEPTH, OTHER, 65562, ETH(), IP6(),
	    DSTOPTS(.size = 2048, .times = 31), DSTOPTS(.size = 2000), TCP(.dport = 80)),
};
#define ROWS (sizeof(rows) / sizeof(*rows))

/* A packet of which less and less is left: what becomes of it from so many bytes on. */
struct cut {
	unsigned from;
	enum pc_verdict verdict;
	enum pc_reason reason;
	enum pc_protocol protocol;
};
#define FROM(size, verdict, reason, protocol) \
	{ \
		size, PC_VERDICT_##verdict, PC_R_##reason, PC_PROTO_##protocol \
	}

static const struct {
	const char *name;
	struct layer layers[LAYERS];
	struct cut cuts[5]; /* ascending; the last is the whole */
} cut_rows[] = {
	{ "tcp to port 80",
	  { ETH(), IP4(), TCP(.dport = 80) },
	  { FROM(14, PASS, SHORT, OTHER), FROM(34, PASS, IP4_LENGTH, TCP),
	    FROM(38, DROP, IP4_LENGTH, TCP), FROM(54, DROP, PASS, TCP) } },
	{ "tcp to port 80 in IPv6",
	  { ETH(), IP6(), TCP(.dport = 80) },
	  { FROM(14, PASS, SHORT, OTHER), FROM(54, PASS, IP6_LENGTH, TCP),
	    FROM(58, DROP, IP6_LENGTH, TCP), FROM(74, DROP, PASS, TCP) } },
	{ "tcp to port 80 in two VLANs",
	  { ETH(), QINQ(), VLAN(), IP4(), TCP(.dport = 80) },
	  { FROM(14, PASS, SHORT, OTHER), FROM(42, PASS, IP4_LENGTH, TCP),
	    FROM(46, DROP, IP4_LENGTH, TCP), FROM(62, DROP, PASS, TCP) } },
	{ "tcp to port 80 with all options",
	  { ETH(), IP4(.options = 40), TCP(.dport = 80, .options = 40) },
	  { FROM(14, PASS, SHORT, OTHER), FROM(74, PASS, IP4_LENGTH, TCP),
	    FROM(78, DROP, IP4_LENGTH, TCP), FROM(134, DROP, PASS, TCP) } },
	{ "tcp to port 80 after extension headers",
	  { ETH(), IP6(), HOPOPTS(), FRAGMENT(.more = true), TCP(.dport = 80) },
	  { FROM(14, PASS, SHORT, OTHER), FROM(70, PASS, IP6_LENGTH, TCP),
	    FROM(74, DROP, IP6_LENGTH, TCP), FROM(90, DROP, PASS, TCP) } },
	{ "later fragment",
	  { ETH(), IP4(.offset = 5), TCP(.dport = 80) },
	  { FROM(14, PASS, SHORT, OTHER), FROM(34, PASS, IP4_LENGTH, TCP),
	    FROM(54, PASS, PASS, TCP) } },
	{ "udp to port 80",
	  { ETH(), IP4(), UDP(.dport = 80), DATA(9) },
	  { FROM(14, PASS, SHORT, OTHER), FROM(34, PASS, IP4_LENGTH, UDP),
	    FROM(51, PASS, PASS, UDP) } },
	{ "icmpv6",
	  { ETH(), IP6(), ICMP6() },
	  { FROM(14, PASS, SHORT, OTHER), FROM(54, PASS, IP6_LENGTH, ICMPV6),
	    FROM(62, PASS, PASS, ICMPV6) } },
	{ "ARP", { ETH(), ARP() }, { FROM(14, PASS, SHORT, ARP), FROM(22, PASS, PASS, ARP) } },
};
#define CUT_ROWS (sizeof(cut_rows) / sizeof(*cut_rows))

static struct packet packet;
static struct counts want;

/* Sends the packet through a door, and adds what it is to be counted as to what is wanted. */
static void send(const struct door *d, const struct passage *way, const struct cut *fate)
{
	bool dropped = d->enforces && fate->verdict == PC_VERDICT_DROP;
	const struct expected e = {
		.verdict = dropped ? PC_VERDICT_DROP : PC_VERDICT_PASS,
		.reason = dropped ? PC_R_RULE : fate->reason,
		.protocol = fate->protocol,
		.packets = 1,
		.last = way->len,
	};
	int action = 0, err = door_send(d, way, &action);

	if (err) {
		tap_fail("test run: %s", strerror(-err));
		return;
	}
	tap_check_int(action, door_action(d, e.verdict));
	counts_add(&want, d->hook, &e);
}

/* The same, where a packet may begin in a short buffer once for each size of that buffer. */
static void send_all_ways(const struct door *d, const struct cut *fate)
{
	struct passage way = { .bytes = packet.bytes, .len = packet.len };

	if (!d->scatters) {
		send(d, &way, fate);
		return;
	}
	for (way.linear = ETH_HLEN; way.linear < way.len && way.linear <= MOST_LINEAR;
	     way.linear++) {
		tap_note("first buffer of %u bytes", way.linear);
		send(d, &way, fate);
	}
	tap_note("when all were sent");
}

static void test_row(const struct door *d, const struct row *r)
{
	const struct cut fate = { 0, r->verdict, r->reason, r->protocol };

	tap_test("%s: %s", d->name, r->name);
	if (d->hook != PC_HOOK_XDP && r->size > GROWN_MAX) {
		tap_skip("a test run's skb ends before");
		return;
	}
	packet_build(&packet, r->layers);
	if (!tap_check_int(packet.len, r->size))
		return;
	send_all_ways(d, &fate);
	counts_hold(&want);
}

static void test_cuts(const struct door *d, unsigned row)
{
	const struct cut *fate = cut_rows[row].cuts;
	unsigned whole;

	tap_test("%s: %s, cut to every length", d->name, cut_rows[row].name);
	packet_build(&packet, cut_rows[row].layers);
	whole = packet.len;
	for (packet.len = fate->from; packet.len <= whole; packet.len++) {
		if (packet.len == fate[1].from)
			fate++;
		tap_note("cut to %zu bytes", packet.len);
		send_all_ways(d, fate);
	}
	counts_hold(&want);
}

static void test_door(const struct door *d)
{
	if (d->closed) {
		tap_test("%s", d->name);
		tap_skip("%s", d->closed);
		return;
	}
	for (size_t i = 0; i < ROWS; i++)
		test_row(d, &rows[i]);
	for (size_t i = 0; i < CUT_ROWS; i++)
		test_cuts(d, i);
}

/* That there is a row for all that a packet can be counted as. */
static void test_rows_are_complete(void)
{
	bool reasons[PC_R_COUNT] = { 0 }, protocols[PC_PROTO_COUNT] = { 0 };

	tap_test("every reason and every protocol has a packet");
	for (size_t i = 0; i < ROWS; i++) {
		reasons[rows[i].reason] = true;
		reasons[PC_R_RULE] |= rows[i].verdict == PC_VERDICT_DROP;
		reasons[PC_R_LIMIT] = reasons[PC_R_DEFAULT] = true; /* the built-in rule has none */
		protocols[rows[i].protocol] = true;
	}
	for (int i = 0; i < PC_R_COUNT; i++)
		if (!reasons[i])
			tap_fail("no row for reason %s", reason_tokens[i]);
	for (int i = 0; i < PC_PROTO_COUNT; i++)
		if (!protocols[i])
			tap_fail("no row for protocol %s", protocol_tokens[i]);
}

int main(void)
{
	int err = doors_open() ?: counts_read(&want);

	if (err == -EPERM)
		return tap_skip_all("it takes root to load programs");
	tap_test("the programs load");
	if (err) {
		tap_fail("%s", strerror(-err));
		return tap_done();
	}
	for (size_t i = 0; i < DOORS; i++)
		test_door(&doors[i]);
	test_rows_are_complete();
	return tap_done();
}
