/* SPDX-License-Identifier: GPL-2.0-only */
/* Why a packet left the pipeline: enum, JSON token and sentence from one row. */
#ifndef PC_ABI_REASONS_H
#define PC_ABI_REASONS_H

/* Up to "default": the policy decided. Below: a header is cut short or lies, and no rule that
 * speaks of what is known of the packet drops it; by the default verdict it may have been dropped.
 */
#define PC_REASONS(X) \
	X(PASS, "pass", "nothing in the policy or the headers against it") \
	X(RULE, "rule", "dropped by a rule") \
	X(LIMIT, "limit", "above the rate of a rule that limits") \
	X(DEFAULT, "default", "no rule matched, and the default is to drop") \
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
