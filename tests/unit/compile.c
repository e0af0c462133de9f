/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/rules/compile.c and what it is made of: images of random policies, walked with random
 * packets, against rules read one after the other. */
#include <stdint.h>
#include <stdlib.h>

#include "lib/base/cleanup.h"
#include "lib/rules/compile.h"
#include "lib/rules/policy.h"
#include "tests/model/chance.h"
#include "tests/tap.h"
#include "tests/unit/lookup.h"
#include "tests/unit/reference.h"
#include "tests/unit/sound.h"

#define array_size(a) (sizeof(a) / sizeof(*(a)))

/* --- packets */

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
	long decided = image_lookup(image, direction, &probe, counted, &n_counted);
	long few = few_lookup(image, direction, &probe);

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
	       (few == -2 || tap_check_int(few, decided)) && tap_check_int(n_counted, n);
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

/* --- images */

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
