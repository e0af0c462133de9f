/* SPDX-License-Identifier: GPL-2.0-only */
/* Policies nobody thought of: every action and match, negated, in lists, of both families. */
#ifndef TESTS_MODEL_POLICIES_H
#define TESTS_MODEL_POLICIES_H

#include "lib/rules/rule.h"
#include "tests/model/chance.h"
#include "tests/model/reference.h"

/* The burst of a rule that limits is all that passes: its rate is one packet in so many seconds. */
#define POLICY_PERIOD 3600

/* Up to `most` rules. Addresses, ports and sizes come from a small world, so that rules overlap and
 * packets from random_frame() meet them. The caller frees *ret_policy with policy_free(). */
void random_policy(struct chance *c, size_t most, struct policy *ret_policy);

/* An address of that world: 4 or 16 bytes. */
void random_address(struct chance *c, unsigned family, uint8_t *ret_address);
unsigned random_port(struct chance *c);

#endif
