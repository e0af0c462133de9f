/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/base/cmd.c: options anywhere, typed, each only where it belongs; exit statuses. */
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/cmd.h"
#include "lib/base/err.h"
#include "tests/tap.h"

struct args {
	bool flag;
	int word;
	unsigned count;
	double seconds;
	const char *text;
};

static struct args got;
static struct common got_common;
static char got_operands[128];
static int result;

static int run(const struct invocation *inv)
{
	size_t len = 0;

	got = *(const struct args *)inv->args;
	got_common = inv->common;

	got_operands[0] = '\0';
	for (int i = 0; i < inv->operand_count; i++)
		len += snprintf(got_operands + len, sizeof(got_operands) - len, "%s.",
		                inv->operands[i]);
	return result;
}

static const char *const words[] = { "auto", "native", NULL };
static const struct opt opts[] = {
	{ "flag", 'f', OPT_FLAG, offsetof(struct args, flag), NULL, "", NULL },
	{ "word", 0, OPT_WORD, offsetof(struct args, word), "W", "", words },
	{ "count", 'c', OPT_COUNT, offsetof(struct args, count), "N", "", NULL },
	{ "seconds", 'i', OPT_SECONDS, offsetof(struct args, seconds), "S", "", NULL },
	{ "text", 0, OPT_TEXT, offsetof(struct args, text), "T", "", NULL },
	{ 0 },
};
static const struct cmd commands[] = {
	{ "go", "[X...]", "", opts, sizeof(struct args), run },
	{ "stay", "", "", NULL, sizeof(struct args), run },
	{ "rule add", "RULE", "", opts, sizeof(struct args), run },
	{ "rule list", "", "", NULL, sizeof(struct args), run },
	{ 0 },
};

/* Runs a command line given as one string, with stdout and stderr out of the way. */
static int status_of(const char *line)
{
	static char copy[256], *argv[32];
	int argc = 0, status, out = dup(1), err = dup(2), null = open("/dev/null", O_WRONLY);
	char *save = NULL;

	snprintf(copy, sizeof(copy), "prog %s", line);
	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	argv[argc] = NULL;
	fflush(stdout);
	dup2(null, 1);
	dup2(null, 2);
	optind = 0; /* getopt_long() begins anew */
	status = cmd_main("a test", commands, argc, argv);
	fflush(stdout);
	dup2(out, 1);
	dup2(err, 2);
	close(out);
	close(err);
	close(null);
	return status;
}

static void options_anywhere(void)
{
	static const char *const lines[] = {
		"go a --flag b --word native -c 3 -i 0.5 --text x -n ns -j",
		"--flag --word native -c 3 -n ns go -j a b -i 0.5 --text x",
		"-fjc3 -i0.5 --word=native --text=x --netns=ns go a b",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		tap_note("%s", lines[i]);
		got = (struct args){ 0 };
		tap_check_int(status_of(lines[i]), 0);
		tap_check(got.flag);
		tap_check_int(got.word, 1);
		tap_check_int(got.count, 3);
		tap_check_int(got.seconds * 10, 5);
		tap_check_str(got.text, "x");
		tap_check_str(got_operands, "a.b.");
		tap_check_str(got_common.netns, "ns");
		tap_check(got_common.json && !got_common.verbose);
	}
}

static void wrong_usage(void)
{
	static const char *const lines[] = {
		"",
		"nosuch",
		"g",
		"rule",
		"rule nosuch",
		"rule ad x",
		"rule list --flag",
		"go --nosuch",
		"go --word",
		"go --word other",
		"go -c 0",
		"go -c -1",
		"go -c 1.5",
		"go -c 0x10",
		"go -c x",
		"go -c 99999999999",
		"go -i nan",
		"go -i 0",
		"go -i inf",
		"stay --flag",
		"--flag stay",
		"go --text=",
		"go -c 1e3",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		tap_note("'%s'", lines[i]);
		tap_check_int(status_of(lines[i]), 2);
	}
}

static void names_of_two_words(void)
{
	got = (struct args){ 0 };
	tap_check_int(status_of("rule --flag add a -n ns b"), 0);
	tap_check(got.flag);
	tap_check_str(got_operands, "a.b.");
	tap_check_int(status_of("-j rule list"), 0);
	tap_check_str(got_operands, "");
}

static void exit_statuses(void)
{
	static const struct {
		int result, status;
	} rows[] = { { 0, 0 }, { -ERR_USAGE, 2 }, { -ERR_ABSENT, 3 }, { -1, 1 }, { -22, 1 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		result = rows[i].result;
		tap_check_int(status_of("stay"), rows[i].status);
	}
	result = 0;
}

static void help_and_version(void)
{
	got_operands[0] = '!';
	tap_check_int(status_of("--help"), 0);
	tap_check_int(status_of("go -h"), 0);
	tap_check_int(status_of("-V"), 0);
	tap_check_int(got_operands[0], '!'); /* no command ran */
}

int main(void)
{
	tap_test("options may stand before and after the command and its operands");
	options_anywhere();
	tap_test("what makes no sense is wrong usage");
	wrong_usage();
	tap_test("a command may have a name of two words");
	names_of_two_words();
	tap_test("results become exit statuses");
	exit_statuses();
	tap_test("help and version run nothing");
	help_and_version();
	return tap_done();
}
