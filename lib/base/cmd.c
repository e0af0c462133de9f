/* SPDX-License-Identifier: GPL-2.0-only */
/* A program is a table of commands, a command a table of options; help is those tables, printed. */
#include "lib/base/cmd.h"

#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/base/log.h"

#define MAX_OPTS  64
#define FIRST_KEY 256 /* above every letter */

struct globals {
	struct common common;
	bool help, version;
};

static const struct opt global_opts[] = {
	{ "json", 'j', OPT_FLAG, offsetof(struct globals, common.json), NULL,
	  "compact JSON on stdout, nothing else there", NULL },
	{ "netns", 'n', OPT_TEXT, offsetof(struct globals, common.netns), "NAME",
	  "in this network namespace, as ip-netns(8) names it", NULL },
	{ "pin-root", 0, OPT_TEXT, offsetof(struct globals, common.pin_root), "DIR",
	  "where the maps are pinned; also PORTCULLIS_PIN_ROOT", NULL },
	{ "verbose", 'v', OPT_FLAG, offsetof(struct globals, common.verbose), NULL,
	  "what the libraries and the verifier say as well", NULL },
	{ "version", 'V', OPT_FLAG, offsetof(struct globals, version), NULL, "print the version",
	  NULL },
	{ "help", 'h', OPT_FLAG, offsetof(struct globals, help), NULL, "this text", NULL },
	{ 0 },
};

/* All options of all commands, each name once: the command may come after its options. */
struct union_opts {
	const struct opt *opt[MAX_OPTS];
	struct option longs[MAX_OPTS + 1];
	char shorts[2 * MAX_OPTS + 1];
	int count;
};

struct given {
	const struct opt *opt;
	const char *value;
};

static void union_add(struct union_opts *u, const struct opt *opts)
{
	for (; opts && opts->name; opts++) {
		bool known = false;

		for (int i = 0; i < u->count; i++)
			known |= !strcmp(u->opt[i]->name, opts->name);
		if (known || u->count == MAX_OPTS)
			continue;
		u->longs[u->count] =
			(struct option){ opts->name, opts->arg ? required_argument : no_argument,
			                 NULL, FIRST_KEY + u->count };
		if (opts->letter) {
			size_t len = strlen(u->shorts);

			snprintf(u->shorts + len, sizeof(u->shorts) - len, "%c%s", opts->letter,
			         opts->arg ? ":" : "");
		}
		u->opt[u->count++] = opts;
	}
}

static const struct opt *union_find(const struct union_opts *u, int key)
{
	if (key >= FIRST_KEY)
		return u->opt[key - FIRST_KEY];
	for (int i = 0; i < u->count; i++) {
		if (u->opt[i]->letter == key)
			return u->opt[i];
	}
	return NULL;
}

static const struct opt *opts_find(const struct opt *opts, const char *name)
{
	for (; opts && opts->name; opts++) {
		if (!strcmp(opts->name, name))
			return opts;
	}
	return NULL;
}

static int put_word(const struct opt *opt, const char *value, int *ret)
{
	char list[256] = "";

	for (int i = 0; opt->words[i]; i++) {
		size_t len = strlen(list);

		if (!strcmp(opt->words[i], value)) {
			*ret = i;
			return 0;
		}
		snprintf(list + len, sizeof(list) - len, "%s%s", i ? ", " : "", opt->words[i]);
	}
	return fail_because(ERR_USAGE, "--%s '%s': one of %s is wanted", opt->name, value, list);
}

static int put_number(const struct opt *opt, const char *value, double *ret)
{
	char *end;
	double number;

	errno = 0;
	number = strtod(value, &end);
	/* Written so that NaN fails; hex and exponents are nobody's count. */
	if (errno || end == value || *end || value[strspn(value, "0123456789.")] || !(number > 0) ||
	    (opt->kind == OPT_COUNT && (number > UINT32_MAX || number != (uint32_t)number)) ||
	    number > UINT32_MAX)
		return fail_because(ERR_USAGE, "--%s '%s': a %s above 0 is wanted", opt->name,
		                    value, opt->kind == OPT_COUNT ? "whole number" : "number");
	*ret = number;
	return 0;
}

static int put(const struct opt *opt, const char *value, void *args)
{
	void *place = (char *)args + opt->offset;
	double number = 0;
	int r;

	switch (opt->kind) {
	case OPT_FLAG:
		*(bool *)place = true;
		return 0;
	case OPT_TEXT:
		if (!*value)
			return fail_because(ERR_USAGE, "--%s '': %s is wanted", opt->name,
			                    opt->arg);
		*(const char **)place = value;
		return 0;
	case OPT_WORD:
		return put_word(opt, value, place);
	case OPT_COUNT:
	case OPT_SECONDS:
		break;
	}
	r = put_number(opt, value, &number);
	if (r)
		return r;
	if (opt->kind == OPT_COUNT)
		*(unsigned *)place = number;
	else
		*(double *)place = number;
	return 0;
}

static void help_opts(const struct opt *opts)
{
	for (; opts && opts->name; opts++) {
		char left[64], letter[5] = "";
		int len;

		if (opts->letter)
			snprintf(letter, sizeof(letter), "-%c, ", opts->letter);
		len = snprintf(left, sizeof(left), "%s--%s", letter, opts->name);
		if (opts->arg)
			snprintf(left + len, sizeof(left) - len, " %s", opts->arg);
		printf("      %-30s %s\n", left, opts->help);
	}
}

/* Whether a command's name begins with this word. */
static bool is_first_word(const struct cmd *cmd, const char *word)
{
	size_t len = strlen(word);

	return !strncmp(cmd->name, word, len) && (!cmd->name[len] || cmd->name[len] == ' ');
}

