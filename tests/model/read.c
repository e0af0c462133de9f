/* SPDX-License-Identifier: GPL-2.0-only */
/* The reference's own reading of a packet: every field that is there, from the Ethernet header on.
 */
#include <string.h>

#include "tests/model/reference.h"

#define TAGS 2     /* VLAN tags whose ids count, the one beside the frame included */
#define FAR  65535 /* bytes; no header is looked for further in */

static unsigned get_16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

/* TCP, UDP, SCTP, ICMP: from `at` on. The bytes of a header count as there if they are in the
 * frame, whatever IP says of its length. */
static void read_transport(const struct passing *p, size_t at, struct facts *f)
{
	size_t left = p->len > at ? p->len - at : 0;
	const uint8_t *header = p->bytes + at;

	if ((f->protocol == 6 || f->protocol == 17 || f->protocol == 132) && left >= 4) {
		f->sport = get_16(header);
		f->dport = get_16(header + 2);
	}
	if (f->protocol == 6 && left >= 14)
		f->flags = header[13];
	if (((f->family == 4 && f->protocol == 1) || (f->family == 6 && f->protocol == 58)) &&
	    left >= 1)
		f->icmp_type = header[0];
}

static void read_ip4(const struct passing *p, size_t at, struct facts *f)
{
	const uint8_t *ip = p->bytes + at;
	unsigned field, size;

	if (p->len - at < 20 || ip[0] >> 4 != 4)
		return;
	size = (ip[0] & 15) * 4;
	if (size < 20)
		return;
	field = get_16(ip + 6);
	f->family = 4;
	f->src = ip + 12;
	f->dst = ip + 16;
	f->dscp = ip[1] >> 2;
	f->protocol = ip[9];
	f->fragment = (field & 0x3fff) != 0;
	if (size <= p->len - at && (field & 0x1fff) == 0)
		read_transport(p, at + size, f);
}

static bool is_extension(unsigned number)
{
	return number == 0 || number == 43 || number == 44 || number == 51 || number == 60 ||
	       number == 135;
}

/* The extension headers of IPv6, and what follows the last. Where the chain breaks off, the number
 * of the header that cannot be read is the last that is known. */
static void read_ip6_chain(const struct passing *p, size_t at, unsigned number, struct facts *f)
{
	unsigned field = 0;

	while (is_extension(number) && !(field & 0xfff8)) {
		const uint8_t *header = p->bytes + at;

		if (at > p->len || p->len - at < 8)
			break;
		if (number == 44) {
			field |= get_16(header + 2) & 0xfff9;
			at += 8;
		} else if (number == 51) {
			at += (header[1] + 2) * 4;
		} else {
			at += (header[1] + 1) * 8;
		}
		number = header[0];
	}
	f->protocol = number;
	f->fragment = field != 0;
	if (!(field & 0xfff8) && !is_extension(number) && at <= p->len && at <= FAR)
		read_transport(p, at, f);
}

static void read_ip6(const struct passing *p, size_t at, struct facts *f)
{
	const uint8_t *ip = p->bytes + at;

	if (p->len - at < 40 || ip[0] >> 4 != 6)
		return;
	f->family = 6;
	f->src = ip + 8;
	f->dst = ip + 24;
	f->dscp = (get_16(ip) >> 6) & 0x3f;
	read_ip6_chain(p, at + 40, ip[6], f);
}

static bool is_tag(unsigned type)
{
	return type == 0x8100 || type == 0x88a8;
}

/* Where the header after Ethernet and its tags begins; 0 if that is not known. */
static size_t read_link(const struct passing *p, struct facts *f)
{
	size_t at = 14;
	unsigned type;
	bool deep = false;

	if (p->tag != UNKNOWN)
		f->vlans[f->n_vlans++] = p->tag;
	if (p->len < 14)
		return 0;
	type = get_16(p->bytes + 12);
	while (is_tag(type)) {
		if (p->len - at < 4)
			return 0;
		if (f->n_vlans == TAGS)
			deep = true;
		if (!deep)
			f->vlans[f->n_vlans++] = get_16(p->bytes + at) & 0xfff;
		type = get_16(p->bytes + at + 2);
		at += 4;
	}
	f->ethertype = type;
	return at;
}

static bool is_connected(const struct host *host, const struct facts *f)
{
	bool in = f->way == PC_IN;
	const uint8_t *local = in ? f->dst : f->src, *remote = in ? f->src : f->dst;
	int local_port = in ? f->dport : f->sport, remote_port = in ? f->sport : f->dport;

	if (f->sport == UNKNOWN)
		return false;
	for (size_t i = 0; i < host->n_connections; i++) {
		const struct connection *c = &host->connections[i];
		size_t size = f->family == 4 ? 4 : 16;

		if ((int)c->family == f->family && (int)c->protocol == f->protocol &&
		    (int)c->local_port == local_port && (int)c->remote_port == remote_port &&
		    !memcmp(c->local, local, size) && !memcmp(c->remote, remote, size))
			return true;
	}
	return false;
}

/* RFC 4861: what IPv6 has in the place of ARP. */
static bool is_discovery(const struct facts *f)
{
	return f->ethertype == 0x86dd && f->protocol == 58 && f->icmp_type >= 133 &&
	       f->icmp_type <= 136;
}

void reference_read(const struct host *host, const struct passing *p, struct facts *ret_facts)
{
	struct facts *f = ret_facts;
	size_t at;

	*f = (struct facts){
		.ethertype = UNKNOWN,
		.dscp = UNKNOWN,
		.protocol = UNKNOWN,
		.sport = UNKNOWN,
		.dport = UNKNOWN,
		.flags = UNKNOWN,
		.icmp_type = UNKNOWN,
		.size = p->size < 65535 ? p->size : 65535,
		.way = p->way,
	};
	at = read_link(p, f);
	if (at && f->ethertype == 0x0800)
		read_ip4(p, at, f);
	if (at && f->ethertype == 0x86dd)
		read_ip6(p, at, f);
	f->established = f->ethertype == 0x0806 || is_discovery(f) || is_connected(host, f);
}
