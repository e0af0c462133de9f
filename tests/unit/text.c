/* SPDX-License-Identifier: GPL-2.0-only */
/* What people read: SI numbers, columns, and the one line of a verifier log that matters. */
#include <stdlib.h>

#include "lib/base/cleanup.h"
#include "lib/base/log.h"
#include "lib/base/table.h"
#include "lib/base/units.h"
#include "tests/tap.h"

static void si_numbers(void)
{
	static const struct {
		double value;
		const char *text;
	} rows[] = {
		{ 0, "0" },        { 999, "999" },      { 0.5, "0.5" },      { 1000, "1.00k" },
		{ 1234, "1.23k" }, { 9994, "9.99k" },   { 9999, "10.0k" },   { 98765, "98.8k" },
		{ 99960, "100k" }, { 999499, "999k" },  { 999500, "1.00M" }, { 98765432, "98.8M" },
		{ 1e9, "1.00G" },  { 1.8e19, "18.0E" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[UNITS_SIZE];

		tap_check_str(units_si(text, rows[i].value), rows[i].text);
	}
}

static void columns(void)
{
	auto_table struct table *table = table_new("lr");
	auto_free char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	table_cell(table, "hook");
	table_cell(table, "packets");
	table_cell(table, "tc-ingress");
	table_cell(table, "%d", 7);
	table_cell(table, "▁▂");
	table_cell(table, "42");
	table_cell(table, "nothing");
	table_cell(table, "%s", "");
	table_print(table, "> ", to);
	fclose(to);
	tap_check_str(text, "> hook        packets\n"
	                    "> tc-ingress        7\n"
	                    "> ▁▂               42\n"
	                    "> nothing\n");
}

static void verifier_line(void)
{
	char line[128];

	tap_check(log_verifier_line("0: R1=ctx() R10=fp0\n"
	                            "; if (x)\n"
	                            "1: (61) r0 = *(u32 *)(r1 +999)\n"
	                            "invalid bpf_context access off=999 size=4\n"
	                            "processed 2 insns (limit 1000000) max_states_per_insn 0\n"
	                            "-- END PROG LOAD LOG --\n",
	                            line, sizeof(line)));
	tap_check_str(line, "invalid bpf_context access off=999 size=4");
	tap_check(!log_verifier_line("-- BEGIN PROG LOAD LOG --\nprocessed 0 insns\n", line,
	                             sizeof(line)));
	tap_check(!log_verifier_line("", line, sizeof(line)));
	tap_check(log_verifier_line("a line longer than there is room for", line, 7));
	tap_check_str(line, "a line");
}

int main(void)
{
	tap_test("SI numbers have three digits");
	si_numbers();
	tap_test("columns are as wide as their widest cell, in characters");
	columns();
	tap_test("the verifier's last word is found");
	verifier_line();
	return tap_done();
}
