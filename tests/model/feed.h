/* SPDX-License-Identifier: GPL-2.0-only */
/* Lists of prefixes as they are passed around: networks that misbehave, by the million. */
#ifndef TESTS_MODEL_FEED_H
#define TESTS_MODEL_FEED_H

#include "lib/rules/rule.h"
#include "tests/model/chance.h"

/* So many prefixes, every second one of IPv6 if `both`. The caller frees them; NULL: no memory. */
struct prefix *feed_make(struct chance *c, size_t count, bool both);

/* A policy with one set that comes from a file and has these prefixes, which it takes over, and of
 * one rule: what comes from or goes to there is dropped. policy_free() frees it. */
int feed_policy(struct prefix *prefixes, size_t count, struct policy *ret_policy);

#endif
