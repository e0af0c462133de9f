/* SPDX-License-Identifier: GPL-2.0-only */
/* The canonical text of a policy, and policies changed rule by rule. */
#include <errno.h>
#include <stdlib.h>

#include "lib/base/cleanup.h"
#include "lib/rules/parse.h"
#include "lib/rules/policy.h"
#include "lib/rules/print.h"
#include "tests/tap.h"
#include "tests/unit/parsed.h"

/* As people write it, and as it is printed. */
#define WRITTEN \
	"# why\r\n" \
	"set late = file \"a \\\"b\\\\\"\n" \
	"default in drop\n" \
	"web:drop tcp dst port 80\n" \
	"limit out src @late rate 10/s\n" \
	"much.longer_label-7:   pass in src @early\n" \
	"set early = { 10.0.0.1,\n" \
	"\n" \
	"  2001:db8::/32, 10.0.0.0/8,\n" \
	"}\n" \
	"set none = {}"
#define PRINTED \
	"default in drop\n" \
	"default out pass\n" \
	"\n" \
	"set late = file \"a \\\"b\\\\\"\n" \
	"set early = { 10.0.0.0/8, 2001:db8::/32 }\n" \
	"set none = { }\n" \
	"\n" \
	"web:                 drop in,out tcp dst port 80\n" \
	"                     limit out src @late rate 10/s burst 5\n" \
	"much.longer_label-7: pass in src @early\n"

static void check_print(const char *written, const char *printed)
{
	auto_policy struct policy policy = { 0 };
	auto_free char *text = NULL;

	if (!parsed(written, &policy))
		return;
	text = policy_print(&policy);
	tap_check_str(text, printed);
}

static void canonical(void)
{
	tap_test("a policy has one text");
	check_print(WRITTEN, PRINTED);
	tap_test("which is its own text");
	check_print(PRINTED, PRINTED);
	tap_test("an empty policy passes");
	check_print("", "default in pass\ndefault out pass\n");
	tap_test("without labels there is no column for them");
	check_print("drop\n", "default in pass\ndefault out pass\n\ndrop in,out\n");
	tap_test("a later line wins nothing: order of rules is kept, order of lists is not");
	check_print("drop port {3,1}\npass udp\n", "default in pass\ndefault out pass\n\ndrop "
	                                           "in,out port { 1, 3 }\npass in,out udp\n");
}

static void long_set(void)
{
	auto_policy struct policy policy = { 0 }, again = { 0 };
	auto_free char *text = NULL, *second = NULL, *line = NULL;
	char written[8000] = "set long = {";

	tap_test("a long set goes over lines of a hundred columns");
	for (int i = 0; i < 200; i++)
		snprintf(written + strlen(written), sizeof(written) - strlen(written),
		         " 192.168.%d.0/24,", i);
	snprintf(written + strlen(written), sizeof(written) - strlen(written), "}");
	if (!parsed(written, &policy))
		return;
	text = policy_print(&policy);
	if (!parsed(text, &again))
		return;
	second = policy_print(&again);
	tap_check_str(second, text);
	tap_check_int(again.sets[0].n_prefixes, 200);
	line = strdup(text);
	for (char *rest = line, *one; (one = strsep(&rest, "\n"));)
		tap_check(strlen(one) <= 101);
}

static void equality(void)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} rows[] = {
		{ "x: drop tcp", "\n  drop in,out tcp", true },
		{ "drop port { 2, 1 }", "drop port 1-2", true },
		{ "drop src 10.0.0.1", "drop src net 10.0.0.1/32", true },
		{ "drop in tcp", "drop out tcp", false },
		{ "drop tcp", "pass tcp", false },
		{ "drop tcp", "drop not tcp", false },
		{ "drop tcp", "drop udp", false },
		{ "drop src port 1", "drop dst port 1", false },
		{ "drop port 1", "drop port 2", false },
		{ "drop host 1.1.1.1", "drop host 1.1.1.2", false },
		{ "drop flags syn/syn", "drop flags syn/syn,ack", false },
		{ "limit rate 60/m", "limit rate 1/s", false },
		{ "limit rate 1/m", "limit rate 1/s", false },
		{ "limit rate 1/s burst 5", "limit rate 1/s", true },
		{ "limit rate 1/s burst 6", "limit rate 1/s", false },
		{ "limit rate 1/s per src", "limit rate 1/s", false },
		{ "drop @a\nset a = {}", "set b = {}\nset a = { ::1 }\ndrop @a", true },
		{ "drop @a\nset a = {}\nset b = {}", "set b = {}\nset a = {}\ndrop @b", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		auto_policy struct policy a = { 0 }, b = { 0 };

		tap_test("'%.20s' and '%.20s' are %s", rows[i].a, rows[i].b + (*rows[i].b == '\n'),
		         rows[i].equal ? "the same" : "not the same");
		if (strchr(tap.name, '\n'))
			tap_test("sets are compared by name, %s", rows[i].equal ? "same" : "other");
		if (parsed(rows[i].a, &a) && parsed(rows[i].b, &b))
			tap_check_int(rule_equal(a.rules, &a, b.rules, &b), rows[i].equal);
	}
}

static void changes(void)
{
	auto_policy struct policy policy = { 0 }, copy = { 0 };
	auto_free char *before = NULL, *after = NULL, *changed = NULL;
	auto_diag struct diag diag = { 0 };
	auto_rule struct rule rule = { 0 };
	static char many[5 * PC_MAX_RULES];

	tap_test("a copy has nothing in common with what it is of");
	if (!parsed(WRITTEN, &policy))
		return;
	before = policy_print(&policy);
	tap_check_int(policy_copy(&policy, &copy), 0);
	tap_check_int(rule_parse("r", "new: drop src { 1.1.1.1, 2.2.2.2 } port { 1, 9 }", 48, &copy,
	                         &rule, &diag),
	              0);
	tap_check_int(policy_insert(&copy, 1, &rule), 0);
	tap_check_int(rule.n_matches, 0);
	policy_delete(&copy, 0);
	changed = policy_print(&copy);
	tap_check(strstr(changed, "new:                 drop in,out src host { 1.1.1.1, 2.2.2.2 } "
	                          "port { 1, 9 }\n                     limit") != NULL);
	tap_check(!strstr(changed, "web"));
	tap_check_int(policy_find_label(&copy, "new"), 0);
	tap_check_int(policy_find_label(&copy, "web"), copy.n_rules);
	after = policy_print(&policy);
	tap_check_str(after, before);

	tap_test("a rule whose label is taken, or one too many, changes nothing");
	tap_check_int(rule_copy(&copy.rules[0], &rule), 0);
	tap_check_int(policy_insert(&copy, 0, &rule), -EEXIST);
	tap_check_int(rule.n_matches, 2);
	rule.label[0] = '\0';
	for (size_t i = 0; i < sizeof(many) / 5; i++)
		memcpy(many + 5 * i, "drop\n", 5);
	policy_free(&policy);
	tap_check_int(policy_parse("many", many, sizeof(many), &policy, &diag), 0);
	tap_check_int(policy_insert(&policy, 0, &rule), -ENOSPC);
	tap_check_int(policy.n_rules, PC_MAX_RULES);
}

int main(void)
{
	canonical();
	long_set();
	equality();
	changes();
	return tap_done();
}
