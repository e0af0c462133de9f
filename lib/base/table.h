/* SPDX-License-Identifier: GPL-2.0-only */
/* Rows of cells, printed in columns as wide as they need to be. */
#ifndef LIB_BASE_TABLE_H
#define LIB_BASE_TABLE_H

#include <stdio.h>

struct table;

/* `columns` has a letter for each column: l left, r right aligned. NULL: no memory. */
struct table *table_new(const char *columns);
void table_free(struct table *t);

/* Adds the next cell; after the last of a row comes the first of the next. */
void table_cell(struct table *t, const char *text, ...) __attribute__((format(printf, 2, 3)));

/* Prints all rows, each after `indent`, with two spaces between columns and none at the end. */
void table_print(const struct table *t, const char *indent, FILE *to);

static inline void cleanup_table(struct table **t)
{
	table_free(*t);
}
#define auto_table __attribute__((cleanup(cleanup_table)))

#endif
