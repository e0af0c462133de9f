/* SPDX-License-Identifier: GPL-2.0-only */
/* Text to tokens that remember where they stood. */
#ifndef LIB_RULES_LEX_H
#define LIB_RULES_LEX_H

#include <stddef.h>

#include "lib/rules/diag.h"

enum token_kind {
	TOKEN_END, /* of the text */
	TOKEN_NEWLINE,
	TOKEN_WORD,
	TOKEN_STRING, /* `text` is with its quotes */
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_COMMA,
	TOKEN_EQUALS,
};

struct token {
	enum token_kind kind;
	const char *text;
	size_t len;
	struct place at;
	const char *line; /* where its line begins */
};

/* To be copied in order to come back to a place. */
struct lexer {
	const char *file;
	const char *next, *end;
	const char *line, *line_end, *next_line; /* NULL: there is none */
	unsigned line_number;
	struct diag *diag;
};

void lex_begin(struct lexer *lexer, const char *file, const char *text, size_t len,
               struct diag *diag);

/* The next token. Lines that are no text (NUL, other control characters, broken UTF-8) or too long
 * are reported and have none but their end. A string without end is reported and ends its line. */
struct token lex_next(struct lexer *lexer);

/* Where the token stands, for diag_add(). */
struct spot lex_spot(const struct lexer *lexer, const struct token *token);

#endif
