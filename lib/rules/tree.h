/* SPDX-License-Identifier: GPL-2.0-only */
/* Boxes into the trees that packets walk. */
#ifndef LIB_RULES_TREE_H
#define LIB_RULES_TREE_H

#include "lib/rules/box.h"
#include "lib/rules/pool.h"

/* Up to this many entries stand in one leaf without a tree. */
#define TREE_SMALL 16

struct tree_plan {
	uint8_t family; /* 6: entries of IPv6; else of IPv4 */
	bool counts;    /* of rules that count: none of them hides those behind it */
};

/* Puts a forest of these boxes, which are in the order of their rules, into the image. Returns 0,
 * -ENOMEM, -ENOSPC when the image is full, or -E2BIG: too many rules that no address, port or
 * protocol tells apart. */
int tree_forest(struct pool *pool, const struct tree_plan *plan, const struct boxes *boxes,
                struct pc_forest *ret_forest);

#endif
