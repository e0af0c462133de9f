/* SPDX-License-Identifier: GPL-2.0-only */
/* Policies nobody thought of: every action and match, negated, in lists, of both families. */
#include "tests/model/policies.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_MATCHES 5
#define MOST_SETS    3
#define LARGEST      1600 /* bytes of a packet */

static void *allocate(size_t count, size_t size)
{
	void *p = calloc(count ?: 1, size);

	if (!p)
		abort();
	return p;
}

/* --- the small world */

void random_address(struct chance *c, unsigned family, uint8_t *ret_address)
{
	static const uint8_t nets4[][2] = {
		{ 10, 0 }, { 10, 1 }, { 192, 168 }, { 203, 0 }, { 127, 0 }
	};
	static const uint8_t nets6[][4] = {
		{ 0x20, 1, 0xd, 0xb8 }, { 0x20, 1, 0xd, 0xb9 }, { 0xfd, 0, 0, 0x80 }, { 0, 0, 0, 0 }
	};
	uint8_t *a = ret_address;

	memset(a, 0, family == 4 ? 4 : 16);
	if (percent(c, 5)) {
		for (unsigned i = 0; i < (family == 4 ? 4 : 16); i++)
			a[i] = roll(c);
	} else if (family == 4) {
		memcpy(a, one_of(c, nets4), 2);
		a[2] = below(c, 4);
		a[3] = below(c, percent(c, 80) ? 8 : 256);
	} else {
		memcpy(a, one_of(c, nets6), 4);
		a[5] = below(c, 3);
		a[7] = below(c, 3);
		a[12] = percent(c, 20) ? roll(c) : 0;
		a[15] = below(c, percent(c, 80) ? 8 : 256);
	}
}

unsigned random_port(struct chance *c)
{
	static const unsigned known[] = { 0, 22, 53, 80, 443, 1023, 1024, 8080, 32768, 65535 };

	return percent(c, 60) ? one_of(c, known) : percent(c, 50) ? below(c, 64) : below(c, 65536);
}

static struct prefix random_prefix(struct chance *c)
{
	static const uint8_t lens4[] = { 0, 1, 8, 15, 16, 17, 22, 24, 29, 30, 31, 32, 32, 32 };
	static const uint8_t lens6[] = {
		0, 3, 16, 32, 33, 48, 63, 64, 96, 100, 125, 127, 128, 128
	};
	struct prefix p = { .family = percent(c, 50) ? 4 : 6 };

	random_address(c, p.family, p.addr);
	p.len = p.family == 4 ? one_of(c, lens4) : one_of(c, lens6);
	for (unsigned bit = p.len; bit < 128; bit++)
		p.addr[bit / 8] &= ~(128 >> bit % 8);
	return p;
}

static struct prefix *random_prefixes(struct chance *c, size_t count)
{
	struct prefix *list = allocate(count, sizeof(*list));

	for (size_t i = 0; i < count; i++)
		list[i] = random_prefix(c);
	return list;
}

/* --- numbers */

struct world {
	enum match_kind kind;
	unsigned top;                      /* the largest number */
	unsigned (*one)(struct chance *c); /* NULL: any */
};

static unsigned random_protocol(struct chance *c)
{
	static const unsigned known[] = { 0, 1, 6, 17, 41, 44, 47, 58, 59, 132, 253 };

	return percent(c, 80) ? one_of(c, known) : below(c, 256);
}

static unsigned random_vlan(struct chance *c)
{
	return percent(c, 80) ? below(c, 8) : below(c, 4096);
}

static unsigned random_icmp_type(struct chance *c)
{
	static const unsigned known[] = { 0, 3, 8, 128, 129, 135 };

	return percent(c, 80) ? one_of(c, known) : below(c, 256);
}

static unsigned random_size(struct chance *c)
{
	return percent(c, 5) ? below(c, 65536) : 14 + below(c, LARGEST);
}

static const struct world worlds[] = {
	{ MATCH_PROTO, 255, random_protocol }, { MATCH_PORT, 65535, random_port },
	{ MATCH_VLAN, 4095, random_vlan },     { MATCH_ICMP_TYPE, 255, random_icmp_type },
	{ MATCH_LEN, 65535, random_size },     { MATCH_DSCP, 63, NULL },
};

static struct range random_range(struct chance *c, const struct world *w)
{
	unsigned lo = w->one ? w->one(c) : below(c, w->top + 1);
	unsigned wide = percent(c, 50) ? 0 : below(c, percent(c, 50) ? 16 : w->top + 1);

	return (struct range){ lo, lo + wide > w->top ? w->top : lo + wide };
}

