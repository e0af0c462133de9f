/* SPDX-License-Identifier: GPL-2.0-only */
/* Large rulesets as operators have them, after ClassBench's distributions; and packets for them. */
#include "tests/model/ruleset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"

#define SERVICES 200
#define RANGES   100

const char *const ruleset_names[] = { "acl", "fw", "acl6", "nest" };

/* What the rules of a set have in common. */
struct site {
	enum ruleset_kind kind;
	struct prefix *nets;
	size_t n_nets;
	uint16_t services[SERVICES];
	struct range ranges[RANGES];
};

/* --- addresses */

static void clear_behind(struct prefix *p)
{
	for (unsigned bit = p->len; bit < 128; bit++)
		p->addr[bit / 8] &= ~(128 >> bit % 8);
}

/* Sources that a host takes for real: no loopback, no multicast, no "this network". */
static struct prefix random_net(struct chance *c, enum ruleset_kind kind)
{
	static const uint8_t lens4[] = { 16, 18, 20, 22, 24, 24, 24, 24 };
	static const uint8_t lens6[] = { 32, 40, 44, 48, 48, 56, 64, 64 };
	struct prefix p = { .family = kind == RULESET_ACL6 ? 6 : 4 };

	for (int i = 0; i < (p.family == 4 ? 4 : 8); i++)
		p.addr[i] = roll(c);
	p.addr[0] = p.family == 4 ? 11 + below(c, 100) : 0x20;
	p.len = p.family == 4 ? one_of(c, lens4) : one_of(c, lens6);
	clear_behind(&p);
	return p;
}

static struct prefix host_in(struct chance *c, struct prefix p, unsigned spare)
{
	unsigned bits = p.family == 4 ? 32 : 128;

	for (unsigned i = 0; i < 2; i++)
		p.addr[bits / 8 - 1 - i] |= roll(c);
	p.len = percent(c, 87) ? bits : bits - spare;
	clear_behind(&p);
	return p;
}

/* Any in so many of a hundred; of the rest half a net and half a host. */
static struct prefix random_side(struct chance *c, const struct site *s, unsigned any)
{
	struct prefix net = s->nets[below(c, s->n_nets)];

	if (percent(c, any))
		return (struct prefix){ .family = net.family };
	return percent(c, 50) ? net : host_in(c, net, 4);
}

/* --- ports */

static const struct range every_port = { 0, 65535 };

static struct range exactly(unsigned port)
{
	return (struct range){ port, port };
}

static struct range random_sport(struct chance *c, const struct site *s)
{
	unsigned which = below(c, 100);

	if (which < 8)
		return (struct range){ 1024, 65535 };
	if (s->kind == RULESET_FW && which < 18)
		return exactly(one_of(c, s->services));
	if (s->kind == RULESET_FW && which < 25)
		return one_of(c, s->ranges);
	return every_port;
}

static struct range random_dport(struct chance *c, const struct site *s, bool wild)
{
	unsigned which = below(c, 100), a, b;

	if (which < 20)
		return wild ? exactly(s->services[below(c, 20)]) : every_port;
	if (which < 75) /* the first are the most frequent */
		return exactly(s->services[below(c, SERVICES) * below(c, SERVICES) / SERVICES]);
	if (which >= 90)
		return (struct range){ 1024, 65535 };
	if (s->kind != RULESET_FW)
		return one_of(c, s->ranges);
	a = below(c, 65536);
	b = below(c, 65536);
	return (struct range){ a < b ? a : b, a < b ? b : a };
}

/* --- rules */

static struct ruleset_rule random_rule(struct chance *c, const struct site *s, bool early)
{
	bool fw = s->kind == RULESET_FW;
	struct ruleset_rule r = {
		.src = random_side(c, s, fw ? 45 : 25),
		.dst = random_side(c, s, fw ? 25 : 10),
		.sport = every_port,
		.dport = every_port,
		.protocol = percent(c, 75) ? 6 : 17,
	};
	bool wild = !r.src.len && !r.dst.len;

	if (wild && early) { /* such rules stand late in a list */
		r.dst = host_in(c, s->nets[below(c, s->n_nets)], 4);
		wild = false;
	}
	if (percent(c, fw ? 25 : 10)) {
		r.protocol = wild ? 1 : -1;
		return r;
	}
	r.sport = random_sport(c, s);
	r.dport = random_dport(c, s, wild);
	return r;
}

static void build_site(struct chance *c, struct site *s)
{
	static const uint16_t known[] = { 80, 443, 22,  25,  53,  110,  143,  993,  995,  21,
		                          23, 123, 161, 389, 636, 3306, 5432, 6379, 8080, 8443 };

	for (size_t i = 0; i < s->n_nets; i++)
		s->nets[i] = random_net(c, s->kind);
	for (size_t i = 0; i < SERVICES; i++)
		s->services[i] = i < sizeof(known) / sizeof(*known) ? known[i] : below(c, 65536);
	for (size_t i = 0; i < RANGES; i++) {
		unsigned lo = below(c, 65000), wide = below(c, i % 2 ? 256 : 65536 - lo);

		s->ranges[i] = (struct range){ lo, lo + wide };
	}
}

