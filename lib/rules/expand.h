/* SPDX-License-Identifier: GPL-2.0-only */
/* A rule into the boxes and conditions that packets of one kind are compared with. */
#ifndef LIB_RULES_EXPAND_H
#define LIB_RULES_EXPAND_H

#include "lib/rules/ask.h"
#include "lib/rules/box.h"

/* The most boxes a rule may become for packets of one kind. */
#define EXPAND_MAX 256

/* What is used for one rule after the other. */
struct expander {
	struct ask ask;
	size_t most; /* boxes of a rule, up to EXPAND_MAX: lists that make more become conditions */
};

/* Gets ready for the rules of a policy. Returns 0 or -ENOMEM. */
int expand_init(struct expander *x, struct pool *pool, const struct policy *policy);
void expand_free(struct expander *x);

/* Appends the boxes of a rule for packets of this kind, none if it matches none of them. Returns 0,
 * -ENOMEM, -ENOSPC (the image is full), -E2BIG (it would be more than EXPAND_MAX, as each
 * `host` or `port` without `src` or `dst` doubles them) or -EOVERFLOW (more than PC_MAX_CONDS
 * conditions). */
int expand_rule(struct expander *x, size_t rule, enum pc_kind kind, struct boxes *boxes);

#endif
