/* SPDX-License-Identifier: GPL-2.0-only */
/* Large rulesets as operators have them, after ClassBench's distributions: access lists of prefixes
 * and service ports, firewalls with many wildcards and port ranges, access lists of IPv6; one as
 * nobody has it, whose trees are as deep as can be; and packets for them. The same for the same
 * kind and number. */
#ifndef TESTS_MODEL_RULESET_H
#define TESTS_MODEL_RULESET_H

#include "lib/rules/rule.h"
#include "tests/model/chance.h"

enum ruleset_kind { RULESET_ACL, RULESET_FW, RULESET_ACL6, RULESET_NEST, RULESET_KINDS };

extern const char *const ruleset_names[RULESET_KINDS];

struct ruleset_rule {
	struct prefix src, dst; /* length 0: any, of both families */
	struct range sport, dport;
	int protocol; /* -1: any; ports are then */
};

/* The header of a packet. */
struct header {
	uint8_t family, protocol;
	uint8_t src[16], dst[16];
	uint16_t sport, dport;
};

/* What the last rule speaks of, and no rule before: UDP to this port. */
#define RULESET_LAST_PORT 53

/* The caller frees the `count` rules. NULL: no memory. */
struct ruleset_rule *ruleset_make(enum ruleset_kind kind, size_t count);

/* As many rules that drop what comes in; all else passes. policy_free() frees it. */
int ruleset_policy(const struct ruleset_rule *rules, size_t count, struct policy *ret_policy);

/* A header that one of the rules speaks of. */
struct header ruleset_header(struct chance *c, const struct ruleset_rule *rules, size_t count);

/* The header that only the last rule speaks of. */
struct header ruleset_last_header(enum ruleset_kind kind);

/* The smallest packet with that header, without checksums. Returns its bytes, HEADER_FRAME_MAX at
 * most. */
#define HEADER_FRAME_MAX 96
size_t header_frame(const struct header *h, uint8_t ret_frame[static HEADER_FRAME_MAX]);

#endif
