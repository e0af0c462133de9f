/* SPDX-License-Identifier: GPL-2.0-only */
/* How policies and rules look: the JSON keys and the columns, in one place. */
#ifndef NETCTL_RULES_VIEW_H
#define NETCTL_RULES_VIEW_H

#include "lib/base/json.h"
#include "lib/kern/commit.h"
#include "lib/kern/pins.h"
#include "lib/rules/diag.h"

/* An element of "interfaces": which policy is in force. NULL when memory ran out. */
json_t *rules_view_summary(const struct pins *pins, const struct commit_brief *brief);

/* The same with its rules and what they matched. */
json_t *rules_view_json(const struct pins *pins, const struct commit_state *state,
                        const struct pc_counter *counts);
void rules_view_text(const struct pins *pins, const struct commit_state *state,
                     const struct pc_counter *counts);

/* What is wrong in a policy: {"errors":[...],"warnings":[...]}. */
json_t *rules_view_diag(const struct diag *diag);

#endif
