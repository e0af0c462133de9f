/* SPDX-License-Identifier: GPL-2.0-only */
/* What follows from a rule: whether it can match at all, and whether another matches then, too. */
#include "lib/rules/implies.h"

#include "lib/rules/prefix.h"

/* Sets with more are compared by their name alone. */
#define MAX_COMPARED 1024

const struct prefix *match_prefixes(const struct match *match, const struct policy *policy,
                                    size_t *ret_n)
{
	const struct set *set = match->kind == MATCH_SET ? &policy->sets[match->set] : NULL;

	*ret_n = set ? set->n_prefixes : match->n_prefixes;
	if (!set)
		return match->kind == MATCH_ADDR ? match->prefixes : NULL;
	return set->file || set->n_prefixes > MAX_COMPARED ? NULL : set->prefixes;
}

static bool is_of_addresses(const struct match *match)
{
	return match->kind == MATCH_ADDR || match->kind == MATCH_SET;
}

static bool addresses_imply(const struct match *given, const struct match *asked,
                            const struct policy *policy)
{
	size_t n_given, n_asked;
	const struct prefix *these = match_prefixes(given, policy, &n_given);
	const struct prefix *those = match_prefixes(asked, policy, &n_asked);

	if (given->kind == MATCH_SET && asked->kind == MATCH_SET && given->set == asked->set)
		return true;
	return these && those && prefixes_contain(those, n_asked, these, n_given);
}

/* Whether `asked` is true where `given` is, their negations aside. */
static bool implies_plain(const struct match *given, const struct match *asked,
                          const struct policy *policy)
{
	if (asked->side != SIDE_EITHER && asked->side != given->side)
		return false;
	if (is_of_addresses(given) && is_of_addresses(asked))
		return addresses_imply(given, asked, policy);
	if (given->kind != asked->kind)
		return false;
	switch (given->kind) {
	case MATCH_TYPE:
		return given->type == asked->type;
	case MATCH_FLAGS:
		return !(asked->flags_mask & ~given->flags_mask) &&
		       (given->flags_value & asked->flags_mask) == asked->flags_value;
	case MATCH_VLAN:
		/* Without ranges it is any tag. */
		if (!asked->n_ranges || !given->n_ranges)
			return !asked->n_ranges;
		break;
	default:
		break;
	}
	return ranges_contain(asked->ranges, asked->n_ranges, given->ranges, given->n_ranges);
}

/* Whether not both are true of any packet, their negations aside, for what a packet has one of. */
static bool excludes_plain(const struct match *a, const struct match *b,
                           const struct policy *policy)
{
	const struct prefix *these, *those;
	size_t n_these, n_those;

	if (a->side != b->side)
		return false;
	if (is_of_addresses(a) && is_of_addresses(b)) {
		these = match_prefixes(a, policy, &n_these);
		those = match_prefixes(b, policy, &n_those);
		return a->side != SIDE_EITHER && these && those &&
		       !prefixes_meet(these, n_these, those, n_those);
	}
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case MATCH_FLAGS:
		return (a->flags_value ^ b->flags_value) & a->flags_mask & b->flags_mask;
	case MATCH_PORT:
		return a->side != SIDE_EITHER &&
		       !ranges_meet(a->ranges, a->n_ranges, b->ranges, b->n_ranges);
	case MATCH_ICMP_TYPE:
	case MATCH_LEN:
	case MATCH_DSCP:
		return !ranges_meet(a->ranges, a->n_ranges, b->ranges, b->n_ranges);
	default:
		return false;
	}
}

bool matches_exclude(const struct match *a, const struct match *b, const struct policy *policy)
{
	struct classes of_a = classes_of(a, policy), of_b = classes_of(b, policy);

	if (!classes_meet(&of_a, &of_b))
		return true;
	if (a->negate && b->negate)
		return false;
	if (a->negate)
		return implies_plain(b, a, policy);
	if (b->negate)
		return implies_plain(a, b, policy);
	return excludes_plain(a, b, policy);
}

static bool implies(const struct match *given, const struct match *asked,
                    const struct policy *policy)
{
	if (given->negate)
		return asked->negate && implies_plain(asked, given, policy);
	if (asked->negate)
		return excludes_plain(given, asked, policy);
	return implies_plain(given, asked, policy);
}

/* Whether all packets of these classes are such that `asked` is true, which is not of a rule's
 * other primitives. */
static bool classes_imply(const struct classes *classes, const struct match *asked,
                          const struct policy *policy)
{
	struct match plain = *asked;
	struct classes of_asked;

	if (classes_are_exact(asked)) {
		of_asked = classes_of(asked, policy);
		return classes_contain(&of_asked, classes);
	}
	if (!asked->negate)
		return false;
	plain.negate = false;
	of_asked = classes_of(&plain, policy);
	return !classes_meet(&of_asked, classes);
}

bool rule_covers(const struct rule *outer, const struct rule *inner, const struct classes *classes,
                 const struct policy *policy)
{
	if ((inner->in && !outer->in) || (inner->out && !outer->out))
		return false;
	for (size_t i = 0; i < outer->n_matches; i++) {
		const struct match *asked = &outer->matches[i];
		bool follows = false;

		for (size_t k = 0; k < inner->n_matches && !follows; k++)
			follows = implies(&inner->matches[k], asked, policy);
		if (!follows && !classes_imply(classes, asked, policy))
			return false;
	}
	return true;
}
