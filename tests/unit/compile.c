/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/rules/compile.c and what it is made of: images of random policies, walked with random
 * packets, against rules read one after the other. */
#include <stdint.h>
#include <stdlib.h>

#include "lib/base/cleanup.h"
#include "lib/rules/compile.h"
#include "lib/rules/lookup.h"
#include "lib/rules/policy.h"
#include "tests/tap.h"

#define array_size(a) (sizeof(a) / sizeof(*(a)))

/* --- chance */

struct chance {
	uint64_t state;
};

static uint32_t roll(struct chance *c)
{
	c->state ^= c->state << 13;
	c->state ^= c->state >> 7;
	c->state ^= c->state << 17;
	return c->state >> 16;
}

static uint32_t below(struct chance *c, uint32_t n)
{
	return roll(c) % n;
}

/* --- packets, and rules read as they are written */

struct packet {
	uint8_t family; /* 0: not IP */
	uint16_t ethertype;
	int proto;        /* -1: not IP */
	int sport, dport; /* -1: none, or cut off */
	uint8_t addr[2][16];
	uint16_t vlan[2];
	unsigned n_vlans;
	uint16_t len;
	int dscp, icmp_type, flags; /* -1: not there */
	bool fragment, established;
};

static bool in_ranges(int value, const struct range *ranges, size_t n)
{
	for (size_t i = 0; value >= 0 && i < n; i++)
		if ((uint32_t)value >= ranges[i].lo && (uint32_t)value <= ranges[i].hi)
			return true;
	return false;
}

static bool in_prefixes(const struct packet *p, unsigned side, const struct prefix *prefixes,
                        size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned bit = 0;

		if (!p->family || prefixes[i].family != p->family)
			continue;
		while (bit < prefixes[i].len &&
		       !((prefixes[i].addr[bit / 8] ^ p->addr[side][bit / 8]) & 128 >> bit % 8))
			bit++;
		if (bit == prefixes[i].len)
			return true;
	}
	return false;
}

static bool type_holds(enum type_word type, const struct packet *p)
{
	switch (type) {
	case TYPE_IP:
		return p->ethertype == 0x0800;
	case TYPE_IP6:
		return p->ethertype == 0x86dd;
	case TYPE_ARP:
		return p->ethertype == 0x0806;
	case TYPE_TCP:
		return p->proto == 6;
	case TYPE_UDP:
		return p->proto == 17;
	case TYPE_SCTP:
		return p->proto == 132;
	case TYPE_ICMP:
		return p->proto == 1 && p->family == 4;
	case TYPE_ICMP6:
		return p->proto == 58 && p->family == 6;
	default:
		return false;
	}
}

static bool side_holds(const struct policy *policy, const struct match *m, const struct packet *p,
                       unsigned side)
{
	const struct set *set = &policy->sets[m->set];

	switch (m->kind) {
	case MATCH_ADDR:
		return in_prefixes(p, side, m->prefixes, m->n_prefixes);
	case MATCH_SET:
		return in_prefixes(p, side, set->prefixes, set->n_prefixes);
	default:
		return in_ranges(side ? p->dport : p->sport, m->ranges, m->n_ranges);
	}
}

static bool vlan_holds(const struct match *m, const struct packet *p)
{
	bool any = !m->n_ranges && p->n_vlans;

	for (unsigned i = 0; i < p->n_vlans; i++)
		any |= in_ranges(p->vlan[i], m->ranges, m->n_ranges);
	return any;
}

static bool primitive_holds(const struct policy *policy, const struct match *m,
                            const struct packet *p)
{
	switch (m->kind) {
	case MATCH_TYPE:
		return type_holds(m->type, p);
	case MATCH_PROTO:
		return in_ranges(p->proto, m->ranges, m->n_ranges);
	case MATCH_ADDR:
	case MATCH_SET:
	case MATCH_PORT:
		return (m->side != SIDE_DST && side_holds(policy, m, p, 0)) ||
		       (m->side != SIDE_SRC && side_holds(policy, m, p, 1));
	case MATCH_VLAN:
		return vlan_holds(m, p);
	case MATCH_FLAGS:
		return p->flags >= 0 && (p->flags & m->flags_mask) == m->flags_value;
	case MATCH_ICMP_TYPE:
		return in_ranges(p->icmp_type, m->ranges, m->n_ranges);
	case MATCH_LEN:
		return in_ranges(p->len, m->ranges, m->n_ranges);
	case MATCH_DSCP:
		return in_ranges(p->dscp, m->ranges, m->n_ranges);
	case MATCH_FRAGMENT:
		return p->fragment;
	case MATCH_ESTABLISHED:
		return p->established;
	}
	return false;
}

