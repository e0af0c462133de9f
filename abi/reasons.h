/* SPDX-License-Identifier: GPL-2.0-only */
/* Why a packet left the pipeline: enum, JSON token and sentence from one row. */
#ifndef PC_ABI_REASONS_H
#define PC_ABI_REASONS_H

/* Above "rule": the policy decided. Below: a header is cut short or lies, and unless the ports
 * could be read and a rule spoke of them, the direction's default verdict applied. */
#define PC_REASONS(X) \
	X(PASS, "pass", "nothing in the policy or the headers against it") \
	X(RULE, "rule", "dropped by a rule") \
	X(SHORT, "short", "a header runs past the end of the packet") \
	X(VLAN_DEPTH, "vlan-depth", "more than two VLAN tags") \
	X(IP4_VERSION, "ip4-version", "EtherType says IPv4, the version field does not") \
	X(IP4_IHL, "ip4-ihl", "IPv4 header length below 20 bytes") \
	X(IP4_LENGTH, "ip4-length", "IPv4 total length disagrees with the packet") \
	X(IP6_VERSION, "ip6-version", "EtherType says IPv6, the version field does not") \
	X(IP6_LENGTH, "ip6-length", "IPv6 payload length disagrees with the packet") \
	X(IP6_DEPTH, "ip6-depth", "more IPv6 extension headers than are followed") \
	X(TCP_OFFSET, "tcp-offset", "TCP data offset below 20 bytes or past the end") \
	X(UDP_LENGTH, "udp-length", "UDP length below 8 bytes or past the end")

#define PC_R_ID(id, ...) PC_R_##id,
enum pc_reason { PC_REASONS(PC_R_ID) PC_R_COUNT };

#endif
