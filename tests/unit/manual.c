/* SPDX-License-Identifier: GPL-2.0-only */
/* The manual of the policy language: its examples are right, and no word is missing from it. */
#include <ctype.h>
#include <stdlib.h>

#include "lib/base/cleanup.h"
#include "lib/rules/check.h"
#include "lib/rules/parse.h"
#include "lib/rules/policy.h"
#include "lib/rules/words.h"
#include "tests/tap.h"

#define MANUAL "man/portcullis.policy.5"

/* The page without troff's escapes: \- is a dash, \fB and the like are a blank. */
static char *read_manual(void)
{
	auto_fclose FILE *from = fopen(MANUAL, "r");
	char *text = NULL, *to;
	size_t size = 0;

	if (!from || getdelim(&text, &size, '\0', from) < 0)
		return text;
	to = text;
	for (const char *c = text; *c; c++) {
		if (*c != '\\') {
			*to++ = *c;
		} else if (c[1] == 'f' && c[2]) {
			*to++ = ' ';
			c += 2;
		} else if (c[1]) {
			*to++ = *++c;
		}
	}
	*to = '\0';
	return text;
}

static void check_example(char *example, int number)
{
	auto_policy struct policy policy = { 0 };
	auto_diag struct diag diag = { 0 };
	auto_free char *why = NULL;

	tap_test("example %d", number);
	if (!policy_parse("example", example, strlen(example), &policy, &diag))
		policy_check(&policy, "example", &diag);
	why = diag_text(&diag);
	/* Sets of their own are for others to use. */
	if (diag.errors || strstr(why, " never "))
		tap_fail("%s", why);
	tap_check(policy.n_rules + policy.n_sets > 0 || strstr(example, "default"));
}

static int check_examples(const char *manual)
{
	auto_free char *copy = strdup(manual);
	char *rest = copy, *example, *end;
	int number = 0;

	while ((example = strstr(rest, "\n.EX\n"))) {
		example += strlen("\n.EX\n");
		end = strstr(example, ".EE\n");
		if (!end)
			break;
		*end = '\0';
		check_example(example, ++number);
		rest = end + 1;
	}
	return number;
}

static bool is_of_word(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_';
}

static bool stands_in(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at++) {
		if (!isalnum((unsigned char)*word) || (!is_of_word(at[-1]) && !is_of_word(at[len])))
			return true;
	}
	return false;
}

int main(void)
{
	auto_free char *manual = read_manual();
	const char *word;

	if (!manual)
		return tap_skip_all("%s is not there", MANUAL);
	tap_test("every word stands in the manual");
	for (size_t i = 0; (word = word_at(i)); i++) {
		if (!stands_in(manual, word))
			tap_fail("'%s' does not", word);
	}
	if (check_examples(manual) < 15)
		tap_fail("examples are missing");
	return tap_done();
}
