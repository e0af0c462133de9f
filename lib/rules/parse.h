/* SPDX-License-Identifier: GPL-2.0-only */
/* Text to rules; reports every mistake, not the first. */
#ifndef LIB_RULES_PARSE_H
#define LIB_RULES_PARSE_H

#include <stddef.h>

#include "lib/rules/diag.h"
#include "lib/rules/rule.h"

#define RULES_MAX_SETS     256
#define RULES_MAX_MATCHES  64         /* of a rule */
#define RULES_MAX_LIST     65536      /* elements written out, of a rule or a set */
#define RULES_MAX_PREFIXES 1000000    /* of a set from a file, each counted once */
#define RULES_MAX_LINE     (1u << 22) /* bytes; the longest rule there can be fits */

/* All of these return 0 and fill what `ret_` points to; -EINVAL after every mistake has been added
 * to `diag`; or -ENOMEM. `file` is what messages call the text; the text needs no NUL at its end
 * and is not referred to afterwards. */

/* A policy. A set that comes from a file has its path, and no prefixes yet. With -EINVAL there is
 * what could be read all the same, so that the files of its sets can be looked at as well; it is to
 * be freed. */
int policy_parse(const char *file, const char *text, size_t len, struct policy *ret_policy,
                 struct diag *diag);

/* One rule, perhaps with a label, that may refer to the sets of `policy` and must not have a label
 * that is taken there. */
int rule_parse(const char *file, const char *text, size_t len, const struct policy *policy,
               struct rule *ret_rule, struct diag *diag);

/* The contents of a set: an address or a prefix a line, # comments. They replace its prefixes. */
int set_parse_file(const char *file, const char *text, size_t len, struct set *set,
                   struct diag *diag);

#endif
