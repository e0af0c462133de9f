/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the parser share: the token at hand, and how mistakes are put. */
#include "lib/rules/parser.h"

#include <errno.h>
#include <stdarg.h>

void parser_begin(struct parser *p, const char *file, const char *text, size_t len,
                  struct diag *diag)
{
	*p = (struct parser){ .diag = diag };
	lex_begin(&p->lexer, file, text, len, diag);
	p->token = lex_next(&p->lexer);
}

struct token parser_take(struct parser *p)
{
	struct token token = p->token;

	p->token = lex_next(&p->lexer);
	return token;
}

int parser_error(struct parser *p, const struct token *token, const char *message, ...)
{
	struct spot spot = lex_spot(&p->lexer, token);
	char text[512];
	va_list args;

	va_start(args, message);
	vsnprintf(text, sizeof(text), message, args);
	va_end(args);
	diag_add(p->diag, SEVERITY_ERROR, &spot, "%s", text);
	return -EINVAL;
}

int parser_error_word(struct parser *p, const struct token *token, const char *wants,
                      const struct name *const *tables, bool fields_too, const char **ret_guess)
{
	const char *hint = NULL, *guess = NULL;

	/* Guessing takes its time: not for what nobody will read. */
	if (token->kind == TOKEN_WORD && p->diag->n_items < DIAG_KEPT) {
		hint = word_hint(token->text, token->len);
		guess = hint ?: word_like(token->text, token->len, tables, fields_too);
	}
	if (ret_guess)
		*ret_guess = guess;
	if (hint)
		return parser_error(p, token, "'%.*s' is not %s: %s", TOKEN_TEXT(token), wants,
		                    hint);
	if (guess)
		return parser_error(p, token, "'%.*s' is not %s; did you mean '%s'?",
		                    TOKEN_TEXT(token), wants, guess);
	if (!token->len)
		return parser_error(p, token, "%s is wanted here", wants);
	return parser_error(p, token, "'%.*s' is not %s", TOKEN_TEXT(token), wants);
}

const struct name *parser_name(const struct parser *p, const struct name *table)
{
	if (p->token.kind != TOKEN_WORD)
		return NULL;
	return name_find(table, p->token.text, p->token.len);
}
