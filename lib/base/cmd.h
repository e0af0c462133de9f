/* SPDX-License-Identifier: GPL-2.0-only */
/* A program is a table of commands, a command a table of options; help is those tables, printed. */
#ifndef LIB_BASE_CMD_H
#define LIB_BASE_CMD_H

#include <stdbool.h>
#include <stddef.h>

enum opt_kind {
	OPT_FLAG,    /* bool */
	OPT_TEXT,    /* const char * */
	OPT_WORD,    /* int: index into words */
	OPT_COUNT,   /* unsigned: 1 and up */
	OPT_SECONDS, /* double: above 0 */
};

struct opt {
	const char *name; /* without the dashes */
	char letter;      /* the short form, or 0 */
	enum opt_kind kind;
	size_t offset;   /* of where it lands in the command's struct */
	const char *arg; /* what help calls its argument; NULL for a flag */
	const char *help;
	const char *const *words; /* OPT_WORD: what may be said, NULL at the end */
};

/* What every command of every program takes. */
struct common {
	bool json, verbose;
	const char *netns, *pin_root;
};

struct invocation {
	struct common common;
	const void *args; /* the command's own struct, filled */
	int operand_count;
	char **operands;
};

struct cmd {
	const char *name;     /* one word, or two: "rule add" */
	const char *operands; /* as help shows them */
	const char *help;
	const struct opt *opts; /* ends with a row without a name; NULL: none of its own */
	size_t args_size;       /* of the struct the options land in */
	int (*run)(const struct invocation *inv);
};

/* Operands as one text, with a blank between them: quotes need not be. The caller frees it; NULL:
 * no memory. */
char *cmd_joined(int count, char **operands);

/* Runs what argv asks for. Options may stand anywhere. `commands` ends with a row without a name.
 * Returns the exit status of the process. */
int cmd_main(const char *what, const struct cmd *commands, int argc, char **argv);

#endif
