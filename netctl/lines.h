/* SPDX-License-Identifier: GPL-2.0-only */
/* A stream of events, each a line: columns under a heading, or JSON. A fact is said once and comes
 * out as either. */
#ifndef NETCTL_LINES_H
#define NETCTL_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/base/json.h"

struct lines {
	bool json;
	bool time; /* columns: begin with the time; JSON always has it */

	/* the line in the making */
	json_t *object;
	FILE *heading, *row;
	char *heading_text, *row_text;
	size_t heading_size, row_size;
	bool headed; /* the heading has been printed */
	bool failed; /* out of memory */
};

/* A column's width for what is in JSON only. A column too narrow for its cell moves the rest of its
 * row to the right; the last one of a row has no width to keep: 1. */
#define LINE_JSON 0

/* `time`: CLOCK_MONOTONIC, ns. Every line of a stream has to have the same columns in the same
 * order. */
void line_begin(struct lines *lines, uint64_t time);

/* `key` is JSON's, and in capitals the heading's. NULL: null, and "-" in a column. A width below 0
 * aligns to the left, above 0 to the right. Control characters come out escaped. */
void line_text(struct lines *lines, const char *key, int width, const char *text);
void line_number(struct lines *lines, const char *key, int width, int64_t number);

/* Strings one after the other, each ended by a NUL; in a column with blanks between them, and
 * "..." at the end if they were `truncated`. */
void line_strings(struct lines *lines, const char *key, int width, const char *strings, size_t size,
                  bool truncated);

/* A number that has a name, such as an errno value: the number in JSON, `text` in the column. */
void line_named(struct lines *lines, const char *key, int width, int64_t number, const char *text);

/* Anything else: the caller's `value` is taken over, `text` is for the column. */
void line_value(struct lines *lines, const char *key, int width, json_t *value, const char *text);

/* What a terminal may be shown of a text, as in columns. The caller frees it; NULL: no memory. */
char *harmless_text(const char *text);

/* Prints it, at once. Returns 0 or a negative errno value, said. */
int line_end(struct lines *lines);

#endif