static bool rule_holds(const struct policy *policy, const struct rule *rule, const struct packet *p,
                       enum pc_direction direction)
{
	if (!(direction == PC_IN ? rule->in : rule->out))
		return false;
	for (size_t i = 0; i < rule->n_matches; i++)
		if (primitive_holds(policy, &rule->matches[i], p) == rule->matches[i].negate)
			return false;
	return true;
}

/* As the data plane would put it. */
static struct probe probe_of(const struct packet *p)
{
	struct probe probe = { .kind = PC_KIND_NOT_IP, .n_vlans = p->n_vlans };

	memset(probe.field, 0xff, sizeof(probe.field));
	memcpy(probe.vlan, p->vlan, sizeof(p->vlan));
	probe.field[PC_FIELD_ETHERTYPE] = p->ethertype;
	probe.field[PC_FIELD_LEN] = p->len;
	if (!p->family)
		return probe;
	probe.kind = p->sport < 0     ? PC_KIND_IP4_REST
	             : p->proto == 6  ? PC_KIND_IP4_TCP
	             : p->proto == 17 ? PC_KIND_IP4_UDP
	                              : PC_KIND_IP4_SCTP;
	probe.kind += p->family == 6 ? PC_KIND_IP6_TCP : 0;
	for (unsigned i = 0; i < (p->family == 6 ? 16 : 4); i++) {
		probe.word[PC_WORD_SADDR + i / 4] |= (uint32_t)p->addr[0][i] << (24 - i % 4 * 8);
		probe.word[PC_WORD_DADDR + i / 4] |= (uint32_t)p->addr[1][i] << (24 - i % 4 * 8);
	}
	probe.word[PC_WORD_PROTO] = p->proto;
	if (p->sport >= 0) {
		probe.word[PC_WORD_SPORT] = p->sport;
		probe.word[PC_WORD_DPORT] = p->dport;
	}
	probe.field[PC_FIELD_SPORT] = p->sport;
	probe.field[PC_FIELD_DPORT] = p->dport;
	probe.field[PC_FIELD_PROTO] = p->proto;
	probe.field[PC_FIELD_DSCP] = p->dscp;
	probe.field[PC_FIELD_ICMP_TYPE] = p->icmp_type;
	probe.field[PC_FIELD_TCP_FLAGS] = p->flags;
	probe.field[PC_FIELD_FRAGMENT] = p->fragment;
	probe.field[PC_FIELD_ESTABLISHED] = p->established;
	return probe;
}

/* Whether image and policy say the same of a packet. */
static bool agree(const struct policy *policy, const struct image *image, const struct packet *p,
                  enum pc_direction direction)
{
	const struct probe probe = probe_of(p);
	auto_free uint16_t *counted = calloc(policy->n_rules + 1, sizeof(*counted));
	size_t n_counted = 0, n = 0, i;
	long decided = image_lookup(image, direction, &probe, counted, &n_counted, NULL);

	for (i = 0; i < policy->n_rules; i++) {
		if (!rule_holds(policy, &policy->rules[i], p, direction))
			continue;
		if (policy->rules[i].action != PC_ACTION_COUNT)
			break;
		if (n == n_counted || counted[n++] != i)
			return tap_fail("rule %zu counts this packet, but not in the image", i + 1),
			       false;
	}
	return tap_check_int(decided, i < policy->n_rules ? (long)i : -1) &&
	       tap_check_int(n_counted, n);
}

/* --- random policies and packets of few values, so that they meet */

static void random_address(struct chance *c, uint8_t family, uint8_t *address)
{
	static const uint8_t bytes[] = { 0, 1, 2, 10, 127, 128, 254, 255 };

	memset(address, 0, 16);
	for (unsigned i = 0; i < (family == 4 ? 4 : 16); i++)
		address[i] = below(c, 8) ? (i % 3 ? 10 : 32) : bytes[below(c, array_size(bytes))];
}

static struct prefix random_prefix(struct chance *c)
{
	struct prefix p = { .family = below(c, 2) ? 4 : 6 };
	unsigned bits = p.family == 4 ? 32 : 128, bit;

	random_address(c, p.family, p.addr);
	p.len = below(c, 3) ? bits - below(c, below(c, 2) ? 5 : bits) : below(c, bits + 1);
	for (bit = p.len; bit < bits; bit++)
		p.addr[bit / 8] &= ~(128 >> bit % 8);
	return p;
}

