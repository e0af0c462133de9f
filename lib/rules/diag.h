/* SPDX-License-Identifier: GPL-2.0-only */
/* What is wrong in the user's text, and where. */
#ifndef LIB_RULES_DIAG_H
#define LIB_RULES_DIAG_H

#include <stddef.h>
#include <stdio.h>

#include "lib/rules/rule.h"

#define DIAG_KEPT 100 /* of the rest only the number is known */

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

struct diag_item {
	enum severity severity;
	char *file;
	struct place at;
	size_t length;   /* bytes of what is meant, from `at` on */
	char *message;   /* one line, fit for a terminal */
	char *source;    /* what there is to see of the line, fit for a terminal; NULL: nothing */
	char *underline; /* stands below `source` */
};

/* Begins as { 0 }. */
struct diag {
	struct diag_item items[DIAG_KEPT];
	size_t n_items;
	size_t errors, warnings; /* all of them */
};

/* Where something is: the line of text it stands in begins at `line` (NULL: not known). */
struct spot {
	const char *file;
	struct place at;
	size_t length;
	const char *line;
	size_t line_len;
};

/* Adds one. Without memory it is counted and not kept. */
void diag_add(struct diag *diag, enum severity severity, const struct spot *spot,
              const char *message, ...) __attribute__((format(printf, 4, 5)));

/* Puts the items from `first` on into the order of their places. */
void diag_sort(struct diag *diag, size_t first);

/* As compilers have it: FILE:LINE:COLUMN: error: message, the line, a caret. */
void diag_write(const struct diag *diag, FILE *to);

/* The same as one string, to be freed; NULL: no memory. */
char *diag_text(const struct diag *diag);

/* Lets go of what it holds, and leaves an empty one. */
void diag_free(struct diag *diag);
#define auto_diag __attribute__((cleanup(diag_free)))

#endif
