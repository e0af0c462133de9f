/* SPDX-License-Identifier: GPL-2.0-only */
/* The reference's rules: each match as lib/rules/rule.h describes it, one after the other. */
#include "tests/model/reference.h"

#include <stdlib.h>
#include <string.h>

/* --- addresses */

static bool prefix_has(const struct prefix *p, int family, const uint8_t *address)
{
	for (unsigned bit = 0; bit < p->len; bit++) {
		unsigned mask = 128 >> bit % 8;

		if ((p->addr[bit / 8] ^ address[bit / 8]) & mask)
			return false;
	}
	return p->family == family;
}

static bool list_has(const struct match *m, const struct facts *f, const uint8_t *address)
{
	for (size_t i = 0; i < m->n_prefixes; i++) {
		if (prefix_has(&m->prefixes[i], f->family, address))
			return true;
	}
	return false;
}

static int prefix_order(const void *a, const void *b)
{
	const struct prefix *x = a, *y = b;

	if (x->family != y->family)
		return x->family - y->family;
	return x->len != y->len ? x->len - y->len : memcmp(x->addr, y->addr, sizeof(x->addr));
}

void reference_prepare(struct policy *policy)
{
	for (size_t i = 0; i < policy->n_sets; i++) {
		struct set *s = &policy->sets[i];

		if (s->n_prefixes)
			qsort(s->prefixes, s->n_prefixes, sizeof(*s->prefixes), prefix_order);
	}
}

/* A set may have a million: asked once for every length that its prefixes can have. */
static bool set_has(const struct set *s, const struct facts *f, const uint8_t *address)
{
	int bits = f->family == 4 ? 32 : 128;

	for (int len = 0; len <= bits && s->n_prefixes; len++) {
		struct prefix wanted = { .family = f->family, .len = len };

		memcpy(wanted.addr, address, len / 8);
		if (len % 8)
			wanted.addr[len / 8] = address[len / 8] & ~(255 >> len % 8);
		if (bsearch(&wanted, s->prefixes, s->n_prefixes, sizeof(wanted), prefix_order))
			return true;
	}
	return false;
}

static bool address_matches(const struct policy *policy, const struct match *m,
                            const struct facts *f)
{
	const uint8_t *const sides[] = { f->src, f->dst };

	for (int i = 0; i < 2 && f->family; i++) {
		if (m->side == (i ? SIDE_SRC : SIDE_DST))
			continue;
		if (m->kind == MATCH_SET ? set_has(&policy->sets[m->set], f, sides[i])
		                         : list_has(m, f, sides[i]))
			return true;
	}
	return false;
}

/* --- numbers */

static bool in_ranges(const struct match *m, long long value)
{
	for (size_t i = 0; i < m->n_ranges; i++) {
		if (value >= m->ranges[i].lo && value <= m->ranges[i].hi)
			return true;
	}
	return false;
}

static bool port_matches(const struct match *m, const struct facts *f)
{
	if (m->side != SIDE_DST && in_ranges(m, f->sport))
		return true;
	return m->side != SIDE_SRC && in_ranges(m, f->dport);
}

static bool vlan_matches(const struct match *m, const struct facts *f)
{
	if (!m->n_ranges)
		return f->n_vlans > 0;
	for (size_t i = 0; i < f->n_vlans; i++) {
		if (in_ranges(m, f->vlans[i]))
			return true;
	}
	return false;
}

static bool type_matches(enum type_word type, const struct facts *f)
{
	switch (type) {
	case TYPE_IP:
		return f->ethertype == 0x0800;
	case TYPE_IP6:
		return f->ethertype == 0x86dd;
	case TYPE_ARP:
		return f->ethertype == 0x0806;
	case TYPE_TCP:
		return f->protocol == 6;
	case TYPE_UDP:
		return f->protocol == 17;
	case TYPE_SCTP:
		return f->protocol == 132;
	case TYPE_ICMP:
		return f->family == 4 && f->protocol == 1;
	case TYPE_ICMP6:
		return f->family == 6 && f->protocol == 58;
	default:
		abort();
	}
}

/* --- rules */

static bool match_holds(const struct policy *policy, const struct match *m, const struct facts *f)
{
	switch (m->kind) {
	case MATCH_TYPE:
		return type_matches(m->type, f);
	case MATCH_PROTO:
		return in_ranges(m, f->protocol);
	case MATCH_ADDR:
	case MATCH_SET:
		return address_matches(policy, m, f);
	case MATCH_PORT:
		return port_matches(m, f);
	case MATCH_VLAN:
		return vlan_matches(m, f);
	case MATCH_FLAGS:
		return f->flags != UNKNOWN && (f->flags & m->flags_mask) == m->flags_value;
	case MATCH_ICMP_TYPE:
		return in_ranges(m, f->icmp_type);
	case MATCH_LEN:
		return in_ranges(m, f->size);
	case MATCH_DSCP:
		return in_ranges(m, f->dscp);
	case MATCH_FRAGMENT:
		return f->fragment;
	case MATCH_ESTABLISHED:
		return f->established;
	default:
		abort();
	}
}

bool reference_matches(const struct policy *policy, const struct rule *rule, const struct facts *f)
{
	if (!(f->way == PC_IN ? rule->in : rule->out))
		return false;
	for (size_t i = 0; i < rule->n_matches; i++) {
		if (match_holds(policy, &rule->matches[i], f) == rule->matches[i].negate)
			return false;
	}
	return true;
}

int reference_decide(const struct policy *policy, const struct facts *f, uint16_t *ret_counts,
                     size_t *ret_n_counts)
{
	*ret_n_counts = 0;
	for (size_t i = 0; i < policy->n_rules; i++) {
		const struct rule *rule = &policy->rules[i];

		if (!reference_matches(policy, rule, f))
			continue;
		if (rule->action != PC_ACTION_COUNT)
			return i;
		ret_counts[(*ret_n_counts)++] = i;
	}
	return -1;
}
