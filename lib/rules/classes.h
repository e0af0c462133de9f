/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets sorted by what is asked of most of them: family and protocol. */
#ifndef LIB_RULES_CLASSES_H
#define LIB_RULES_CLASSES_H

#include <stdbool.h>

#include "lib/rules/rule.h"

/* A set of classes: each protocol of IPv4, then of IPv6, then the rest. A packet is in one. */
struct classes {
	uint64_t words[9];
};

/* Those with packets that `match` may be true for. It is true for all packets of them, and for no
 * others, if classes_are_exact(). */
struct classes classes_of(const struct match *match, const struct policy *policy);

static inline bool classes_are_exact(const struct match *match)
{
	return match->kind == MATCH_TYPE || match->kind == MATCH_PROTO;
}

/* Those with packets that all primitives of a rule may be true for. */
struct classes classes_of_rule(const struct rule *rule, const struct policy *policy);

/* Whether a class is in both; whether all of `inner` are in `outer`. */
bool classes_meet(const struct classes *a, const struct classes *b);
bool classes_contain(const struct classes *outer, const struct classes *inner);

#endif
