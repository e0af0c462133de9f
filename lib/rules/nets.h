/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of addresses of one family, as prefixes in ascending order that do not overlap. */
#ifndef LIB_RULES_NETS_H
#define LIB_RULES_NETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/rules/rule.h"

/* Words in host order; IPv4 in the first, the rest 0. */
struct net {
	uint32_t addr[4];
	uint32_t len; /* bits */
};

struct nets {
	struct net *at;
	size_t n, room;
};

void nets_free(struct nets *nets);

static inline void cleanup_nets(struct nets *nets)
{
	nets_free(nets);
}
#define auto_nets __attribute__((cleanup(cleanup_nets)))

/* The bits of word `i` that a prefix of `len` bits fixes. */
static inline uint32_t net_mask(uint32_t len, unsigned i)
{
	return len >= 32 * (i + 1) ? ~0u : len <= 32 * i ? 0 : ~0u << (32 * (i + 1) - len);
}

/* All addresses. Returns 0 or -ENOMEM, as all of these. */
int nets_all(struct nets *nets);

/* Sets `to` to the addresses in those of the prefixes, in any order, that are of the family, with
 * as few prefixes as can be. */
int nets_set(struct nets *to, const struct prefix *from, size_t n, uint8_t family);

/* Leaves in `nets` what is in `with` too. `spare` is overwritten. */
int nets_intersect(struct nets *nets, const struct nets *with, struct nets *spare);

static inline bool nets_are_all(const struct nets *nets)
{
	return nets->n == 1 && nets->at[0].len == 0;
}

#endif
