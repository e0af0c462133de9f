/* SPDX-License-Identifier: GPL-2.0-only */
/* What parses may still be nonsense: rules that never match, are never reached, or say it twice. */
#ifndef LIB_RULES_CHECK_H
#define LIB_RULES_CHECK_H

#include "lib/rules/diag.h"
#include "lib/rules/rule.h"

/* Adds warnings, never errors. What it claims is so; what it does not notice may be so as well.
 * `file` is what messages call the text that the places in `policy` are in. */
void policy_check(const struct policy *policy, const char *file, struct diag *diag);

#endif
