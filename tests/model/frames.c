/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets for a policy: made to fit one of its rules, or almost; then, at times, broken. */
#include "tests/model/frames.h"

#include <string.h>

#include "tests/model/policies.h"

/* What a packet is to be. */
struct wish {
	unsigned ethertype, family, protocol;
	uint8_t src[16], dst[16];
	unsigned sport, dport, flags, icmp_type, dscp, size;
	unsigned tags, ids[3];
	bool fragment, later;
	unsigned extensions; /* of IPv6 */
};

/* --- wishes */

static struct wish any_wish(struct chance *c)
{
	static const unsigned protocols[] = { 6, 6, 6, 17, 17, 132, 1, 58, 47, 41, 59, 253 };
	struct wish w = {
		.family = percent(c, 50) ? 4 : 6,
		.protocol = one_of(c, protocols),
		.sport = random_port(c),
		.dport = random_port(c),
		.flags = percent(c, 60) ? 0x02u << below(c, 4) : roll(c) & 255,
		.icmp_type = percent(c, 60) ? 8 : below(c, 256),
		.dscp = percent(c, 70) ? 0 : below(c, 64),
		.size = percent(c, 80) ? 60 + below(c, 60) : 14 + below(c, 1600),
		.tags = percent(c, 75) ? 0 : 1 + below(c, percent(c, 90) ? 2 : 3),
		.fragment = percent(c, 8),
		.later = percent(c, 50),
		.extensions = percent(c, 80) ? 0 : 1 + below(c, 4),
	};

	w.ethertype = w.family == 4 ? 0x0800 : 0x86dd;
	if (percent(c, 6))
		w.ethertype = percent(c, 60) ? 0x0806 : below(c, 65536);
	for (int i = 0; i < 3; i++)
		w.ids[i] = percent(c, 90) ? below(c, 8) : below(c, 4096);
	random_address(c, w.family, w.src);
	random_address(c, w.family, w.dst);
	return w;
}

static unsigned in_range_of(struct chance *c, const struct match *m)
{
	const struct range *r = &m->ranges[below(c, m->n_ranges)];
	unsigned edge = below(c, 4);

	if (percent(c, 5)) /* just outside */
		return edge & 1 ? r->lo - 1 : r->hi + 1;
	return edge == 0 ? r->lo : edge == 1 ? r->hi : r->lo + below(c, r->hi - r->lo + 1);
}

static void wish_type(struct wish *w, enum type_word type)
{
	static const unsigned protocols[] = { [TYPE_TCP] = 6,
		                              [TYPE_UDP] = 17,
		                              [TYPE_SCTP] = 132,
		                              [TYPE_ICMP] = 1,
		                              [TYPE_ICMP6] = 58 };

	if (type == TYPE_ARP) {
		w->ethertype = 0x0806;
		return;
	}
	if (type == TYPE_IP || type == TYPE_ICMP)
		w->family = 4;
	if (type == TYPE_IP6 || type == TYPE_ICMP6)
		w->family = 6;
	if (type != TYPE_IP && type != TYPE_IP6)
		w->protocol = protocols[type];
	w->ethertype = w->family == 4 ? 0x0800 : 0x86dd;
}

/* An address in the prefix, at times one just beside it. */
static void wish_address(struct chance *c, struct wish *w, enum side side, const struct prefix *p)
{
	uint8_t *a = side == SIDE_SRC || (side == SIDE_EITHER && percent(c, 50)) ? w->src : w->dst;
	unsigned bits = p->family == 4 ? 32 : 128;

	if (w->family != p->family) {
		w->family = p->family;
		w->ethertype = w->family == 4 ? 0x0800 : 0x86dd;
		random_address(c, w->family, w->src);
		random_address(c, w->family, w->dst);
	}
	for (unsigned bit = 0; bit < p->len; bit++) {
		unsigned mask = 128 >> bit % 8;

		a[bit / 8] = (a[bit / 8] & ~mask) | (p->addr[bit / 8] & mask);
	}
	if (p->len < bits && percent(c, 20)) /* the far end of the prefix */
		a[bits / 8 - 1] =
			p->len <= bits - 8 ? 255 : a[bits / 8 - 1] | (255 >> (p->len % 8));
	if (p->len && percent(c, 5))
		a[(p->len - 1) / 8] ^= 128 >> (p->len - 1) % 8;
}