static bool prefix_has(const struct prefix *p, const uint8_t *address)
{
	for (unsigned bit = 0; bit < p->len; bit++) {
		if ((p->addr[bit / 8] ^ address[bit / 8]) & 128 >> bit % 8)
			return false;
	}
	return true;
}

static bool has_port(const struct range *r, unsigned port)
{
	return r->lo <= port && port <= r->hi;
}

static bool rule_has(const struct ruleset_rule *r, const struct header *h)
{
	return prefix_has(&r->src, h->src) && prefix_has(&r->dst, h->dst) &&
	       has_port(&r->sport, h->sport) && has_port(&r->dport, h->dport) &&
	       (r->protocol < 0 || r->protocol == h->protocol);
}

struct header ruleset_last_header(enum ruleset_kind kind)
{
	struct header h = {
		.family = kind == RULESET_ACL6 ? 6 : 4,
		.protocol = 17,
		.sport = 5000,
		.dport = RULESET_LAST_PORT,
	};

	memcpy(h.src, h.family == 4 ? "\12\123\0\1" : "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1",
	       h.family == 4 ? 4 : 16);
	memcpy(h.dst, h.src, 16);
	h.dst[h.family == 4 ? 3 : 15] = 2;
	return h;
}

/* --- rules inside one another */

#define NEST_STEPS (32 + 32 + 16) /* the bits of two addresses and a port */

/* A host's prefix that ends with a bit which is another one than the host's; or if there is no such
 * bit, the host. */
static struct prefix beside(const uint8_t host[static 4], unsigned bit)
{
	struct prefix p = { .family = 4, .len = bit < 32 ? bit + 1 : 32 };

	memcpy(p.addr, host, 4);
	if (bit < 32)
		p.addr[bit / 8] ^= 128 >> bit % 8;
	clear_behind(&p);
	return p;
}

static struct range ports_beside(unsigned port, unsigned bit)
{
	unsigned wide = 32768 >> bit, lo = (port ^ wide) & ~(wide - 1);

	return (struct range){ lo, lo + wide - 1 };
}

/* Every rule speaks of the half that is next to all the rules before it: bit by bit of a port and a
 * destination that only one source is asked for, then of that source. */
static struct ruleset_rule nested_rule(struct chance *c, size_t step)
{
	struct chance nest = { .state = c->state + step / NEST_STEPS };
	uint8_t src[4] = { 11 + below(&nest, 100), roll(&nest), roll(&nest), roll(&nest) };
	uint8_t dst[4] = { 11 + below(&nest, 100), roll(&nest), roll(&nest), roll(&nest) };
	unsigned port = below(&nest, 65536), bit = NEST_STEPS - 1 - step % NEST_STEPS;
	struct ruleset_rule r = { .src = beside(src, bit),
		                  .dst.family = 4,
		                  .sport = every_port,
		                  .dport = every_port,
		                  .protocol = 17 };

	if (bit >= 32)
		r.dst = beside(dst, bit - 32);
	if (bit >= 64)
		r.dport = ports_beside(port, bit - 64);
	return r;
}

struct ruleset_rule *ruleset_make(enum ruleset_kind kind, size_t count)
{
	struct chance c = { .state = 88172645463325252u + kind * 7919 + count };
	struct site s = { .kind = kind, .n_nets = count / 8 < 8 ? 8 : count / 8 };
	struct ruleset_rule *rules = calloc(count ?: 1, sizeof(*rules));
	auto_free struct prefix *nets = calloc(s.n_nets, sizeof(*nets));
	const struct header last = ruleset_last_header(kind);

	if (!rules || !nets) {
		free(rules);
		return NULL;
	}
	s.nets = nets;
	build_site(&c, &s);
	for (size_t i = 0; i < count; i++) {
		rules[i] = kind == RULESET_NEST ? nested_rule(&c, i)
		                                : random_rule(&c, &s, i < count / 2);
		if (rule_has(&rules[i], &last))
			rules[i].src = host_in(&c, nets[below(&c, s.n_nets)], 4);
	}
	if (count)
		rules[count - 1] = (struct ruleset_rule){ .src.family = last.family,
			                                  .dst.family = last.family,
			                                  .sport = every_port,
			                                  .dport = exactly(last.dport),
			                                  .protocol = last.protocol };
	return rules;
}

/* --- as a policy */

static struct match *add_match(struct rule *rule, enum match_kind kind)
{
	struct match *m = &rule->matches[rule->n_matches++];

	m->kind = kind;
	return m;
}

static int add_prefix(struct rule *rule, enum side side, const struct prefix *p)
{
	struct match *m;

	if (!p->len)
		return 0;
	m = add_match(rule, MATCH_ADDR);
	m->side = side;
	m->is_net = p->len != (p->family == 4 ? 32 : 128);
	m->prefixes = malloc(sizeof(*m->prefixes));
	if (!m->prefixes)
		return -ENOMEM;
	*m->prefixes = *p;
	m->n_prefixes = 1;
	return 0;
}