static struct prefix *random_prefixes(struct chance *c, size_t *ret_n)
{
	struct prefix *prefixes;
	size_t i;

	*ret_n = below(c, 3) ? 1 + below(c, 4) : 1 + below(c, 200);
	prefixes = calloc(*ret_n, sizeof(*prefixes));
	for (i = 0; i < *ret_n; i++)
		prefixes[i] = random_prefix(c);
	return prefixes;
}

static uint32_t random_number(struct chance *c, uint32_t max)
{
	static const uint32_t known[] = { 0, 1, 6, 17, 22, 58, 80, 132, 443, 1024, 65535 };
	uint32_t number = below(c, 3) ? known[below(c, array_size(known))] : roll(c);

	return number % (max + 1);
}

static struct range *random_ranges(struct chance *c, uint32_t max, size_t *ret_n)
{
	struct range *ranges;

	*ret_n = below(c, 2) ? 1 : 1 + below(c, below(c, 8) ? 5 : 60);
	ranges = calloc(*ret_n, sizeof(*ranges));
	for (size_t i = 0; i < *ret_n; i++) {
		uint32_t a = random_number(c, max), b = below(c, 2) ? a : random_number(c, max);

		ranges[i] = (struct range){ a < b ? a : b, a < b ? b : a };
	}
	return ranges;
}

/* What rules are made of. */
struct manner {
	const char *name;
	unsigned kinds; /* bit n: enum match_kind n */
};

static const struct manner everything = { "everything", ~0u };

static enum match_kind random_kind(struct chance *c, unsigned kinds)
{
	enum match_kind kind;

	do
		kind = below(c, 3)   ? below(c, MATCH_ESTABLISHED + 1)
		       : below(c, 2) ? MATCH_ADDR
		                     : MATCH_PORT;
	while (!(kinds >> kind & 1));
	return kind;
}

static struct match random_match(struct chance *c, const struct policy *policy, unsigned kinds)
{
	static const uint32_t max[] = {
		[MATCH_PROTO] = 255, [MATCH_PORT] = 65535,    [MATCH_VLAN] = 4095,
		[MATCH_LEN] = 65535, [MATCH_ICMP_TYPE] = 255, [MATCH_DSCP] = 63
	};
	struct match m = { .kind = random_kind(c, kinds) };

	m.negate = below(c, 4) == 0;
	m.side = below(c, 3);
	m.type = below(c, TYPE_COUNT);
	m.flags_mask = 1 << below(c, 3) | 2;
	m.flags_value = roll(c) & m.flags_mask;
	m.set = below(c, policy->n_sets);
	if (m.kind == MATCH_ADDR)
		m.prefixes = random_prefixes(c, &m.n_prefixes);
	else if (m.kind < array_size(max) && max[m.kind] && !(m.kind == MATCH_VLAN && roll(c) & 1))
		m.ranges = random_ranges(c, max[m.kind], &m.n_ranges);
	return m;
}

static struct rule random_rule(struct chance *c, const struct policy *policy, unsigned kinds)
{
	unsigned directions = 1 + below(c, 3);
	struct rule rule = { .action = below(c, 4),
		             .in = directions & 1,
		             .out = directions & 2,
		             .n_matches = below(c, 30) ? 1 + below(c, 4) : 0,
		             .rate = 1000,
		             .rate_period = 1,
		             .burst = 1 };

	rule.matches = calloc(rule.n_matches ?: 1, sizeof(*rule.matches));
	for (size_t i = 0; i < rule.n_matches; i++)
		rule.matches[i] = random_match(c, policy, kinds);
	return rule;
}

static struct policy random_policy(struct chance *c, size_t n, unsigned kinds)
{
	struct policy policy = { .n_sets = 3, .n_rules = n };

	policy.sets = calloc(policy.n_sets, sizeof(*policy.sets));
	policy.rules = calloc(n ?: 1, sizeof(*policy.rules));
	for (size_t i = 0; i < policy.n_sets; i++) {
		snprintf(policy.sets[i].name, sizeof(policy.sets[i].name), "s%zu", i);
		policy.sets[i].prefixes = random_prefixes(c, &policy.sets[i].n_prefixes);
	}
	for (size_t i = 0; i < n; i++)
		policy.rules[i] = random_rule(c, &policy, kinds);
	return policy;
}

