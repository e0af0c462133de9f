/* SPDX-License-Identifier: GPL-2.0-only */
/* The contents of a set from a file: an address or a prefix a line. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/rules/array.h"
#include "lib/rules/parse.h"
#include "lib/rules/prefix.h"

#define MAX_LINE 4096 /* bytes; nothing that is right comes near */

/* How many are collected before those that say the same are dropped: a power of two, beyond which
 * the memory does not grow. */
#define MAX_COLLECTED (1u << 21)
_Static_assert(MAX_COLLECTED > RULES_MAX_PREFIXES, "an array that is full shrinks or is too large");

struct collection {
	struct prefix *prefixes;
	size_t n;
};

struct line {
	const char *text; /* what is left of it without blanks and comment */
	size_t len;
	struct spot spot;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void strip(struct line *line)
{
	const char *end = memchr(line->text, '#', line->len) ?: line->text + line->len;

	while (line->text < end && is_blank(*line->text))
		line->text++;
	while (end > line->text && is_blank(end[-1]))
		end--;
	line->len = end - line->text;
}

static void complain(struct line *line, enum prefix_error error, const struct prefix *prefix,
                     struct diag *diag)
{
	int shown = line->len < 40 ? (int)line->len : 40;
	char text[PREFIX_TEXT_SIZE];

	line->spot.at.column = line->text - line->spot.line + 1;
	line->spot.length = line->len;
	if (error == PREFIX_HOST_BITS)
		diag_add(diag, SEVERITY_ERROR, &line->spot,
		         "bits behind the prefix are set; did you mean %s?",
		         prefix_print(text, prefix));
	else if (error == PREFIX_BAD_LENGTH)
		diag_add(diag, SEVERITY_ERROR, &line->spot, "the length of the prefix is not 0-%u",
		         prefix_bits(prefix->family));
	else
		diag_add(diag, SEVERITY_ERROR, &line->spot, "'%.*s' is not an address or a prefix",
		         shown, line->text);
}

/* Returns 0, -ENOMEM, or -ENOSPC: there are too many, whatever comes. */
static int collect(struct collection *all, const struct prefix *prefix)
{
	if (all->n == MAX_COLLECTED) {
		all->n = prefixes_sort(all->prefixes, all->n);
		if (all->n > RULES_MAX_PREFIXES)
			return -ENOSPC;
	}
	if (!ARRAY_RESERVE(all->prefixes, all->n))
		return -ENOMEM;
	all->prefixes[all->n++] = *prefix;
	return 0;
}

static int read_line(struct line *line, struct collection *all, struct diag *diag)
{
	enum prefix_error error;
	struct prefix prefix;

	if (line->len > MAX_LINE) {
		diag_add(diag, SEVERITY_ERROR, &line->spot, "a line longer than %d bytes",
		         MAX_LINE);
		return 0;
	}
	strip(line);
	if (!line->len)
		return 0;
	error = prefix_parse(line->text, line->len, &prefix);
	if (!error)
		return collect(all, &prefix);
	complain(line, error, &prefix, diag);
	return 0;
}

static int read_lines(const char *file, const char *text, size_t len, struct collection *all,
                      struct diag *diag)
{
	const char *end = text + len, *next = text;
	unsigned number = 0;
	int r;

	while (next < end) {
		const char *line_end = memchr(next, '\n', end - next) ?: end;
		struct line line = {
			.text = next,
			.len = line_end - next,
			.spot = { file, { ++number, 1 }, 0, next, line_end - next },
		};

		r = read_line(&line, all, diag);
		if (r == -ENOSPC) {
			diag_add(diag, SEVERITY_ERROR, &line.spot,
			         "more than %d different prefixes", RULES_MAX_PREFIXES);
			return 0;
		}
		if (r)
			return r;
		next = line_end + (line_end < end);
	}
	return 0;
}

int set_parse_file(const char *file, const char *text, size_t len, struct set *set,
                   struct diag *diag)
{
	struct spot whole = { .file = file, .at = { 1, 1 } };
	struct collection all = { 0 };
	size_t errors = diag->errors;
	int r = read_lines(file, text ?: "", len, &all, diag);

	if (!r && diag->errors == errors) {
		all.n = prefixes_sort(all.prefixes, all.n);
		if (all.n > RULES_MAX_PREFIXES)
			diag_add(diag, SEVERITY_ERROR, &whole,
			         "%zu different prefixes; the most is %d", all.n,
			         RULES_MAX_PREFIXES);
	}
	if (!r && diag->errors > errors)
		r = -EINVAL;
	if (r) {
		free(all.prefixes);
		return r;
	}
	free(set->prefixes);
	set->prefixes = all.prefixes;
	set->n_prefixes = all.n;
	return 0;
}
