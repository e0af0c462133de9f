/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets that are alike but for 16 bits of one field, and policies of which those decide. */
#include "tests/model/sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/rules/policy.h"
#include "tests/model/ruleset.h"

#define FILLING 200 /* other rules: a policy that is worth remembering for */

/* Ethernet has 14 bytes; the addresses of IPv4 are 12 bytes into it, those of IPv6 8. */
const struct sweep sweeps[SWEEPS] = {
	{ "IPv4 source", 4, 28, MATCH_ADDR, SIDE_SRC },
	{ "IPv4 destination", 4, 32, MATCH_ADDR, SIDE_DST },
	{ "IPv4 source port", 4, 34, MATCH_PORT, SIDE_SRC },
	{ "IPv4 destination port", 4, 36, MATCH_PORT, SIDE_DST },
	{ "IPv6 source, second word", 6, 28, MATCH_ADDR, SIDE_SRC },
	{ "IPv6 source, last word", 6, 36, MATCH_ADDR, SIDE_SRC },
	{ "IPv6 destination, first word", 6, 40, MATCH_ADDR, SIDE_DST },
	{ "IPv6 destination, third word", 6, 48, MATCH_ADDR, SIDE_DST },
	{ "IPv6 source port", 6, 54, MATCH_PORT, SIDE_SRC },
	{ "IPv6 destination port", 6, 56, MATCH_PORT, SIDE_DST },
};

void sweep_frame(const struct sweep *s, unsigned protocol, uint16_t value, struct frame *ret_frame)
{
	struct header h = ruleset_last_header(s->family == 4 ? RULESET_ACL : RULESET_ACL6);

	h.protocol = protocol;
	h.dport++; /* or all of it would be dropped */
	*ret_frame = (struct frame){ .tag = UNKNOWN };
	ret_frame->len = header_frame(&h, ret_frame->bytes);
	ret_frame->bytes[s->offset] = value >> 8;
	ret_frame->bytes[s->offset + 1] = value;
}

static struct prefix prefix_up_to(const struct sweep *s, unsigned byte)
{
	unsigned start = 14 + (s->family == 4 ? 12 : 8), size = s->family == 4 ? 4 : 16;
	struct prefix p = { .family = s->family };
	struct frame f;

	if (s->side == SIDE_DST)
		start += size;
	sweep_frame(s, 17, byte << 8, &f);
	p.len = 8 * (s->offset + 1 - start);
	memcpy(p.addr, f.bytes + start, p.len / 8);
	return p;
}

static int add_rule(const struct sweep *s, unsigned byte, struct policy *policy)
{
	auto_rule struct rule rule = { .action = PC_ACTION_DROP, .in = true, .n_matches = 2 };
	struct match *m = rule.matches = calloc(2, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m[0] = (struct match){ .kind = MATCH_TYPE, .type = TYPE_UDP };
	m[1] = (struct match){ .kind = s->kind, .side = s->side, .is_net = true };
	m[1].prefixes = malloc(sizeof(*m->prefixes));
	m[1].ranges = malloc(sizeof(*m->ranges));
	if (!m[1].prefixes || !m[1].ranges)
		return -ENOMEM;
	if (s->kind == MATCH_ADDR)
		m[1].prefixes[m[1].n_prefixes++] = prefix_up_to(s, byte);
	else
		m[1].ranges[m[1].n_ranges++] = (struct range){ byte << 8, byte << 8 | 255 };
	return policy_insert(policy, policy->n_rules, &rule);
}

int sweep_policy(const struct sweep *s, struct policy *ret_policy)
{
	enum ruleset_kind kind = s->family == 4 ? RULESET_ACL : RULESET_ACL6;
	auto_free struct ruleset_rule *rules = ruleset_make(kind, FILLING);
	auto_policy struct policy policy = { 0 };
	int r = rules ? ruleset_policy(rules, FILLING, &policy) : -ENOMEM;

	for (unsigned byte = 0; !r && byte < 256; byte += 2)
		r = add_rule(s, byte, &policy);
	if (r)
		return r;
	*ret_policy = policy;
	policy = (struct policy){ 0 };
	return 0;
}
