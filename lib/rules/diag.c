/* SPDX-License-Identifier: GPL-2.0-only */
/* What is wrong in the user's text, and where. */
#include "lib/rules/diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/utf8.h"

#define BEFORE 60 /* characters of a long line that are shown to the left of the caret */
#define SHOWN  160

/* Copies text to a terminal's taste: what it could not show, or would obey, becomes '?'. */
static void write_harmless(FILE *to, const char *text, size_t len)
{
	while (len) {
		uint32_t code;
		size_t size = utf8_take(text, len, &code);

		if (*text == '\t')
			fputc('\t', to);
		else if (size && utf8_is_harmless(code))
			fwrite(text, size, 1, to);
		else
			fputc('?', to);
		text += size ?: 1;
		len -= size ?: 1;
	}
}

static char *harmless(const char *text)
{
	char *copy = NULL;
	size_t size;
	FILE *to = open_memstream(&copy, &size);

	if (!to)
		return NULL;
	write_harmless(to, text, strlen(text));
	fclose(to);
	return copy;
}

static bool is_inside_character(char byte)
{
	return ((uint8_t)byte & 0xc0) == 0x80;
}

/* The part of the line that is shown: [from, to) of its bytes, around the one at `caret`. */
static void choose_part(const struct spot *spot, size_t caret, size_t *ret_from, size_t *ret_to)
{
	size_t from = 0, to = spot->line_len;

	if (to > SHOWN) {
		from = caret > BEFORE ? caret - BEFORE : 0;
		to = from + SHOWN < to ? from + SHOWN : to;
	}
	while (from && from < caret && is_inside_character(spot->line[from]))
		from++;
	while (to > from && to < spot->line_len && is_inside_character(spot->line[to]))
		to--;
	*ret_from = from;
	*ret_to = to;
}

/* As wide as the text above it, tabs kept, a character for each character, then ^~~~. */
static void write_underline(FILE *to, const char *text, size_t caret, size_t end)
{
	for (size_t i = 0, size; i < end || i == caret; i += size) {
		uint32_t code;

		size = i < end ? utf8_take(text + i, end - i, &code) ?: 1 : 1;
		if (i < caret)
			fputc(text[i] == '\t' ? '\t' : ' ', to);
		else
			fputc(i == caret ? '^' : '~', to);
	}
}

static void keep_source(struct diag_item *item, const struct spot *spot)
{
	size_t caret = spot->at.column ? spot->at.column - 1 : 0, from, to, end, size;
	FILE *source = open_memstream(&item->source, &size);
	FILE *underline = open_memstream(&item->underline, &size);

	caret = caret < spot->line_len ? caret : spot->line_len;
	choose_part(spot, caret, &from, &to);
	end = spot->length < to - caret ? caret + spot->length : to;
	if (source) {
		fputs(from ? "..." : "", source);
		write_harmless(source, spot->line + from, to - from);
		fputs(to < spot->line_len ? "..." : "", source);
		fclose(source);
	}
	if (underline) {
		fputs(from ? "   " : "", underline);
		write_underline(underline, spot->line + from, caret - from, end - from);
		fclose(underline);
	}
}

void diag_add(struct diag *diag, enum severity severity, const struct spot *spot,
              const char *message, ...)
{
	struct diag_item *item = &diag->items[diag->n_items];
	char text[512];
	va_list args;

	*(severity == SEVERITY_ERROR ? &diag->errors : &diag->warnings) += 1;
	if (diag->n_items == DIAG_KEPT)
		return;
	va_start(args, message);
	vsnprintf(text, sizeof(text), message, args);
	va_end(args);
	*item = (struct diag_item){
		.severity = severity,
		.file = harmless(spot->file),
		.at = spot->at,
		.length = spot->length,
		.message = harmless(text),
	};
	if (spot->line)
		keep_source(item, spot);
	diag->n_items++;
}

static int compare_places(const void *one, const void *other)
{
	const struct place *a = &((const struct diag_item *)one)->at;
	const struct place *b = &((const struct diag_item *)other)->at;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->column < b->column ? -1 : a->column > b->column;
}

void diag_sort(struct diag *diag, size_t first)
{
	qsort(diag->items + first, diag->n_items - first, sizeof(*diag->items), compare_places);
}

static void write_item(const struct diag_item *item, FILE *to)
{
	fprintf(to, "%s:%u:%u: %s: %s\n", item->file ?: "?", item->at.line, item->at.column,
	        item->severity == SEVERITY_ERROR ? "error" : "warning",
	        item->message ?: "out of memory");
	if (item->source && item->underline)
		fprintf(to, "  %s\n  %s\n", item->source, item->underline);
}

void diag_write(const struct diag *diag, FILE *to)
{
	for (size_t i = 0; i < diag->n_items; i++)
		write_item(&diag->items[i], to);
	if (diag->errors + diag->warnings > diag->n_items)
		fprintf(to, "and %zu more: %zu errors and %zu warnings in all\n",
		        diag->errors + diag->warnings - diag->n_items, diag->errors,
		        diag->warnings);
}

char *diag_text(const struct diag *diag)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return NULL;
	diag_write(diag, to);
	if (fclose(to)) {
		free(text);
		return NULL;
	}
	return text;
}

void diag_free(struct diag *diag)
{
	for (size_t i = 0; i < diag->n_items; i++) {
		free(diag->items[i].file);
		free(diag->items[i].message);
		free(diag->items[i].source);
		free(diag->items[i].underline);
	}
	*diag = (struct diag){ 0 };
}
