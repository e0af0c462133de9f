/* SPDX-License-Identifier: GPL-2.0-only */
/* What one rule says of one packet, found out rule by rule in user space: not to decide, as the
 * data plane does, but to say why it decided so. */
#ifndef LIB_RULES_MATCH_H
#define LIB_RULES_MATCH_H

#include "lib/packet/dissect.h"
#include "lib/rules/rule.h"

/* A packet as rules see it. */
struct match_packet {
	struct headers headers;
	enum pc_direction direction;
	bool established; /* a socket of this host has its connection */
};

#define MATCH_WHY_SIZE 400

/* Whether the rule matches; if not, in *ret_why the first thing it asks for that the packet lacks:
 * "dst port is 80, not 22". */
bool match_rule(const struct policy *policy, const struct rule *rule,
                const struct match_packet *packet, char ret_why[static MATCH_WHY_SIZE]);

/* The index of the rule that decides, the first that matches and does not merely count; n_rules:
 * the default does. */
size_t match_policy(const struct policy *policy, const struct match_packet *packet);

#endif
