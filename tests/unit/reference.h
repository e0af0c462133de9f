/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules read as they are written, one primitive after the other. */
#ifndef TESTS_UNIT_REFERENCE_H
#define TESTS_UNIT_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/rules/rule.h"

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

static inline bool in_ranges(int value, const struct range *ranges, size_t n)
{
	for (size_t i = 0; value >= 0 && i < n; i++)
		if ((uint32_t)value >= ranges[i].lo && (uint32_t)value <= ranges[i].hi)
			return true;
	return false;
}

static inline bool in_prefixes(const struct packet *p, unsigned side, const struct prefix *prefixes,
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

static inline bool type_holds(enum type_word type, const struct packet *p)
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

static inline bool side_holds(const struct policy *policy, const struct match *m,
                              const struct packet *p, unsigned side)
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

static inline bool vlan_holds(const struct match *m, const struct packet *p)
{
	bool any = !m->n_ranges && p->n_vlans;

	for (unsigned i = 0; i < p->n_vlans; i++)
		any |= in_ranges(p->vlan[i], m->ranges, m->n_ranges);
	return any;
}

static inline bool primitive_holds(const struct policy *policy, const struct match *m,
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

static inline bool rule_holds(const struct policy *policy, const struct rule *rule,
                              const struct packet *p, enum pc_direction direction)
{
	if (!(direction == PC_IN ? rule->in : rule->out))
		return false;
	for (size_t i = 0; i < rule->n_matches; i++)
		if (primitive_holds(policy, &rule->matches[i], p) == rule->matches[i].negate)
			return false;
	return true;
}

#endif
