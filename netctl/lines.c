/* SPDX-License-Identifier: GPL-2.0-only */
/* A stream of events, each a line: columns under a heading, or JSON. */
#include "netctl/lines.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/base/moment.h"
#include "lib/base/utf8.h"

/* --- columns --- */

/* Appends what a terminal may be shown of `bytes`; the rest as \xNN. Returns its width. */
static int put_harmless(FILE *to, const char *bytes, size_t size)
{
	int width = 0;
	uint32_t code;

	for (size_t i = 0; i < size;) {
		size_t taken = utf8_take(bytes + i, size - i, &code);

		if (taken && utf8_is_harmless(code)) {
			fwrite(bytes + i, 1, taken, to);
			width++;
			i += taken;
		} else {
			width += fprintf(to, "\\x%02x", (unsigned char)bytes[i++]);
		}
	}
	return width;
}

char *harmless_text(const char *text)
{
	char *harmless = NULL;
	size_t size;
	FILE *to = open_memstream(&harmless, &size);

	if (!to)
		return NULL;
	put_harmless(to, text, strlen(text));
	return fclose(to) ? NULL : harmless;
}

/* Puts a cell at the end of a row. Blanks at the end of a line are taken away when it is printed.
 */
static void put_cell(FILE *row, int width, const char *bytes, size_t size)
{
	auto_free char *text = NULL;
	size_t text_size;
	FILE *cell = open_memstream(&text, &text_size);
	int taken;

	if (!cell)
		return;
	taken = put_harmless(cell, bytes, size);
	fclose(cell);
	fprintf(row, "%*s%s%*s ", width > taken ? width - taken : 0, "", text,
	        -width > taken ? -width - taken : 0, "");
}

static void put_heading(FILE *heading, const char *key, int width)
{
	char title[64];
	size_t len = 0;

	for (; key[len] && len < sizeof(title) - 1; len++)
		title[len] = (char)toupper((unsigned char)key[len]);
	put_cell(heading, width, title, len);
}

static void add_column(struct lines *lines, const char *key, int width, const char *bytes,
                       size_t size)
{
	if (lines->json || !width)
		return;
	if (!lines->headed)
		put_heading(lines->heading, key, width);
	put_cell(lines->row, width, bytes, size);
}

static void add_json(struct lines *lines, const char *key, json_t *value)
{
	if (lines->json && json_object_set_new(lines->object, key, value))
		lines->failed = true;
}

/* --- a line --- */

void line_begin(struct lines *lines, uint64_t time)
{
	uint64_t realtime = moment_of_monotonic(time);
	char text[MOMENT_SIZE];

	if (lines->json) {
		lines->object = json_object();
		add_json(lines, "time", json_string(moment_rfc3339(text, realtime, true)));
		return;
	}
	lines->row = open_memstream(&lines->row_text, &lines->row_size);
	lines->heading = open_memstream(&lines->heading_text, &lines->heading_size);
	lines->failed |= !lines->row || !lines->heading;
	if (lines->time)
		line_text(lines, "time", -15, moment_of_day(text, realtime));
}

void line_value(struct lines *lines, const char *key, int width, json_t *value, const char *text)
{
	if (lines->json)
		add_json(lines, key, value);
	else
		json_decref(value);
	add_column(lines, key, width, text ? text : "-", text ? strlen(text) : 1);
}

void line_text(struct lines *lines, const char *key, int width, const char *text)
{
	if (lines->json)
		add_json(lines, key, text ? json_bytes(text, strlen(text)) : json_null());
	add_column(lines, key, width, text ? text : "-", text ? strlen(text) : 1);
}

void line_named(struct lines *lines, const char *key, int width, int64_t number, const char *text)
{
	if (lines->json)
		add_json(lines, key, json_integer(number));
	add_column(lines, key, width, text, strlen(text));
}

void line_number(struct lines *lines, const char *key, int width, int64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)number);
	line_named(lines, key, width, number, text);
}

static json_t *strings_json(const char *strings, size_t size)
{
	json_t *array = json_array();

	for (size_t i = 0; i < size;) {
		size_t len = strnlen(strings + i, size - i);

		json_array_append_new(array, json_bytes(strings + i, len));
		i += len + 1;
	}
	return array;
}

static void strings_column(struct lines *lines, const char *key, int width, const char *strings,
                           size_t size, bool truncated)
{
	auto_free char *text = malloc(size + sizeof("..."));

	if (!text) {
		lines->failed = true;
		return;
	}
	for (size_t i = 0; i < size; i++)
		text[i] = strings[i] ? strings[i] : ' ';
	memcpy(text + size, "...", sizeof("..."));
	/* Without the blank that the last string's NUL became. */
	add_column(lines, key, width, text, truncated ? size + 3 : size - (size > 0));
}

void line_strings(struct lines *lines, const char *key, int width, const char *strings, size_t size,
                  bool truncated)
{
	if (lines->json)
		add_json(lines, key, strings_json(strings, size));
	else
		strings_column(lines, key, width, strings, size, truncated);
}

/* Without the blanks at its end. */
static void print_row(const char *text, size_t size)
{
	while (size && text[size - 1] == ' ')
		size--;
	fwrite(text, 1, size, stdout);
	putchar('\n');
}

static int print_columns(struct lines *lines)
{
	if (lines->row)
		fclose(lines->row);
	if (lines->heading)
		fclose(lines->heading);
	lines->row = lines->heading = NULL;
	if (!lines->failed && !lines->headed)
		print_row(lines->heading_text, lines->heading_size);
	lines->headed = true;
	if (!lines->failed)
		print_row(lines->row_text, lines->row_size);
	free(TAKE_PTR(lines->row_text));
	free(TAKE_PTR(lines->heading_text));
	if (lines->failed)
		return fail(ENOMEM, "a line");
	return fflush(stdout) ? fail(errno, "standard output") : 0;
}

int line_end(struct lines *lines)
{
	if (!lines->json)
		return print_columns(lines);
	if (lines->failed)
		json_decref(TAKE_PTR(lines->object));
	return json_print(TAKE_PTR(lines->object));
}