static void wish_port(struct chance *c, struct wish *w, const struct match *m)
{
	static const unsigned protocols[] = { 6, 6, 17, 132 };
	unsigned port = in_range_of(c, m);

	if (m->side == SIDE_SRC || (m->side == SIDE_EITHER && percent(c, 50)))
		w->sport = port;
	else
		w->dport = port;
	if (w->protocol != 6 && w->protocol != 17 && w->protocol != 132)
		w->protocol = one_of(c, protocols);
}

static void wish_connection(struct chance *c, struct wish *w, const struct host *host,
                            enum pc_direction way)
{
	const struct connection *s;

	if (!host->n_connections)
		return;
	s = &host->connections[below(c, host->n_connections)];
	w->family = s->family;
	w->ethertype = w->family == 4 ? 0x0800 : 0x86dd;
	w->protocol = s->protocol;
	w->sport = way == PC_IN ? s->remote_port : s->local_port;
	w->dport = way == PC_IN ? s->local_port : s->remote_port;
	memcpy(w->src, way == PC_IN ? s->remote : s->local, 16);
	memcpy(w->dst, way == PC_IN ? s->local : s->remote, 16);
}

static void wish_match(struct chance *c, struct wish *w, const struct policy *policy,
                       const struct match *m)
{
	const struct set *s;

	switch (m->kind) {
	case MATCH_TYPE:
		wish_type(w, m->type);
		break;
	case MATCH_PROTO:
		w->protocol = in_range_of(c, m) & 255;
		break;
	case MATCH_ADDR:
		wish_address(c, w, m->side, &m->prefixes[below(c, m->n_prefixes)]);
		break;
	case MATCH_SET:
		s = &policy->sets[m->set];
		if (s->n_prefixes)
			wish_address(c, w, m->side, &s->prefixes[below(c, s->n_prefixes)]);
		break;
	case MATCH_PORT:
		wish_port(c, w, m);
		break;
	case MATCH_VLAN:
		w->tags = w->tags ?: 1;
		if (m->n_ranges)
			w->ids[below(c, w->tags)] = in_range_of(c, m) & 4095;
		break;
	case MATCH_FLAGS:
		w->flags = (w->flags & ~m->flags_mask) | m->flags_value;
		w->protocol = percent(c, 90) ? 6 : w->protocol;
		break;
	case MATCH_ICMP_TYPE:
		w->icmp_type = in_range_of(c, m) & 255;
		w->protocol = w->family == 4 ? 1 : 58;
		break;
	case MATCH_LEN:
		w->size = in_range_of(c, m);
		break;
	case MATCH_DSCP:
		w->dscp = in_range_of(c, m) & 63;
		break;
	case MATCH_FRAGMENT:
		w->fragment = true;
		break;
	default:
		break;
	}
}

static struct wish random_wish(struct chance *c, const struct policy *policy,
                               const struct host *host, enum pc_direction way)
{
	struct wish w = any_wish(c);
	const struct rule *r;

	if (percent(c, 5))
		wish_connection(c, &w, host, way);
	if (!policy->n_rules || percent(c, 10))
		return w;
	r = &policy->rules[below(c, policy->n_rules)];
	for (size_t i = 0; i < r->n_matches; i++) {
		const struct match *m = &r->matches[i];

		if (m->kind == MATCH_ESTABLISHED && !m->negate)
			wish_connection(c, &w, host, way);
		else if (!m->negate || percent(c, 30))
			wish_match(c, &w, policy, m);
	}
	return w;
}

/* --- bytes */

static uint8_t *put(struct frame *f, size_t size)
{
	uint8_t *at = f->bytes + f->len;

	f->len += size;
	return at;
}

static void put_16(uint8_t *at, unsigned value)
{
	at[0] = value >> 8;
	at[1] = value;
}

/* Returns where the EtherType is to be written. */
static uint8_t *put_link(struct chance *c, const struct wish *w, struct frame *f)
{
	uint8_t *type, *at = put(f, 14);
	unsigned in_frame = w->tags;

	memcpy(at, "\2\0\0\0\0\2\2\0\0\0\0\1", 12);
	type = at + 12;
	if (in_frame && percent(c, 50))
		f->tag = w->ids[--in_frame];
	for (unsigned i = 0; i < in_frame; i++) {
		put_16(type, percent(c, 60) ? 0x8100 : 0x88a8);
		at = put(f, 4);
		put_16(at, w->ids[i] | (percent(c, 20) ? roll(c) & 0xf000 : 0));
		type = at + 2;
	}
	return type;
}