static void add_ranges(struct chance *c, struct match *m)
{
	const struct world *w = worlds;

	while (w->kind != m->kind)
		w++;
	m->n_ranges = percent(c, 70) ? 1 : 1 + below(c, percent(c, 90) ? 5 : 40);
	m->ranges = allocate(m->n_ranges, sizeof(*m->ranges));
	for (size_t i = 0; i < m->n_ranges; i++)
		m->ranges[i] = random_range(c, w);
}

/* --- rules */

static void add_flags(struct chance *c, struct match *m)
{
	static const uint8_t masks[] = { 0x02, 0x12, 0x17, 0x3f, 0xff, 0x04 };

	m->flags_mask = one_of(c, masks);
	m->flags_value = roll(c) & m->flags_mask;
}

static bool has_sides(enum match_kind kind)
{
	return kind == MATCH_ADDR || kind == MATCH_SET || kind == MATCH_PORT;
}

static struct match random_match(struct chance *c, const struct policy *policy)
{
	static const enum match_kind kinds[] = {
		MATCH_TYPE,     MATCH_TYPE,      MATCH_TYPE,       MATCH_PROTO, MATCH_ADDR,
		MATCH_ADDR,     MATCH_ADDR,      MATCH_SET,        MATCH_PORT,  MATCH_PORT,
		MATCH_PORT,     MATCH_VLAN,      MATCH_LEN,        MATCH_DSCP,  MATCH_FLAGS,
		MATCH_FRAGMENT, MATCH_ICMP_TYPE, MATCH_ESTABLISHED
	};
	struct match m = { .kind = one_of(c, kinds), .negate = percent(c, 15) };

	if (m.kind == MATCH_SET && !policy->n_sets)
		m.kind = MATCH_ADDR;
	if (has_sides(m.kind))
		m.side = below(c, 3);
	if (m.kind == MATCH_TYPE)
		m.type = below(c, TYPE_COUNT);
	else if (m.kind == MATCH_SET)
		m.set = below(c, policy->n_sets);
	else if (m.kind == MATCH_FLAGS)
		add_flags(c, &m);
	else if (m.kind == MATCH_ADDR)
		m.prefixes =
			random_prefixes(c, m.n_prefixes = percent(c, 70) ? 1 : 1 + below(c, 6));
	else if (m.kind != MATCH_FRAGMENT && m.kind != MATCH_ESTABLISHED &&
	         !(m.kind == MATCH_VLAN && percent(c, 30)))
		add_ranges(c, &m);
	m.is_net = m.kind == MATCH_ADDR;
	return m;
}

static struct rule random_rule(struct chance *c, const struct policy *policy)
{
	static const enum pc_action actions[] = { PC_ACTION_PASS,  PC_ACTION_PASS, PC_ACTION_DROP,
		                                  PC_ACTION_DROP,  PC_ACTION_DROP, PC_ACTION_COUNT,
		                                  PC_ACTION_COUNT, PC_ACTION_LIMIT };
	struct rule r = { .action = one_of(c, actions), .in = percent(c, 75) };

	r.out = !r.in || percent(c, 60);
	if (r.action == PC_ACTION_LIMIT) {
		r.rate = 1;
		r.rate_period = POLICY_PERIOD;
		r.burst = 1 + below(c, 30);
		r.per_src = percent(c, 30);
	}
	r.n_matches = percent(c, 3) ? 0 : 1 + below(c, percent(c, 80) ? 3 : MOST_MATCHES);
	r.matches = allocate(r.n_matches, sizeof(*r.matches));
	for (size_t i = 0; i < r.n_matches; i++)
		r.matches[i] = random_match(c, policy);
	return r;
}

static void add_sets(struct chance *c, struct policy *policy)
{
	policy->n_sets = below(c, MOST_SETS + 1);
	policy->sets = allocate(policy->n_sets, sizeof(*policy->sets));
	for (size_t i = 0; i < policy->n_sets; i++) {
		struct set *s = &policy->sets[i];

		snprintf(s->name, sizeof(s->name), "set%zu", i);
		s->n_prefixes = 1 + below(c, percent(c, 90) ? 20 : 300);
		s->prefixes = random_prefixes(c, s->n_prefixes);
	}
}

void random_policy(struct chance *c, size_t most, struct policy *ret_policy)
{
	struct policy p = { .drops = { percent(c, 30), percent(c, 30) } };

	add_sets(c, &p);
	p.n_rules = below(c, most + 1);
	p.rules = allocate(p.n_rules, sizeof(*p.rules));
	for (size_t i = 0; i < p.n_rules; i++)
		p.rules[i] = random_rule(c, &p);
	reference_prepare(&p);
	*ret_policy = p;
}
