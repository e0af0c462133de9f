/* SPDX-License-Identifier: GPL-2.0-only */
/* Lists of prefixes as they are passed around: networks that misbehave, by the million. */
#include "tests/model/feed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct prefix *feed_make(struct chance *c, size_t count, bool both)
{
	static const uint8_t lens4[] = { 32, 32, 32, 32, 24, 24, 22, 29 };
	static const uint8_t lens6[] = { 128, 128, 64, 64, 56, 48, 48, 32 };
	struct prefix *prefixes = calloc(count ?: 1, sizeof(*prefixes));

	for (size_t i = 0; prefixes && i < count; i++) {
		struct prefix *p = &prefixes[i];

		p->family = both && i % 2 ? 6 : 4;
		p->len = p->family == 4 ? one_of(c, lens4) : one_of(c, lens6);
		for (unsigned byte = 0; byte < 16u; byte++)
			p->addr[byte] = roll(c);
		p->addr[0] = p->family == 4 ? 11 + below(c, 100) : 0x20;
		if (p->family == 6) /* as few networks have most of them */
			p->addr[1] = p->addr[2] = 0;
		for (unsigned bit = p->len; bit < 128; bit++)
			p->addr[bit / 8] &= ~(128 >> bit % 8);
	}
	return prefixes;
}

static struct match *add_match(struct rule *rule, enum match_kind kind)
{
	rule->matches = calloc(1, sizeof(*rule->matches));
	rule->n_matches = rule->matches ? 1 : 0;
	if (rule->matches)
		rule->matches->kind = kind;
	return rule->matches;
}

int feed_policy(struct prefix *prefixes, size_t count, struct policy *ret_policy)
{
	struct policy p = { .sets = calloc(1, sizeof(*p.sets)),
		            .rules = calloc(1, sizeof(*p.rules)) };

	p.n_sets = p.sets ? 1 : 0;
	p.n_rules = p.rules ? 1 : 0;
	if (p.sets) {
		*p.sets = (struct set){ .name = "feed",
			                .file = strdup("feed.txt"),
			                .prefixes = prefixes,
			                .n_prefixes = count };
	}
	if (!p.sets || !p.sets->file || !p.rules || !add_match(p.rules, MATCH_SET)) {
		policy_free(&p);
		return -ENOMEM;
	}
	p.rules->action = PC_ACTION_DROP;
	p.rules->in = p.rules->out = true;
	*ret_policy = p;
	return 0;
}