/* Of all commands, or of those whose name begins with a word. */
static void help(const char *what, const struct cmd *commands, const char *only)
{
	printf("%s - %s\n\nusage: %s [OPTION...] COMMAND [OPERAND...]\n\n",
	       program_invocation_short_name, what, program_invocation_short_name);
	for (const struct cmd *cmd = commands; cmd->name; cmd++) {
		char left[64];

		if (only && !is_first_word(cmd, only))
			continue;
		snprintf(left, sizeof(left), "%s %s", cmd->name, cmd->operands);
		printf("  %-34s %s\n", left, cmd->help);
		help_opts(cmd->opts);
	}
	printf("\n  everywhere\n");
	help_opts(global_opts);
}

/* How many operands the words of a command's name take; 0: they are not its name. */
static int words_said(const char *name, int count, char **operands)
{
	int words = 0;

	while (*name && words < count) {
		size_t len = strcspn(name, " ");

		if (strlen(operands[words]) != len || strncmp(operands[words], name, len) != 0)
			return 0;
		words++;
		name += len + (name[len] == ' ');
	}
	return *name ? 0 : words;
}

static const struct cmd *cmd_find(const struct cmd *commands, int count, char **operands,
                                  int *ret_words)
{
	for (; commands->name; commands++) {
		*ret_words = words_said(commands->name, count, operands);
		if (*ret_words)
			return commands;
	}
	return NULL;
}

/* What is wrong with the operands that are no command. */
static int no_command(const struct cmd *commands, int count, char **operands)
{
	char list[256] = "";

	if (!count)
		return fail_because(ERR_USAGE, "a command is wanted; see --help");
	for (; commands->name; commands++) {
		const char *second = strchr(commands->name, ' ');
		size_t len = strlen(list);

		if (second && is_first_word(commands, operands[0]))
			snprintf(list + len, sizeof(list) - len, "%s%s", len ? ", " : "",
			         second + 1);
	}
	if (*list)
		return fail_because(ERR_USAGE, "%s: one of %s is wanted", operands[0], list);
	return fail_because(ERR_USAGE, "'%s' is not a command; see --help", operands[0]);
}

/* Splits argv in options and operands; getopt_long() moves the operands to the end. */
static int split(const struct cmd *commands, int argc, char **argv, struct given *given,
                 int *ret_count)
{
	struct union_opts u = { .shorts = "" };
	int key, count = 0;

	union_add(&u, global_opts);
	for (const struct cmd *cmd = commands; cmd->name; cmd++)
		union_add(&u, cmd->opts);
	while ((key = getopt_long(argc, argv, u.shorts, u.longs, NULL)) != -1) {
		const struct opt *opt = key == '?' ? NULL : union_find(&u, key);

		if (!opt || count == argc)
			return -ERR_USAGE; /* getopt_long() has said it */
		given[count++] = (struct given){ opt, optarg };
	}
	*ret_count = count;
	return 0;
}

static int run(const struct cmd *cmd, const struct given *given, int count, struct globals *globals,
               int operand_count, char **operands)
{
	auto_free void *args = calloc(1, cmd->args_size + 1);
	struct invocation inv = { globals->common, args, operand_count, operands };
	int r;

	if (!args)
		return fail(ENOMEM, "%s", cmd->name);
	for (int i = 0; i < count; i++) {
		const struct opt *own = opts_find(cmd->opts, given[i].opt->name);

		if (opts_find(global_opts, given[i].opt->name))
			continue;
		if (!own)
			return fail_because(ERR_USAGE, "%s: no option --%s here", cmd->name,
			                    given[i].opt->name);
		r = put(own, given[i].value, args);
		if (r)
			return r;
	}
	if (operand_count && !*cmd->operands)
		return fail_because(ERR_USAGE, "%s: takes no operand, as '%s' is one", cmd->name,
		                    operands[0]);
	log_init(globals->common.verbose);
	return cmd->run(&inv);
}

static int dispatch(const char *what, const struct cmd *commands, int argc, char **argv)
{
	auto_free struct given *given = calloc(argc, sizeof(*given));
	struct globals globals = { .common.pin_root = getenv("PORTCULLIS_PIN_ROOT") };
	const struct cmd *cmd;
	char **operands;
	int operand_count, count = 0, words, r;

	if (!given)
		return fail(ENOMEM, "start");
	r = split(commands, argc, argv, given, &count);
	if (r)
		return r;
	for (int i = 0; i < count; i++) {
		const struct opt *global = opts_find(global_opts, given[i].opt->name);

		r = global ? put(global, given[i].value, &globals) : 0;
		if (r)
			return r;
	}
	operands = argv + optind;
	operand_count = argc - optind;
	cmd = cmd_find(commands, operand_count, operands, &words);
	if (globals.version) {
		printf("%s %s\n", program_invocation_short_name, PC_VERSION);
		return 0;
	}
	if (globals.help) {
		help(what, commands, operand_count ? operands[0] : NULL);
		return 0;
	}
	if (!cmd)
		return no_command(commands, operand_count, operands);
	return run(cmd, given, count, &globals, operand_count - words, operands + words);
}

char *cmd_joined(int count, char **operands)
{
	size_t size = 1, len = 0;
	char *text;

	for (int i = 0; i < count; i++)
		size += strlen(operands[i]) + 1;
	text = calloc(1, size);
	for (int i = 0; text && i < count; i++)
		len += snprintf(text + len, size - len, "%s%s", i ? " " : "", operands[i]);
	return text;
}

int cmd_main(const char *what, const struct cmd *commands, int argc, char **argv)
{
	int r = dispatch(what, commands, argc, argv);

	/* What was to be said and could not be is a failure too. */
	if ((fflush(stdout) || ferror(stdout)) && !r)
		r = fail(errno, "standard output");
	return err_exit_status(r);
}
