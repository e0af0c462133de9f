/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the parser share; parse.h is for everybody else. */
#ifndef LIB_RULES_PARSER_H
#define LIB_RULES_PARSER_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/rules/lex.h"
#include "lib/rules/prefix.h"
#include "lib/rules/rule.h"
#include "lib/rules/words.h"

struct parser {
	struct lexer lexer;
	struct token token; /* the next one */
	struct diag *diag;
	size_t room; /* how many more elements the lists of this rule or set may have */
	/* Called for @NAME. */
	int (*find_set)(struct parser *p, const struct token *token, const char *name,
	                size_t *ret_set);
};

/* The functions below return 0; -EINVAL when what they read was wrong, which has been added to the
 * diagnostics then; or -ENOMEM. Those with `wants` say that this is what was wanted. */

/* What a token is called in a message: a format's "%.*s". */
#define QUOTE_MAX           40
#define QUOTED(len_, text_) (int)((len_) < QUOTE_MAX ? (len_) : QUOTE_MAX), (text_)
#define TOKEN_TEXT(token)   QUOTED((token)->len, (token)->text)

void parser_begin(struct parser *p, const char *file, const char *text, size_t len,
                  struct diag *diag);

/* Takes the next token. */
struct token parser_take(struct parser *p);

/* Adds an error about a token. Returns -EINVAL. */
int parser_error(struct parser *p, const struct token *token, const char *message, ...)
	__attribute__((format(printf, 3, 4)));

/* The same about a word nobody expected, with a guess at what was meant: one of these tables (NULL
 * at the end) or of the fields. `ret_guess`, if not NULL, gets the guess, or NULL. */
int parser_error_word(struct parser *p, const struct token *token, const char *wants,
                      const struct name *const *tables, bool fields_too, const char **ret_guess);

static inline bool parser_at_line_end(const struct parser *p)
{
	return p->token.kind == TOKEN_NEWLINE || p->token.kind == TOKEN_END;
}

/* The row of the table that the next token is, or NULL. */
const struct name *parser_name(const struct parser *p, const struct name *table);

/* parse_list.c: one element or, in braces, several, which may go over several lines. */
typedef int parse_item(struct parser *p, const struct token *item, void *to);
int parse_list(struct parser *p, const char *wants, parse_item *item, void *to);
int parse_braces(struct parser *p, const char *wants, parse_item *item, void *to);

/* parse_list.c: elements of lists, and what `to` is for them. */
struct prefix_list {
	struct prefix *prefixes;
	size_t n;
	bool hosts_only, has_net;
};
parse_item parse_prefix_item;

struct range_list {
	struct range *ranges;
	size_t n;
	const struct field *field;
};
parse_item parse_range_item;

/* parse_list.c: decimal digits, nothing else, at most `max`. */
bool parse_digits(const char *text, size_t len, uint32_t max, uint32_t *ret);

/* parse_list.c: a name of a set or label; `what` is what it is called. */
int parse_name(struct parser *p, const struct token *token, const char *what,
               char ret_name[static RULES_NAME_SIZE]);

/* parse_match.c: the next primitive, or part of a limit; adds it to the rule. The next token is not
 * the end of the line, and is taken in any case. After a mistake the next token is where another
 * primitive may begin. */
int parse_primitive(struct parser *p, struct rule *rule);

/* parse_limit.c: behind the words rate, burst and per; `word` is that word. */
int parse_limit(struct parser *p, const struct token *word, const struct field *field,
                struct rule *rule);

/* parse_limit.c: all of the rule has been read: what it says of a rate must be whole. */
int finish_limit(struct parser *p, const struct token *action, struct rule *rule);

/* parse_rule.c: ACTION [DIRECTION] PRIMITIVE..., to the end of the line. What has been read of a
 * rule with mistakes is in `rule`, too. */
int parse_rule(struct parser *p, struct rule *rule);

/* parse_rule.c: `in`, `out`, `in,out`, or nothing, which means both. */
int parse_directions(struct parser *p, bool *ret_in, bool *ret_out);

#endif
