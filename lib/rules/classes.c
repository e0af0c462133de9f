/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets sorted by what is asked of most of them: family and protocol. */
#include "lib/rules/classes.h"

#include <netinet/in.h>

#define WORDS (sizeof(((struct classes *)0)->words) / sizeof(uint64_t))

/* IP packets whose protocol cannot be read are of a class of their own. */
enum { IP4_FIRST = 0, IP6_FIRST = 256, IP4_UNKNOWN = 512, IP6_UNKNOWN, ARP, OTHER, CLASS_COUNT };
_Static_assert(CLASS_COUNT <= 64 * WORDS, "every class has its bit");

static void add(struct classes *classes, unsigned from, unsigned to)
{
	for (unsigned i = from / 64; i <= to / 64; i++) {
		unsigned first = i == from / 64 ? from % 64 : 0, last = i == to / 64 ? to % 64 : 63;

		classes->words[i] |= ~0ull << first & ~0ull >> (63 - last);
	}
}

static void add_ip4(struct classes *classes)
{
	add(classes, IP4_FIRST, IP4_FIRST + 255);
	add(classes, IP4_UNKNOWN, IP4_UNKNOWN);
}

static void add_ip6(struct classes *classes)
{
	add(classes, IP6_FIRST, IP6_FIRST + 255);
	add(classes, IP6_UNKNOWN, IP6_UNKNOWN);
}

static void add_protocols(struct classes *classes, unsigned from, unsigned to)
{
	add(classes, IP4_FIRST + from, IP4_FIRST + to);
	add(classes, IP6_FIRST + from, IP6_FIRST + to);
}

static void add_type(struct classes *classes, enum type_word type)
{
	static const int protocols[TYPE_COUNT] = {
		[TYPE_TCP] = IPPROTO_TCP,
		[TYPE_UDP] = IPPROTO_UDP,
		[TYPE_SCTP] = IPPROTO_SCTP,
	};

	switch (type) {
	case TYPE_IP:
		return add_ip4(classes);
	case TYPE_IP6:
		return add_ip6(classes);
	case TYPE_ARP:
		return add(classes, ARP, ARP);
	case TYPE_ICMP:
		return add(classes, IP4_FIRST + IPPROTO_ICMP, IP4_FIRST + IPPROTO_ICMP);
	case TYPE_ICMP6:
		return add(classes, IP6_FIRST + IPPROTO_ICMPV6, IP6_FIRST + IPPROTO_ICMPV6);
	default:
		return add_protocols(classes, protocols[type], protocols[type]);
	}
}

static void add_families(struct classes *classes, const struct prefix *prefixes, size_t n)
{
	/* In their order the first is IPv4 if one is, the last IPv6. */
	if (n && prefixes[0].family == 4)
		add_ip4(classes);
	if (n && prefixes[n - 1].family == 6)
		add_ip6(classes);
}

static void add_match(struct classes *classes, const struct match *match,
                      const struct policy *policy)
{
	switch (match->kind) {
	case MATCH_TYPE:
		return add_type(classes, match->type);
	case MATCH_PROTO:
		for (size_t i = 0; i < match->n_ranges; i++)
			add_protocols(classes, match->ranges[i].lo, match->ranges[i].hi);
		return;
	case MATCH_ADDR:
		return add_families(classes, match->prefixes, match->n_prefixes);
	case MATCH_SET:
		if (!policy->sets[match->set].file)
			return add_families(classes, policy->sets[match->set].prefixes,
			                    policy->sets[match->set].n_prefixes);
		add_ip4(classes);
		return add_ip6(classes);
	case MATCH_DSCP:
	case MATCH_FRAGMENT:
		add_ip4(classes);
		return add_ip6(classes);
	case MATCH_PORT:
		add_type(classes, TYPE_SCTP);
		add_type(classes, TYPE_UDP);
		return add_type(classes, TYPE_TCP);
	case MATCH_ESTABLISHED:
		add_type(classes, TYPE_ARP);
		add_type(classes, TYPE_ICMP6);
		add_type(classes, TYPE_UDP);
		return add_type(classes, TYPE_TCP);
	case MATCH_FLAGS:
		return add_type(classes, TYPE_TCP);
	case MATCH_ICMP_TYPE:
		add_type(classes, TYPE_ICMP);
		return add_type(classes, TYPE_ICMP6);
	default:
		return add(classes, 0, CLASS_COUNT - 1);
	}
}

struct classes classes_of(const struct match *match, const struct policy *policy)
{
	struct classes classes = { 0 }, all = { 0 };

	add(&all, 0, CLASS_COUNT - 1);
	/* Packets of any class may be without what was asked for. */
	if (match->negate && !classes_are_exact(match))
		return all;
	add_match(&classes, match, policy);
	for (size_t i = 0; match->negate && i < WORDS; i++)
		classes.words[i] = all.words[i] & ~classes.words[i];
	return classes;
}

struct classes classes_of_rule(const struct rule *rule, const struct policy *policy)
{
	struct classes classes = { 0 };

	add(&classes, 0, CLASS_COUNT - 1);
	for (size_t m = 0; m < rule->n_matches; m++) {
		struct classes some = classes_of(&rule->matches[m], policy);

		for (size_t i = 0; i < WORDS; i++)
			classes.words[i] &= some.words[i];
	}
	return classes;
}

bool classes_meet(const struct classes *a, const struct classes *b)
{
	for (size_t i = 0; i < WORDS; i++) {
		if (a->words[i] & b->words[i])
			return true;
	}
	return false;
}

bool classes_contain(const struct classes *outer, const struct classes *inner)
{
	for (size_t i = 0; i < WORDS; i++) {
		if (inner->words[i] & ~outer->words[i])
			return false;
	}
	return true;
}