static int add_range(struct rule *rule, enum match_kind kind, enum side side, struct range range)
{
	struct match *m;

	if (range.lo == 0 && range.hi == 65535)
		return 0;
	m = add_match(rule, kind);
	m->side = side;
	m->ranges = malloc(sizeof(*m->ranges));
	if (!m->ranges)
		return -ENOMEM;
	*m->ranges = range;
	m->n_ranges = 1;
	return 0;
}

static int add_protocol(struct rule *rule, int protocol)
{
	if (protocol == 6 || protocol == 17)
		add_match(rule, MATCH_TYPE)->type = protocol == 6 ? TYPE_TCP : TYPE_UDP;
	else if (protocol >= 0)
		return add_range(rule, MATCH_PROTO, SIDE_EITHER,
		                 (struct range){ protocol, protocol });
	return 0;
}

static int convert(const struct ruleset_rule *from, struct rule *to)
{
	int r;

	to->action = PC_ACTION_DROP;
	to->in = true;
	to->matches = calloc(5, sizeof(*to->matches));
	if (!to->matches)
		return -ENOMEM;
	r = add_protocol(to, from->protocol);
	if (!r)
		r = add_prefix(to, SIDE_SRC, &from->src);
	if (!r)
		r = add_prefix(to, SIDE_DST, &from->dst);
	if (!r)
		r = add_range(to, MATCH_PORT, SIDE_SRC, from->sport);
	return r ? r : add_range(to, MATCH_PORT, SIDE_DST, from->dport);
}

int ruleset_policy(const struct ruleset_rule *rules, size_t count, struct policy *ret_policy)
{
	struct policy p = { .rules = calloc(count ?: 1, sizeof(*p.rules)), .n_rules = count };
	int r = p.rules ? 0 : -ENOMEM;

	for (size_t i = 0; !r && i < count; i++) {
		r = convert(&rules[i], &p.rules[i]);
		p.rules[i].cell = i;
	}
	if (r)
		policy_free(&p);
	else
		*ret_policy = p;
	return r;
}

/* --- packets */

static void address_in(struct chance *c, const struct prefix *p, uint8_t *ret_address)
{
	for (unsigned bit = 0; bit < (p->family == 4 ? 32 : 128); bit++) {
		unsigned mask = 128 >> bit % 8;
		unsigned from = bit < p->len ? p->addr[bit / 8] : roll(c);

		ret_address[bit / 8] = (ret_address[bit / 8] & ~mask) | (from & mask);
	}
	if (!p->len)
		ret_address[0] = p->family == 4 ? 11 + below(c, 100) : 0x20;
}

static unsigned port_in(struct chance *c, const struct range *r)
{
	return r->lo + below(c, r->hi - r->lo + 1);
}

struct header ruleset_header(struct chance *c, const struct ruleset_rule *rules, size_t count)
{
	const struct ruleset_rule *r = &rules[below(c, count)];
	struct header h = {
		.family = r->src.family,
		.protocol = r->protocol < 0 ? 6 : r->protocol,
		.sport = port_in(c, &r->sport),
		.dport = port_in(c, &r->dport),
	};

	address_in(c, &r->src, h.src);
	address_in(c, &r->dst, h.dst);
	return h;
}

size_t header_frame(const struct header *h, uint8_t ret_frame[static HEADER_FRAME_MAX])
{
	const unsigned ip = 14, l4 = ip + (h->family == 4 ? 20 : 40);
	const unsigned inside = h->protocol == 6 ? 20 : 8,
		       len = l4 + inside < 60 ? 60 : l4 + inside;
	uint8_t *f = ret_frame;

	memset(f, 0, HEADER_FRAME_MAX);
	memcpy(f, "\2\0\0\0\0\2\2\0\0\0\0\1", 12);
	memcpy(f + 12, h->family == 4 ? "\x8\0" : "\x86\xdd", 2);
	if (h->family == 4) {
		f[ip] = 0x45;
		f[ip + 3] = 20 + inside;
		f[ip + 8] = 64;
		f[ip + 9] = h->protocol;
		memcpy(f + ip + 12, h->src, 4);
		memcpy(f + ip + 16, h->dst, 4);
	} else {
		f[ip] = 0x60;
		f[ip + 5] = inside;
		f[ip + 6] = h->protocol;
		f[ip + 7] = 64;
		memcpy(f + ip + 8, h->src, 16);
		memcpy(f + ip + 24, h->dst, 16);
	}
	if (h->protocol == 6 || h->protocol == 17) {
		f[l4] = h->sport >> 8;
		f[l4 + 1] = h->sport;
		f[l4 + 2] = h->dport >> 8;
		f[l4 + 3] = h->dport;
	}
	if (h->protocol == 6)
		f[l4 + 12] = 0x50;
	if (h->protocol == 17)
		f[l4 + 5] = inside;
	return len;
}
