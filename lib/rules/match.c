/* SPDX-License-Identifier: GPL-2.0-only */
/* What one rule says of one packet: each primitive by itself, and in words what the packet has in
 * place of what is asked for. */
#include "lib/rules/match.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>

#include "lib/packet/words.h"
#include "lib/rules/prefix.h"

#define LISTED 4 /* what a list holds is said up to so many */

/* The answer to one primitive, before `not`. The words are "it is so, not as the rule says": `is`
 * alone is why a negated one fails. */
struct answer {
	bool holds;
	char is[128];
	char wants[256]; /* "": nothing to compare with what is not there */
};

__attribute__((format(printf, 2, 3))) static void is(struct answer *a, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(a->is, sizeof(a->is), format, args);
	va_end(args);
}

__attribute__((format(printf, 2, 3))) static void wants(struct answer *a, const char *format, ...)
{
	size_t len = strlen(a->wants);
	va_list args;

	va_start(args, format);
	vsnprintf(a->wants + len, sizeof(a->wants) - len, format, args);
	va_end(args);
}

/* --- numbers */

static bool in_ranges(const struct match *m, uint32_t value)
{
	for (size_t i = 0; i < m->n_ranges; i++) {
		if (value >= m->ranges[i].lo && value <= m->ranges[i].hi)
			return true;
	}
	return false;
}

static void wants_ranges(struct answer *a, const struct match *m)
{
	if (m->n_ranges > LISTED) {
		wants(a, "one of %zu", m->n_ranges);
		return;
	}
	for (size_t i = 0; i < m->n_ranges; i++) {
		const struct range *range = &m->ranges[i];

		wants(a, "%s%u", i ? " or " : "", range->lo);
		if (range->hi != range->lo)
			wants(a, "-%u", range->hi);
	}
}

/* A field the packet has or has not. */
static void number(struct answer *a, const struct match *m, const char *name, bool there,
                   uint32_t value)
{
	if (!there) {
		is(a, "it has no %s", name);
		return;
	}
	is(a, "%s is %u", name, value);
	a->holds = in_ranges(m, value);
	wants_ranges(a, m);
}

static void ports(struct answer *a, const struct match *m, const struct headers *h)
{
	if (m->side == SIDE_SRC) {
		number(a, m, "src port", h->has_ports, h->sport);
	} else if (m->side == SIDE_DST) {
		number(a, m, "dst port", h->has_ports, h->dport);
	} else if (!h->has_ports) {
		is(a, "it has no ports");
	} else {
		is(a, "ports are %u and %u", h->sport, h->dport);
		a->holds = in_ranges(m, h->sport) || in_ranges(m, h->dport);
		wants_ranges(a, m);
	}
}

static void vlan(struct answer *a, const struct match *m, const struct headers *h)
{
	if (!h->tags) {
		is(a, "it has no VLAN tag");
		return;
	}
	is(a, h->tags == 1 ? "vlan is %u" : "vlans are %u and %u", h->vlan[0], h->vlan[1]);
	for (unsigned i = 0; i < h->tags; i++)
		a->holds |= in_ranges(m, h->vlan[i]);
	a->holds |= !m->n_ranges;
	wants_ranges(a, m);
}

static void flags(struct answer *a, const struct match *m, const struct headers *h)
{
	char text[TCP_FLAGS_TEXT_SIZE];

	if (!h->has_flags) {
		is(a, "it has no TCP flags");
		return;
	}
	a->holds = (h->flags & m->flags_mask) == m->flags_value;
	is(a, "flags are %s", tcp_flags_text(h->flags, text));
	wants(a, "%s", tcp_flags_text(m->flags_value, text));
	wants(a, "/%s", tcp_flags_text(m->flags_mask, text));
}

/* --- protocols */

static bool is_type(enum type_word type, const struct headers *h)
{
	int protocol = h->family ? h->protocol : -1;

	switch (type) {
	case TYPE_IP:
		return h->has_ethertype && h->ethertype == ETH_P_IP;
	case TYPE_IP6:
		return h->has_ethertype && h->ethertype == ETH_P_IPV6;
	case TYPE_ARP:
		return h->has_ethertype && h->ethertype == ETH_P_ARP;
	case TYPE_TCP:
		return protocol == IPPROTO_TCP;
	case TYPE_UDP:
		return protocol == IPPROTO_UDP;
	case TYPE_SCTP:
		return protocol == IPPROTO_SCTP;
	case TYPE_ICMP:
		return protocol == IPPROTO_ICMP && h->family == 4;
	case TYPE_ICMP6:
		return protocol == IPPROTO_ICMPV6 && h->family == 6;
	default:
		return false;
	}
}

#define TYPE_NAME(id, word, ...) [TYPE_##id] = word,
static const char *const type_names[] = { TYPE_WORDS(TYPE_NAME) };

/* In words of the same layer: the last that fits is the one that says most. */
static void type(struct answer *a, const struct match *m, const struct headers *h)
{
	bool network = m->type <= TYPE_ARP;
	enum type_word word = network ? TYPE_ARP : TYPE_ICMP6;

	while (word > TYPE_IP && !is_type(word, h))
		word--;
	if (!network && word <= TYPE_ARP && h->family)
		is(a, "IP protocol is %u", h->protocol);
	else if (is_type(word, h))
		is(a, "it is %s", type_names[word]);
	else if (h->has_ethertype)
		is(a, "EtherType is 0x%04x", h->ethertype);
	else
		is(a, "its EtherType cannot be read");
	a->holds = is_type(m->type, h);
	wants(a, "%s", type_names[m->type]);
}