static void put_transport(struct chance *c, const struct wish *w, struct frame *f)
{
	size_t left = w->size > f->len ? w->size - f->len : 0;
	uint8_t *at = put(f, 20);

	put_16(at, w->sport);
	put_16(at + 2, w->dport);
	if (w->protocol == 6) {
		at[12] = 0x50;
		at[13] = w->flags;
	} else if (w->protocol == 17) {
		put_16(at + 4, left < 8 ? 8 : left);
		f->len -= 12;
	} else if (w->protocol != 132) {
		at[0] = w->icmp_type;
		f->len -= 12;
	}
	if (w->fragment && percent(c, 20)) /* a tiny first fragment */
		f->len = at - f->bytes + below(c, 14);
}

static void put_ip4(struct chance *c, const struct wish *w, struct frame *f)
{
	unsigned options = percent(c, 15) ? 4 * below(c, 11) : 0;
	size_t start = f->len;
	uint8_t *ip = put(f, 20 + options);

	ip[0] = 0x45 + options / 4;
	ip[1] = w->dscp << 2 | (roll(c) & 3);
	ip[8] = 64;
	ip[9] = w->protocol;
	memcpy(ip + 12, w->src, 4);
	memcpy(ip + 16, w->dst, 4);
	if (w->fragment)
		put_16(ip + 6, w->later ? 1 + below(c, 0x3ffe) : 0x2000);
	else if (percent(c, 20))
		put_16(ip + 6, 0x4000);
	put_transport(c, w, f);
	if (w->size > f->len && w->size <= 1700)
		f->len = w->size;
	put_16(ip + 2, f->len - start);
}

/* One extension header; returns where it says what follows. */
static uint8_t *put_extension(struct chance *c, struct frame *f, uint8_t *next, unsigned number,
                              const struct wish *w)
{
	unsigned more = percent(c, 70) ? 0 : below(c, 4);
	uint8_t *at = put(f, number == 44 ? 8 : number == 51 ? 12 + 4 * more : 8 + 8 * more);

	*next = number;
	at[1] = number == 51 ? 1 + more : number == 44 ? roll(c) : more;
	if (number == 44)
		put_16(at + 2, !w->fragment ? 0 : w->later ? below(c, 0x2000) << 3 | 8 : 1);
	return at;
}

static void put_ip6(struct chance *c, const struct wish *w, struct frame *f)
{
	static const uint8_t numbers[] = { 0, 43, 51, 60, 135 };
	uint8_t *ip = put(f, 40), *next = ip + 6;
	size_t start = f->len;

	put_16(ip, 6 << 12 | w->dscp << 6 | (roll(c) & 0x3f));
	ip[7] = 64;
	memcpy(ip + 8, w->src, 16);
	memcpy(ip + 24, w->dst, 16);
	for (unsigned i = 0; i < w->extensions; i++)
		next = put_extension(c, f, next, one_of(c, numbers), w);
	if (w->fragment || percent(c, 3))
		next = put_extension(c, f, next, 44, w);
	*next = w->protocol;
	put_transport(c, w, f);
	if (w->size > f->len && w->size <= 1700)
		f->len = w->size;
	put_16(ip + 4, f->len - start);
}

/* --- what goes wrong on the way */

void spoil_frame(struct chance *c, struct frame *f)
{
	static const uint8_t odd[] = { 0, 1, 4, 5, 6, 8, 17, 44, 51, 60, 128, 132, 255 };
	size_t at = below(c, percent(c, 90) && f->len > 90 ? 90 : f->len);

	switch (below(c, 5)) {
	case 0:
		f->bytes[at] ^= 1 << below(c, 8);
		break;
	case 1:
		f->bytes[at] = one_of(c, odd);
		break;
	case 2:
		f->bytes[at] += below(c, 17) - 8;
		break;
	default: /* often, as it is here that rules are got round */
		f->len = 14 + below(c, percent(c, 70) && f->len > 120 ? 106 : f->len - 13);
		break;
	}
}

void random_frame(struct chance *c, const struct policy *policy, const struct host *host,
                  enum pc_direction way, struct frame *ret_frame)
{
	struct wish w = random_wish(c, policy, host, way);
	struct frame *f = ret_frame;

	memset(f->bytes, 0, sizeof(f->bytes));
	f->len = 0;
	f->tag = UNKNOWN;
	put_16(put_link(c, &w, f), w.ethertype);
	if (w.ethertype == 0x0800 || (w.ethertype != 0x86dd && w.family == 4))
		put_ip4(c, &w, f);
	else
		put_ip6(c, &w, f);
	if (percent(c, 20)) /* padding that no length speaks of */
		f->len += below(c, 20);
	for (unsigned left = percent(c, 75) ? 0 : 1 + below(c, 3); left; left--)
		spoil_frame(c, f);
}
