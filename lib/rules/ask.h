/* SPDX-License-Identifier: GPL-2.0-only */
/* What the matches of a rule, taken together, ask of a packet of one kind: which values of the
 * words trees are cut by, and what else. */
#ifndef LIB_RULES_ASK_H
#define LIB_RULES_ASK_H

#include "lib/rules/nets.h"
#include "lib/rules/pool.h"
#include "lib/rules/numbers.h"

/* What all packets of a kind have in common. */
struct kind {
	uint8_t family; /* 0: not IP */
	int proto;      /* -1: any */
};
const struct kind *kind_of(enum pc_kind kind);

/* The fields that all packets of a kind have, so that what is asked of them in several matches can
 * be put together. */
enum ask_field { ASK_SPORT, ASK_DPORT, ASK_PROTO, ASK_LEN, ASK_DSCP, ASK_FIELDS };

extern const struct ask_known {
	enum pc_field field;
	uint32_t max;
} ask_known[ASK_FIELDS];

struct ask {
	struct pool *pool;
	const struct policy *policy;
	uint32_t *tables[2]; /* of each set, by family: address; 0: not built yet */
	struct numbers fields[ASK_FIELDS];
	struct nets nets[2]; /* source, destination */
	struct pc_cond conds[PC_MAX_CONDS];
	size_t n_conds;
	struct numbers one, spare; /* scratch */
	struct nets one_net, spare_net;
};

/* Forgets what was asked. */
int ask_reset(struct ask *ask);

/* Asks for what a match says; `side` is not SIDE_EITHER unless it is negated or has no sides.
 * Returns 1, 0 (no packet of the kind matches), -ENOMEM, -ENOSPC or -EOVERFLOW. */
int ask_match(struct ask *ask, const struct match *match, enum side side, const struct kind *kind);

/* Makes a condition of a field, or of the addresses of a side (0 source, 1 destination), and leaves
 * them open otherwise. Returns as ask_match(), but not 0. */
int ask_field_as_cond(struct ask *ask, enum ask_field field);
int ask_nets_as_cond(struct ask *ask, unsigned side, uint8_t family);

#endif