/* An address that one of the policy's matches speaks of, more often than not. */
static void likely_address(struct chance *c, const struct policy *policy, uint8_t family,
                           uint8_t *address)
{
	const struct rule *rule =
		policy->n_rules ? &policy->rules[below(c, policy->n_rules)] : NULL;
	const struct match *m =
		rule && rule->n_matches ? &rule->matches[below(c, rule->n_matches)] : NULL;
	const struct prefix *prefix =
		m && m->n_prefixes ? &m->prefixes[below(c, m->n_prefixes)] : NULL;

	random_address(c, family, address);
	for (unsigned bit = 0; prefix && prefix->family == family && bit < prefix->len; bit++) {
		address[bit / 8] &= ~(128 >> bit % 8);
		address[bit / 8] |= prefix->addr[bit / 8] & 128 >> bit % 8;
	}
}

static struct packet random_packet(struct chance *c, const struct policy *policy)
{
	static const uint8_t protos[] = { 6, 6, 17, 17, 132, 1, 58, 47, 2 };
	static const uint16_t others[] = { 0x0806, 0x0800, 0x86dd, 0x88cc };
	struct packet p = { .ethertype = others[below(c, array_size(others))],
		            .proto = -1,
		            .sport = -1,
		            .dport = -1,
		            .vlan = { random_number(c, 4095), random_number(c, 4095) },
		            .n_vlans = below(c, 3),
		            .len = random_number(c, 65535),
		            .dscp = -1,
		            .icmp_type = -1,
		            .flags = -1 };

	if (below(c, 10) == 0)
		return p;
	p.family = below(c, 2) ? 4 : 6;
	p.ethertype = p.family == 4 ? 0x0800 : 0x86dd;
	p.proto = below(c, 8) ? protos[below(c, array_size(protos))] : below(c, 256);
	p.dscp = random_number(c, 63);
	p.fragment = below(c, 8) == 0;
	likely_address(c, policy, p.family, p.addr[0]);
	likely_address(c, policy, p.family, p.addr[1]);
	if ((p.proto == 6 || p.proto == 17 || p.proto == 132) && below(c, 10)) {
		p.sport = random_number(c, 65535);
		p.dport = random_number(c, 65535);
		p.flags = p.proto == 6 && below(c, 10) ? (int)below(c, 256) : -1;
		p.established = p.proto != 132 && below(c, 2);
	}
	if (p.proto == (p.family == 4 ? 1 : 58) && below(c, 10))
		p.icmp_type = random_number(c, 255);
	return p;
}

/* --- what the data plane relies on in an image */

struct tree {
	const struct image *image;
	bool six, ordered;
};

static bool check_conds(const struct tree *t, uint32_t address)
{
	const struct pc_cond *cond;
	unsigned n = 0;

	if (!address)
		return true;
	do {
		cond = image_span(t->image, address + n * sizeof(*cond), sizeof(*cond));
		if (!tap_check(cond && ++n <= PC_MAX_CONDS))
			return false;
	} while (!cond->last);
	return tap_check_int(address / PC_PAGE_SIZE,
	                     (address + n * sizeof(*cond) - 1) / PC_PAGE_SIZE);
}

static bool check_leaves(const struct tree *t, uint32_t at)
{
	size_t size = t->six ? sizeof(struct pc_entry6) : sizeof(struct pc_entry4);
	const struct pc_node *leaf;
	unsigned nodes = 0, i, rule, cond, before = 0;
	const void *entry;

	do {
		leaf = image_span(t->image, at + nodes * sizeof(*leaf), sizeof(*leaf));
		if (!leaf || !leaf->leaf || ++nodes > PC_LEAF_NODES)
			return tap_fail("no leaf at %#x", at), false;
		if (!tap_check(leaf->mask <= PC_LEAF_ENTRIES) ||
		    !tap_check(!leaf->mask ||
		               leaf->base / PC_PAGE_SIZE ==
		                       (leaf->base + leaf->mask * size - 1) / PC_PAGE_SIZE))
			return false;
		for (i = 0; i < leaf->mask; i++) {
			entry = image_span(t->image, leaf->base + i * size, size);
			if (!entry)
				return tap_fail("no entry"), false;
			rule = t->six ? ((const struct pc_entry6 *)entry)->rule
			              : ((const struct pc_entry4 *)entry)->rule;
			cond = t->six ? ((const struct pc_entry6 *)entry)->cond
			              : ((const struct pc_entry4 *)entry)->cond;
			if (!tap_check(rule >= before) || !check_conds(t, cond))
				return false;
			before = rule;
		}
	} while (leaf->word == PC_LEAF_GOES_ON);
	return true;
}

