/* SPDX-License-Identifier: GPL-2.0-only */
/* Text to tokens that remember where they stood. */
#include "lib/rules/lex.h"

#include <string.h>

#include "lib/base/utf8.h"
#include "lib/rules/parse.h"

/* NULL: all of it is text. Else the first byte that is not. */
static const char *find_no_text(const char *text, const char *end)
{
	while (text < end) {
		uint32_t code;
		size_t size = utf8_take(text, end - text, &code);

		if (!size || (code < ' ' && code != '\t') || (code >= 0x7f && code < 0xa0))
			return text;
		text += size;
	}
	return NULL;
}

static struct spot spot_in_line(const struct lexer *lexer, const char *from, size_t length)
{
	return (struct spot){
		.file = lexer->file,
		.at = { lexer->line_number, (unsigned)(from - lexer->line) + 1 },
		.length = length,
		.line = lexer->line,
		.line_len = lexer->line_end - lexer->line,
	};
}

/* Finds where the line that begins at `next` ends, and looks whether it can be read at all. */
static void begin_line(struct lexer *lexer)
{
	const char *newline = memchr(lexer->next, '\n', lexer->end - lexer->next);
	const char *bad;
	struct spot spot;

	lexer->line = lexer->next;
	lexer->line_end = newline ?: lexer->end;
	lexer->next_line = newline ? newline + 1 : NULL;
	lexer->line_number++;
	if (lexer->line_end > lexer->line && lexer->line_end[-1] == '\r')
		lexer->line_end--;
	if (lexer->line_end - lexer->line > RULES_MAX_LINE) {
		spot = spot_in_line(lexer, lexer->line, 0);
		diag_add(lexer->diag, SEVERITY_ERROR, &spot,
		         "a line longer than %u bytes; a list may go over several", RULES_MAX_LINE);
		lexer->next = lexer->line_end;
		return;
	}
	bad = find_no_text(lexer->line, lexer->line_end);
	if (bad) {
		spot = spot_in_line(lexer, bad, 1);
		diag_add(lexer->diag, SEVERITY_ERROR, &spot, "a byte that is no text: 0x%02x",
		         (unsigned char)*bad);
		lexer->next = lexer->line_end;
	}
}

void lex_begin(struct lexer *lexer, const char *file, const char *text, size_t len,
               struct diag *diag)
{
	text = text ?: "";
	*lexer = (struct lexer){ .file = file, .next = text, .end = text + len, .diag = diag };
	begin_line(lexer);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Characters that are a token by themselves. */
static enum token_kind kind_of(char c)
{
	switch (c) {
	case '{':
		return TOKEN_OPEN;
	case '}':
		return TOKEN_CLOSE;
	case ',':
		return TOKEN_COMMA;
	case '=':
		return TOKEN_EQUALS;
	default:
		return TOKEN_WORD;
	}
}

static bool ends_word(char c)
{
	return is_blank(c) || kind_of(c) != TOKEN_WORD || strchr("#\"!()", c);
}

/* The string that begins at `next`, with its quotes; up to the end of the line if it has no end. */
static size_t string_length(struct lexer *lexer)
{
	struct spot spot;

	for (const char *c = lexer->next + 1; c < lexer->line_end; c++) {
		if (*c == '"')
			return c + 1 - lexer->next;
		if (*c == '\\' && c + 1 < lexer->line_end)
			c++;
	}
	spot = spot_in_line(lexer, lexer->next, lexer->line_end - lexer->next);
	diag_add(lexer->diag, SEVERITY_ERROR, &spot, "the closing quote is missing");
	return lexer->line_end - lexer->next;
}

/* The token that begins at `next`, which is neither blank nor the end of the line. */
static void take_token(struct lexer *lexer, struct token *token)
{
	token->kind = *lexer->next == '"' ? TOKEN_STRING : kind_of(*lexer->next);
	token->len = 1;
	if (token->kind == TOKEN_STRING)
		token->len = string_length(lexer);
	else if (token->kind == TOKEN_WORD && !strchr("!()", *lexer->next))
		while (lexer->next + token->len < lexer->line_end &&
		       !ends_word(lexer->next[token->len]))
			token->len++;
	lexer->next += token->len;
}

struct token lex_next(struct lexer *lexer)
{
	struct token token;

	while (lexer->next < lexer->line_end && is_blank(*lexer->next))
		lexer->next++;
	if (lexer->next < lexer->line_end && *lexer->next == '#')
		lexer->next = lexer->line_end;
	token = (struct token){
		.kind = TOKEN_END,
		.text = lexer->next,
		.at = { lexer->line_number, (unsigned)(lexer->next - lexer->line) + 1 },
		.line = lexer->line,
	};
	if (lexer->next < lexer->line_end) {
		take_token(lexer, &token);
	} else if (lexer->next_line) {
		token.kind = TOKEN_NEWLINE;
		lexer->next = lexer->next_line;
		begin_line(lexer);
	}
	return token;
}

struct spot lex_spot(const struct lexer *lexer, const struct token *token)
{
	const char *line_end = memchr(token->text, '\n', lexer->end - token->text) ?: lexer->end;

	line_end -= line_end > token->line && line_end[-1] == '\r';
	return (struct spot){
		.file = lexer->file,
		.at = token->at,
		.length = token->len,
		.line = token->line,
		.line_len = line_end - token->line,
	};
}
