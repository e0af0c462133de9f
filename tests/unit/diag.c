/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a mistake is shown: the caret under what is meant, whatever the line is made of. */
#include <stdlib.h>

#include "lib/base/cleanup.h"
#include "lib/base/utf8.h"
#include "lib/rules/diag.h"
#include "tests/tap.h"

static const struct {
	const char *name, *line;
	unsigned column;
	size_t length;
	const char *shown;
} rows[] = {
	{ "the caret stands under the word", "drop in tpc", 9, 3,
	  "  drop in tpc\n          ^~~\n" },
	{ "tabs stay tabs", "\tdrop\ttpc", 7, 3, "  \tdrop\ttpc\n  \t    \t^~~\n" },
	{ "characters, not bytes, move the caret", "\"\xc3\xa4\xe2\x82\xac\" tpc", 9, 3,
	  "  \"\xc3\xa4\xe2\x82\xac\" tpc\n       ^~~\n" },
	{ "what a terminal would obey is not shown", "a\x1b[31m\xe2\x80\xae\xff b", 12, 1,
	  "  a?[31m?? b\n           ^\n" },
	{ "behind the end of the line", "drop", 5, 0, "  drop\n      ^\n" },
	{ "an empty line", "", 1, 0, "  \n  ^\n" },
	{ "what goes on in the next line ends with this one", "a { b", 3, 100,
	  "  a { b\n    ^~~\n" },
};

static char *text_of(const char *line, size_t len, unsigned column, size_t length)
{
	auto_diag struct diag diag = { 0 };
	struct spot spot = { "file", { 3, column }, length, line, len };

	diag_add(&diag, SEVERITY_ERROR, &spot, "wrong");
	return diag_text(&diag);
}

static void shown(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		auto_free char *got = NULL, *want = NULL;

		tap_test("%s", rows[i].name);
		got = text_of(rows[i].line, strlen(rows[i].line), rows[i].column, rows[i].length);
		if (asprintf(&want, "file:3:%u: error: wrong\n%s", rows[i].column, rows[i].shown) >=
		    0)
			tap_check_str(got, want);
	}
}

static void long_line(void)
{
	enum { LEN = 5000, COLUMN = 3000 };
	char line[LEN];
	auto_free char *got = NULL;
	const char *source, *caret;

	tap_test("a long line is cut around the caret");
	memset(line, 'x', sizeof(line));
	memcpy(line + COLUMN - 1, "HERE", 4);
	got = text_of(line, sizeof(line), COLUMN, 4);
	source = strchr(got, '\n') + 1;
	caret = strchr(source, '\n') + 1;
	tap_check(strlen(got) < 600);
	tap_check_int(strstr(source, "HERE") - source, strchr(caret, '^') - caret);
	tap_check(strstr(caret, "^~~~\n") != NULL);
	tap_check(!strncmp(source, "  ...x", 6));
}

static void many(void)
{
	auto_diag struct diag diag = { 0 };
	struct spot spot = { "f\033", { 1, 1 }, 0, NULL, 0 };
	auto_free char *text = NULL;

	tap_test("all are counted, the first hundred kept");
	for (int i = 0; i < 250; i++)
		diag_add(&diag, i % 2 ? SEVERITY_ERROR : SEVERITY_WARNING, &spot, "no. %d", i);
	text = diag_text(&diag);
	tap_check_int(diag.errors, 125);
	tap_check_int(diag.warnings, 125);
	tap_check_int(diag.n_items, DIAG_KEPT);
	tap_check(!strncmp(text, "f?:1:1: warning: no. 0\nf?:1:1: error: no. 1\n", 44));
	tap_check(strstr(text, "\nand 150 more: 125 errors and 125 warnings in all\n") != NULL);
}

static void order(void)
{
	auto_diag struct diag diag = { 0 };
	static const struct place places[] = { { 9, 9 }, { 2, 5 }, { 2, 3 }, { 1, 7 } };

	tap_test("sorted by place, from the item asked for on");
	for (int i = 0; i < 4; i++) {
		struct spot spot = { "f", places[i], 0, NULL, 0 };

		diag_add(&diag, SEVERITY_ERROR, &spot, "x");
	}
	diag_sort(&diag, 1);
	tap_check_int(diag.items[0].at.line, 9);
	tap_check_int(diag.items[1].at.line, 1);
	tap_check_int(diag.items[2].at.column, 3);
	tap_check_int(diag.items[3].at.column, 5);
}

static void utf8(void)
{
	static const struct {
		const char *text;
		size_t len, size;
	} texts[] = {
		{ "a", 1, 1 },
		{ "\xc3\xa4", 2, 2 },
		{ "\xc3\xa4", 1, 0 },
		{ "\x80", 1, 0 },
		{ "\xc0\xaf", 2, 0 },
		{ "\xed\xa0\x80", 3, 0 },
		{ "\xf0\x9f\x98\x80", 4, 4 },
		{ "\xf4\x90\x80\x80", 4, 0 },
		{ "\xe2\x82", 2, 0 },
		{ "\xff", 1, 0 },
		{ "", 0, 0 },
		{ "\xc3(", 2, 0 },
	};
	uint32_t code;

	tap_test("UTF-8 as RFC 3629 has it");
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		tap_note("text %zu", i);
		tap_check_int(utf8_take(texts[i].text, texts[i].len, &code), texts[i].size);
	}
	tap_check(!utf8_is_harmless(0x202e));
	tap_check(utf8_is_harmless(0xe4));
}

int main(void)
{
	shown();
	long_line();
	many();
	order();
	utf8();
	return tap_done();
}
