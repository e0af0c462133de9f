/* SPDX-License-Identifier: GPL-2.0-only */
/* Rows of cells, printed in columns as wide as they need to be. */
#include "lib/base/table.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct table {
	const char *columns;
	char **cells;
	size_t count, room;
};

struct table *table_new(const char *columns)
{
	struct table *t = calloc(1, sizeof(*t));

	if (t)
		t->columns = columns;
	return t;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++)
		free(t->cells[i]);
	free(t->cells);
	free(t);
}

void table_cell(struct table *t, const char *text, ...)
{
	va_list args;
	char *cell = NULL;

	if (!t)
		return;
	if (t->count == t->room) {
		size_t room = t->room ? 2 * t->room : 64;
		char **cells = realloc(t->cells, room * sizeof(*cells));

		if (!cells)
			return;
		t->cells = cells;
		t->room = room;
	}
	va_start(args, text);
	if (vasprintf(&cell, text, args) < 0)
		cell = NULL;
	va_end(args);
	t->cells[t->count++] = cell;
}

/* What a terminal shows: bytes that go on with a UTF-8 character take no room of their own. */
static int shown_width(const char *text)
{
	int width = 0;

	for (; text && *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

static int column_width(const struct table *t, size_t column, size_t columns)
{
	int width = 0;

	for (size_t i = column; i < t->count; i += columns) {
		int w = shown_width(t->cells[i]);

		width = w > width ? w : width;
	}
	return width;
}

/* Whether nothing is shown in a row after cell `i`. */
static bool ends_row(const struct table *t, size_t i, size_t columns)
{
	while (++i < t->count && i % columns) {
		if (t->cells[i] && *t->cells[i])
			return false;
	}
	return true;
}

void table_print(const struct table *t, const char *indent, FILE *to)
{
	size_t columns = t ? strlen(t->columns) : 0;

	for (size_t i = 0; columns && i < t->count; i++) {
		size_t column = i % columns;
		const char *text = t->cells[i] ? t->cells[i] : "";
		int room = column_width(t, column, columns) - shown_width(text);

		if (!column)
			fputs(indent, to);
		if (t->columns[column] == 'r')
			fprintf(to, "%*s", room, "");
		fputs(text, to);
		if (ends_row(t, i, columns)) {
			fputc('\n', to);
			i += columns - 1 - column;
		} else {
			fprintf(to, "%*s", t->columns[column] == 'l' ? room + 2 : 2, "");
		}
	}
}