/* --- addresses */

/* An address of the packet as a prefix. */
static struct prefix address_of(const struct headers *h, const uint8_t *address)
{
	struct prefix p = { .family = h->family, .len = prefix_bits(h->family) };

	memcpy(p.addr, address, p.len / 8);
	return p;
}

static bool in_prefixes(const struct prefix *prefixes, size_t count, const struct prefix *address)
{
	for (size_t i = 0; i < count; i++) {
		if (prefix_contains(&prefixes[i], address))
			return true;
	}
	return false;
}

static void wants_prefixes(struct answer *a, const struct match *m)
{
	if (m->n_prefixes > LISTED) {
		wants(a, "in one of %zu", m->n_prefixes);
		return;
	}
	for (size_t i = 0; i < m->n_prefixes; i++) {
		const struct prefix *p = &m->prefixes[i];
		char text[PREFIX_TEXT_SIZE];

		wants(a, "%s%s%s", i ? " or " : "", p->len == prefix_bits(p->family) ? "" : "in ",
		      prefix_print(text, p));
	}
}

static void addresses(struct answer *a, const struct policy *policy, const struct match *m,
                      const struct headers *h)
{
	const struct set *set = m->kind == MATCH_SET ? &policy->sets[m->set] : NULL;
	const struct prefix *prefixes = set ? set->prefixes : m->prefixes;
	size_t count = set ? set->n_prefixes : m->n_prefixes;
	struct prefix src = address_of(h, h->src), dst = address_of(h, h->dst);
	char src_text[PREFIX_TEXT_SIZE], dst_text[PREFIX_TEXT_SIZE];

	if (!h->family) {
		is(a, "it has no IP address");
		return;
	}
	if (m->side != SIDE_DST)
		a->holds = in_prefixes(prefixes, count, &src);
	if (m->side != SIDE_SRC)
		a->holds |= in_prefixes(prefixes, count, &dst);
	prefix_print(src_text, &src);
	prefix_print(dst_text, &dst);
	if (m->side == SIDE_EITHER)
		is(a, "addresses are %s and %s", src_text, dst_text);
	else if (m->side == SIDE_SRC)
		is(a, "src is %s", src_text);
	else
		is(a, "dst is %s", dst_text);
	if (set)
		wants(a, "in @%s", set->name);
	else
		wants_prefixes(a, m);
}

/* --- rules */

/* ARP; RFC 4861, router and neighbour discovery. */
static bool finds_neighbours(const struct headers *h)
{
	return (h->has_ethertype && h->ethertype == ETH_P_ARP) ||
	       (h->family == 6 && h->protocol == IPPROTO_ICMPV6 && h->has_type && h->type >= 133 &&
	        h->type <= 136);
}

static void ask(struct answer *a, const struct policy *policy, const struct match *m,
                const struct match_packet *packet)
{
	const struct headers *h = &packet->headers;

	switch (m->kind) {
	case MATCH_TYPE:
		type(a, m, h);
		break;
	case MATCH_PROTO:
		number(a, m, "IP protocol", h->family, h->protocol);
		break;
	case MATCH_ADDR:
	case MATCH_SET:
		addresses(a, policy, m, h);
		break;
	case MATCH_PORT:
		ports(a, m, h);
		break;
	case MATCH_VLAN:
		vlan(a, m, h);
		break;
	case MATCH_FLAGS:
		flags(a, m, h);
		break;
	case MATCH_ICMP_TYPE:
		number(a, m, "ICMP type", h->has_type, h->type);
		break;
	case MATCH_LEN:
		number(a, m, "len", true, h->len);
		break;
	case MATCH_DSCP:
		number(a, m, "dscp", h->family, h->dscp);
		break;
	case MATCH_FRAGMENT:
		a->holds = h->fragment;
		is(a, h->fragment ? "it is a fragment" : "it is no fragment");
		break;
	case MATCH_ESTABLISHED:
		a->holds = packet->established || finds_neighbours(h);
		is(a, finds_neighbours(h)   ? "it finds neighbours"
		      : packet->established ? "a socket here has its connection"
		                            : "no socket here has its connection");
		break;
	}
}

bool match_rule(const struct policy *policy, const struct rule *rule,
                const struct match_packet *packet, char ret_why[static MATCH_WHY_SIZE])
{
	if (!(packet->direction == PC_IN ? rule->in : rule->out)) {
		snprintf(ret_why, MATCH_WHY_SIZE, "it goes %s",
		         packet->direction == PC_IN ? "in, not out" : "out, not in");
		return false;
	}
	for (size_t i = 0; i < rule->n_matches; i++) {
		const struct match *m = &rule->matches[i];
		struct answer a = { 0 };

		ask(&a, policy, m, packet);
		if (a.holds != m->negate)
			continue;
		snprintf(ret_why, MATCH_WHY_SIZE, m->negate || !*a.wants ? "%s" : "%s, not %s",
		         a.is, a.wants);
		return false;
	}
	return true;
}

size_t match_policy(const struct policy *policy, const struct match_packet *packet)
{
	char why[MATCH_WHY_SIZE];
	size_t i = 0;

	while (i < policy->n_rules && (policy->rules[i].action == PC_ACTION_COUNT ||
	                               !match_rule(policy, &policy->rules[i], packet, why)))
		i++;
	return i;
}