static bool check_tree(const struct tree *t, uint32_t at, unsigned depth)
{
	const struct pc_node *node = image_span(t->image, at, sizeof(*node));
	unsigned i;

	if (!node)
		return tap_fail("no node at %#x", at), false;
	if (node->leaf)
		return check_leaves(t, at);
	if (!tap_check(depth < PC_TREE_DEPTH) ||
	    !tap_check(node->shift + __builtin_popcount(node->mask) <= 32) ||
	    !tap_check_int(node->base / PC_PAGE_SIZE,
	                   (node->base + node->mask * sizeof(*node)) / PC_PAGE_SIZE))
		return false;
	for (i = 0; i <= node->mask; i++)
		if (!check_tree(t, node->base + i * sizeof(*node), depth + 1))
			return false;
	return true;
}

static bool check_image(const struct image *image)
{
	const struct pc_image *header = image_header(image);
	unsigned forests = PC_DIRECTION_COUNT * PC_KIND_COUNT * 2, i, root;

	if (!tap_check(header))
		return false;
	for (i = 0; i < forests; i++) {
		enum pc_kind kind = i / 2 % PC_KIND_COUNT;
		const struct pc_side *side = &header->side[i / 2 / PC_KIND_COUNT];
		const struct pc_forest *f = i % 2 ? &side->counts[kind] : &side->verdicts[kind];
		struct tree t = { image, kind >= PC_KIND_IP6_TCP && kind <= PC_KIND_IP6_REST,
			          i % 2 };

		for (root = 0; root < PC_TREES && f->root[root]; root++)
			if (!check_tree(&t, f->root[root], 0) || !tap_check(!root || !t.ordered))
				return false;
	}
	return true;
}

static void random_policies(const struct manner *manner, size_t rules, unsigned policies,
                            unsigned packets)
{
	struct chance c = { 0x9e3779b97f4a7c15 + rules };

	tap_test("%u random policies of %zu rules of %s, %u packets each", policies, rules,
	         manner->name, packets);
	for (unsigned i = 0; i < policies; i++) {
		auto_policy struct policy policy = random_policy(&c, rules, manner->kinds);
		auto_image struct image image = { 0 };
		const char *why = NULL;
		int r = policy_compile(&policy, 1, &image, &why);

		tap_note("policy %u: %s", i, why ?: "compiled");
		if (!tap_check_int(r, 0) || !check_image(&image))
			return;
		for (unsigned j = 0; j < packets; j++) {
			struct packet p = random_packet(&c, &policy);

			tap_note("policy %u, packet %u", i, j);
			if (!agree(&policy, &image, &p, below(&c, 2)))
				return;
		}
	}
}

/* The same bytes each time. */
static void same_again(void)
{
	struct chance c = { 77 };
	auto_policy struct policy policy = random_policy(&c, 200, ~0u);
	auto_image struct image one = { 0 }, two = { 0 };
	const char *why = NULL;

	tap_test("the same policy gives the same image");
	tap_check_int(policy_compile(&policy, 1, &one, &why), 0);
	tap_check_int(policy_compile(&policy, 1, &two, &why), 0);
	tap_check_int(one.size, two.size);
	tap_check(one.size == two.size && !memcmp(one.bytes, two.bytes, one.size));
}

int main(void)
{
	static const struct manner manners[] = {
		{ "ports", 1 << MATCH_PORT },
		{ "addresses", 1 << MATCH_ADDR },
		{ "addresses and ports", 1 << MATCH_ADDR | 1 << MATCH_PORT | 1 << MATCH_TYPE },
		{ "sizes and sets", 1 << MATCH_LEN | 1 << MATCH_SET },
		{ "protocols", 1 << MATCH_PROTO | 1 << MATCH_TYPE | 1 << MATCH_ICMP_TYPE },
	};

	random_policies(&everything, 0, 1, 100);
	random_policies(&everything, 1, 300, 200);
	random_policies(&everything, 3, 300, 500);
	random_policies(&everything, 20, 50, 2000);
	random_policies(&everything, 100, 10, 2000);
	random_policies(&everything, 1000, 1, 2000);
	for (size_t i = 0; i < array_size(manners); i++) {
		random_policies(&manners[i], 50, 20, 1000);
		random_policies(&manners[i], 700, 1, 3000);
	}
	same_again();
	return tap_done();
}
