/* SPDX-License-Identifier: GPL-2.0-only */
/* The frame of a packet described in words: its headers, one after the other. */
#include <string.h>

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>

#include "lib/packet/describe.h"
#include "lib/packet/words.h"

#define TAG_LEN          4
#define ARP_LEN          28
#define IP4_LEN          20
#define IP6_LEN          40
#define IP6_FRAGMENT_LEN 8
#define TTL              64

/* Where a later fragment begins: in units of 8 bytes, past any header. */
#define LATER_OFFSET 185

static void put16(uint8_t *at, unsigned value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static bool is_ip6_fragment(const struct description *d)
{
	return !d->arp && d->family == 6 && d->fragment != FRAGMENT_NONE;
}

static bool is_icmp(const struct description *d)
{
	return d->protocol == (d->family == 6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
}

static size_t transport_len(const struct description *d)
{
	if (d->fragment == FRAGMENT_LATER)
		return 0;
	switch (d->protocol) {
	case IPPROTO_TCP:
		return 20;
	case IPPROTO_UDP:
		return 8;
	case IPPROTO_SCTP:
		return 12;
	default:
		return is_icmp(d) ? 8 : 0;
	}
}

size_t describe_len(const struct description *d)
{
	size_t len = ETH_HLEN + d->tags * TAG_LEN;

	if (d->arp)
		return len + ARP_LEN;
	len += d->family == 4 ? IP4_LEN : IP6_LEN;
	if (is_ip6_fragment(d))
		len += IP6_FRAGMENT_LEN;
	return len + transport_len(d);
}

static uint8_t *put_link(const struct description *d, uint8_t *at)
{
	at += 2 * ETH_ALEN;
	for (unsigned i = 0; i < d->tags; i++) {
		put16(at, i + 1 < d->tags ? ETH_P_8021AD : ETH_P_8021Q);
		put16(at + 2, d->vlan[i]);
		at += TAG_LEN;
	}
	put16(at, d->arp ? ETH_P_ARP : d->family == 4 ? ETH_P_IP : ETH_P_IPV6);
	return at + 2;
}

static void put_arp(const struct description *d, uint8_t *at)
{
	memcpy(at, "\0\1\x08\0\6\4\0\1", 8); /* a request, RFC 826 */
	memcpy(at + 14, d->src, 4);
	memcpy(at + 24, d->dst, 4);
}

/* `len` bytes from here on. */
static uint8_t *put_ip4(const struct description *d, uint8_t *at, size_t len)
{
	at[0] = 0x45;
	at[1] = d->dscp << 2;
	put16(at + 2, len);
	put16(at + 6, d->fragment == FRAGMENT_FIRST   ? 0x2000
	              : d->fragment == FRAGMENT_LATER ? LATER_OFFSET
	                                              : 0);
	at[8] = TTL;
	at[9] = d->protocol;
	memcpy(at + 12, d->src, 4);
	memcpy(at + 16, d->dst, 4);
	return at + IP4_LEN;
}

static uint8_t *put_ip6(const struct description *d, uint8_t *at, size_t len)
{
	put16(at, 6 << 12 | d->dscp << 6);
	put16(at + 4, len - IP6_LEN);
	at[6] = is_ip6_fragment(d) ? IPPROTO_FRAGMENT : d->protocol;
	at[7] = TTL;
	memcpy(at + 8, d->src, 16);
	memcpy(at + 24, d->dst, 16);
	at += IP6_LEN;
	if (!is_ip6_fragment(d))
		return at;
	at[0] = d->protocol;
	put16(at + 2, d->fragment == FRAGMENT_FIRST ? 1 : LATER_OFFSET << 3);
	return at + IP6_FRAGMENT_LEN;
}

static void put_transport(const struct description *d, uint8_t *at, size_t len)
{
	if (d->fragment == FRAGMENT_LATER)
		return;
	if (protocol_has_ports(d->protocol)) {
		put16(at, d->sport);
		put16(at + 2, d->dport);
	}
	if (d->protocol == IPPROTO_TCP) {
		at[12] = 5 << 4;
		at[13] = d->flags;
	} else if (d->protocol == IPPROTO_UDP) {
		put16(at + 4, len);
	} else if (is_icmp(d)) {
		at[0] = d->type;
		at[1] = d->code;
	}
}

void describe_build(const struct description *d, struct frame *ret_frame)
{
	size_t len = d->len ?: describe_len(d);
	uint8_t *end = ret_frame->bytes + len, *at;

	memset(ret_frame->bytes, 0, len);
	ret_frame->len = len;
	at = put_link(d, ret_frame->bytes);
	if (d->arp) {
		put_arp(d, at);
		return;
	}
	at = d->family == 4 ? put_ip4(d, at, end - at) : put_ip6(d, at, end - at);
	put_transport(d, at, end - at);
}
