/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets from files: what a line may be, what is dropped, and how much there may be. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "lib/base/cleanup.h"
#include "lib/rules/parse.h"
#include "lib/rules/prefix.h"
#include "tests/tap.h"

static const struct {
	const char *name, *text;
	const char *result; /* "ERRORS: " and the first one, or the prefixes */
} rows[] = {
	{ "nothing", "", "" },
	{ "comments and blank lines", "# a\n\n  \t\n#", "" },
	{ "no line end at the end", "10.0.0.1", " 10.0.0.1" },
	{ "CRLF", "10.0.0.1\r\n\r\n::1\r\n", " 10.0.0.1 ::1" },
	{ "blanks and comments around", "\t10.0.0.0/8 # ten\n ::/64#x", " 10.0.0.0/8 ::/64" },
	{ "sorted, once, without what another contains",
	  "::1\n10.1.0.0/16\n9.9.9.9\n10.0.0.0/8\n9.9.9.9\n10.255.0.1", " 9.9.9.9 10.0.0.0/8 ::1" },
	{ "neighbours stay apart", "10.0.0.1\n10.0.0.0", " 10.0.0.0 10.0.0.1" },
	{ "all addresses", "0.0.0.0/0\n::/0\n1.2.3.4\n::2", " 0.0.0.0/0 ::/0" },
	{ "garbage", "10.0.0.1\nexample.org\n",
	  "1: 2:1 'example.org' is not an address or a prefix" },
	{ "two on a line", "1.1.1.1 2.2.2.2", "1: 1:1 '1.1.1.1 2.2.2.2' is not" },
	{ "host bits", "  10.0.0.1/8\n1::1/16\n",
	  "2: 1:3 bits behind the prefix are set; did you mean 10.0.0.0/8?" },
	{ "length", "10.0.0.0/33", "1: 1:1 the length of the prefix is not 0-32" },
	{ "no length", "10.0.0.0/", "1: 1:1 the length" },
	{ "leading zero", "010.0.0.1", "1: 1:1 '010.0.0.1' is not" },
	{ "a range", "10.0.0.1-10.0.0.9", "1: 1:1 '10.0.0.1-10.0.0.9' is not" },
};

static void describe(char *text, size_t size, const struct set *set, const struct diag *diag)
{
	*text = '\0';
	if (diag->errors)
		snprintf(text, size, "%zu: %u:%u %s", diag->errors, diag->items[0].at.line,
		         diag->items[0].at.column, diag->items[0].message);
	for (size_t i = 0; i < set->n_prefixes; i++) {
		char one[PREFIX_TEXT_SIZE];

		snprintf(text + strlen(text), size - strlen(text), " %s",
		         prefix_print(one, &set->prefixes[i]));
	}
}

static void each_row(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		auto_diag struct diag diag = { 0 };
		struct set set = { 0 };
		char got[1000];
		int r;

		tap_test("%s", rows[i].name);
		r = set_parse_file("s", rows[i].text, strlen(rows[i].text), &set, &diag);
		describe(got, sizeof(got), &set, &diag);
		tap_check_int(r, diag.errors ? -EINVAL : 0);
		got[diag.errors ? strlen(rows[i].result) : strlen(got)] = '\0';
		tap_check_str(got, rows[i].result);
		free(set.prefixes);
	}
}

static void hostile(void)
{
	auto_diag struct diag diag = { 0 };
	struct set set = { 0 };
	char line[5000];

	tap_test("NUL bytes and endless lines");
	tap_check_int(set_parse_file("s", "10.0.0.1\0", 9, &set, &diag), -EINVAL);
	memset(line, ' ', sizeof(line));
	tap_check_int(set_parse_file("s", line, sizeof(line), &set, &diag), -EINVAL);
	tap_check_int(set_parse_file("s", NULL, 0, &set, &diag), 0);
	tap_check_int(diag.errors, 2);
}

/* n different addresses, each `times` times in a row. */
static char *addresses(unsigned n, unsigned times, size_t *ret_len)
{
	char *text = malloc((size_t)n * times * 16 + 1), *end = text;

	for (unsigned i = 0; i < n; i++) {
		/* Neither ascending nor descending. */
		unsigned address = i * 2654435761u;

		for (unsigned k = 0; k < times; k++)
			end += sprintf(end, "%u.%u.%u.%u\n", address >> 24, address >> 16 & 255,
			               address >> 8 & 255, address & 255);
	}
	*ret_len = end - text;
	return text;
}

static void check_many(unsigned n, unsigned times, bool fits)
{
	auto_diag struct diag diag = { 0 };
	struct set set = { 0 };
	struct timespec begin, end;
	size_t len;
	auto_free char *text = addresses(n, times, &len);
	int r;

	tap_test("%u addresses, each %u times, %s", n, times, fits ? "fit" : "are too many");
	clock_gettime(CLOCK_MONOTONIC, &begin);
	r = set_parse_file("s", text, len, &set, &diag);
	clock_gettime(CLOCK_MONOTONIC, &end);
	tap_say("%ld ms",
	        (end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000);
	tap_check_int(r, fits ? 0 : -EINVAL);
	tap_check_int(set.n_prefixes, fits ? n : 0);
	tap_check_int(diag.errors, !fits);
	free(set.prefixes);
}

int main(void)
{
	each_row();
	hostile();
	check_many(1000000, 1, true);
	check_many(700000, 3, true);
	check_many(1000001, 1, false);
	return tap_done();
}
