/* SPDX-License-Identifier: GPL-2.0-only */
/* One rule: what it does, which way, and to what. */
#include <errno.h>
#include <string.h>

#include "lib/rules/parse.h"
#include "lib/rules/parser.h"

static const struct name *const start_words[] = { words_actions, words_statements, NULL };

int parse_directions(struct parser *p, bool *ret_in, bool *ret_out)
{
	const struct name *direction = parser_name(p, words_directions);

	*ret_in = *ret_out = !direction;
	while (direction) {
		*(direction->value == PC_IN ? ret_in : ret_out) = true;
		parser_take(p);
		if (p->token.kind != TOKEN_COMMA)
			return 0;
		parser_take(p);
		direction = parser_name(p, words_directions);
		if (!direction)
			return parser_error(p, &p->token, "in or out is wanted behind the ','");
	}
	return 0;
}

/* After a word that is none: whether it is clear enough what was meant for the rest of the line to
 * be worth reading. */
static int parse_action(struct parser *p, struct rule *rule, bool *ret_go_on)
{
	const struct name *action = parser_name(p, words_actions);
	struct token token = p->token;
	const char *guess;
	int r;

	*ret_go_on = true;
	if (!parser_at_line_end(p))
		parser_take(p);
	if (action) {
		rule->action = action->value;
		return 0;
	}
	action = parser_name(p, words_actions);
	if (action && token.kind == TOKEN_WORD) {
		parser_take(p);
		return parser_error(p, &token,
		                    "a label ends with a colon: %.*s:", TOKEN_TEXT(&token));
	}
	r = parser_error_word(p, &token, "an action (pass, drop, count or limit)", start_words,
	                      false, &guess);
	*ret_go_on = guess && !name_find(words_statements, guess, strlen(guess));
	return r;
}

int parse_rule(struct parser *p, struct rule *rule)
{
	struct token action = p->token;
	size_t errors = p->diag->errors;
	bool go_on;
	int r, result;

	rule->at = action.at;
	p->room = RULES_MAX_LIST;
	result = parse_action(p, rule, &go_on);
	if (!go_on)
		return result;
	result = parse_directions(p, &rule->in, &rule->out) ?: result;
	while (!parser_at_line_end(p)) {
		r = parse_primitive(p, rule);
		if (r == -ENOMEM)
			return r;
		result = r ?: result;
	}
	/* What is missing may be what could not be read. */
	return p->diag->errors > errors ? result ?: -EINVAL : finish_limit(p, &action, rule);
}
