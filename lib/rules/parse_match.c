/* SPDX-License-Identifier: GPL-2.0-only */
/* Primitives: one condition of a rule each. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/rules/array.h"
#include "lib/rules/parse.h"
#include "lib/rules/parser.h"

static const struct name *const rule_words[] = { words_glue, words_types, words_directions, NULL };

static bool begins_primitive(const struct token *token)
{
	return token->kind == TOKEN_WORD &&
	       (*token->text == '@' || name_find(words_glue, token->text, token->len) ||
	        name_find(words_types, token->text, token->len) ||
	        field_find(token->text, token->len));
}

/* After a mistake that leaves open what the next tokens belong to: leaves them out up to one that a
 * primitive begins with. Returns the mistake. */
static int skip_to_primitive(struct parser *p, int mistake)
{
	bool inside = false;

	while (!parser_at_line_end(p) && (inside || !begins_primitive(&p->token))) {
		inside = (inside || p->token.kind == TOKEN_OPEN) && p->token.kind != TOKEN_CLOSE;
		parser_take(p);
	}
	return mistake;
}

static int parse_prefixes(struct parser *p, const char *wants, bool hosts_only, bool nets_only,
                          struct match *match)
{
	struct prefix_list list = { .hosts_only = hosts_only };
	int r = parse_list(p, wants, parse_prefix_item, &list);

	match->kind = MATCH_ADDR;
	match->prefixes = list.prefixes;
	match->n_prefixes = prefixes_sort(list.prefixes, list.n);
	match->is_net = nets_only || list.has_net;
	return r;
}

static int parse_ranges(struct parser *p, const struct field *field, struct match *match)
{
	struct range_list list = { .field = field };
	int r = parse_list(p, field->wants, parse_range_item, &list);

	match->ranges = list.ranges;
	match->n_ranges = ranges_sort(list.ranges, list.n);
	return r;
}

/* One flag by name, or any of them as a number; adds them to `flags`. */
static bool find_flags(const char *text, size_t len, uint8_t *flags)
{
	const struct name *name = name_find(words_flags, text, len);
	unsigned value = 0;

	if (name) {
		*flags |= name->value;
		return true;
	}
	if (len < 3 || len > 4 || memcmp(text, "0x", 2) != 0)
		return false;
	for (size_t i = 2; i < len; i++) {
		const char *digits = "0123456789abcdef", *digit = strchr(digits, text[i] | 0x20);

		if (!digit || !*digit)
			return false;
		value = value << 4 | (unsigned)(digit - digits);
	}
	*flags |= value;
	return true;
}

static int add_flags(struct parser *p, const struct token *token, const char *text, size_t len,
                     uint8_t *flags)
{
	struct token part = *token;

	if (find_flags(text, len, flags))
		return 0;
	part.at.column += text - token->text;
	part.text = text;
	part.len = len;
	return parser_error_word(p, &part, "TCP flags, such as syn/syn,ack or 0x02/0x12",
	                         (const struct name *const[]){ words_flags, NULL }, false, NULL);
}

/* SET/MASK; SET alone asks for these flags to be set, and `none` alone for none to be. */
static int parse_flags(struct parser *p, const struct field *field, struct match *match)
{
	uint8_t flags[2] = { 0 };
	struct token first = p->token, token;
	int which = 0, result = 0;

	do {
		const char *slash, *text;

		if (p->token.kind != TOKEN_WORD)
			return skip_to_primitive(
				p, parser_error(p, &p->token, "%s is wanted here", field->wants));
		token = parser_take(p);
		text = token.text;
		while (!which && (slash = memchr(text, '/', token.text + token.len - text))) {
			result =
				add_flags(p, &token, text, slash - text, &flags[which++]) ?: result;
			text = slash + 1;
		}
		result = add_flags(p, &token, text, token.text + token.len - text, &flags[which])
		                 ?: result;
	} while (p->token.kind == TOKEN_COMMA && (parser_take(p), true));
	match->flags_value = flags[0];
	match->flags_mask = which ? flags[1] : flags[0] ?: 0xff;
	if (!result && !match->flags_mask)
		result = parser_error(p, &first, "a mask without flags: this looks at nothing");
	return result;
}

static int parse_operand(struct parser *p, const struct field *field, struct match *match)
{
	match->kind = field->kind;
	switch (field->operand) {
	case OPERAND_HOST:
		return parse_prefixes(p, field->wants, true, false, match);
	case OPERAND_NET:
		return parse_prefixes(p, field->wants, false, true, match);
	case OPERAND_FLAGS:
		return parse_flags(p, field, match);
	case OPERAND_RANGES:
		return parse_ranges(p, field, match);
	case OPERAND_MAYBE_RANGES:
		if (p->token.kind == TOKEN_OPEN ||
		    (p->token.kind == TOKEN_WORD && *p->token.text >= '0' && *p->token.text <= '9'))
			return parse_ranges(p, field, match);
		return 0;
	default:
		return 0;
	}
}

static int parse_set_use(struct parser *p, struct match *match)
{
	struct token token = parser_take(p);
	struct token name = token;
	char text[RULES_NAME_SIZE];
	int r;

	name.text++;
	name.len--;
	name.at.column++;
	r = parse_name(p, &name, "set", text);
	if (r)
		return r;
	match->kind = MATCH_SET;
	return p->find_set(p, &token, text, &match->set);
}

/* Nothing that could be matched. */
static int complain_of_word(struct parser *p, bool sided)
{
	static const struct name *const no_words[] = { NULL };
	struct token token = p->token;
	struct prefix prefix;

	if (parser_at_line_end(p))
		return parser_error(p, &token, "something to match is wanted here");
	parser_take(p);
	if (sided)
		return parser_error_word(p, &token, "an address, host, net, port or @SET", no_words,
		                         true, NULL);
	if (token.kind == TOKEN_OPEN)
		return parser_error(p, &token,
		                    "a list stands behind what it is a list of, as in: "
		                    "port { 22, 80 }");
	if (token.kind == TOKEN_WORD &&
	    prefix_parse(token.text, token.len, &prefix) != PREFIX_NO_ADDRESS)
		return parser_error(p, &token, "an address stands behind src, dst, host or net");
	return parser_error_word(p, &token, "something to match", rule_words, true, NULL);
}

/* What has no word of its own before it: a type, a set, or behind src and dst an address. */
static int parse_without_field(struct parser *p, bool sided, struct match *match)
{
	const struct name *type = parser_name(p, words_types);
	const struct token *token = &p->token;
	struct prefix prefix;

	if (token->kind == TOKEN_WORD && *token->text == '@')
		return parse_set_use(p, match);
	if (sided && (token->kind == TOKEN_OPEN ||
	              (token->kind == TOKEN_WORD &&
	               prefix_parse(token->text, token->len, &prefix) != PREFIX_NO_ADDRESS)))
		return parse_prefixes(p, "an address or a prefix", false, false, match);
	if (sided || !type)
		return skip_to_primitive(p, complain_of_word(p, sided));
	parser_take(p);
	match->kind = MATCH_TYPE;
	match->type = type->value;
	return 0;
}

static void cleanup_match(const struct match *match)
{
	free(match->ranges);
	free(match->prefixes);
}

static int add_match(struct parser *p, const struct token *at, struct rule *rule,
                     struct match *match)
{
	if (rule->n_matches == RULES_MAX_MATCHES)
		return parser_error(p, at, "more than %d things to match in one rule",
		                    RULES_MAX_MATCHES);
	if (!ARRAY_RESERVE(rule->matches, rule->n_matches))
		return -ENOMEM;
	rule->matches[rule->n_matches++] = *match;
	*match = (struct match){ 0 };
	return 0;
}

/* `not`, in any number, then `src` or `dst`. */
static void parse_before_field(struct parser *p, struct match *match)
{
	const struct name *glue;

	while ((glue = parser_name(p, words_glue)) && glue->value == GLUE_NOT) {
		match->negate = !match->negate;
		parser_take(p);
	}
	if (glue && glue->value != GLUE_AND) {
		match->side = glue->value == GLUE_SRC ? SIDE_SRC : SIDE_DST;
		parser_take(p);
	}
}

static int parse_limit_part(struct parser *p, const struct token *word, const struct field *field,
                            bool negate, struct rule *rule)
{
	int r = parse_limit(p, word, field, rule);

	if (negate)
		r = parser_error(p, word, "not goes with what a rule matches");
	return r == -EINVAL ? skip_to_primitive(p, r) : r;
}

int parse_primitive(struct parser *p, struct rule *rule)
{
	__attribute__((cleanup(cleanup_match))) struct match match = { 0 };
	const struct name *glue = parser_name(p, words_glue);
	const struct field *field = NULL;
	struct token first = p->token, word;
	int r;

	if (glue && glue->value == GLUE_AND)
		parser_take(p);
	parse_before_field(p, &match);
	word = p->token;
	if (word.kind == TOKEN_WORD)
		field = field_find(word.text, word.len);
	if (!field) {
		r = parse_without_field(p, match.side != SIDE_EITHER, &match);
		return r ?: add_match(p, &first, rule, &match);
	}
	parser_take(p);
	if (match.side != SIDE_EITHER && !field->sided)
		return skip_to_primitive(
			p, parser_error(p, &word,
		                        "src and dst go with host, net, port and @SET, not %s",
		                        field->word));
	if (field->operand >= OPERAND_RATE)
		return parse_limit_part(p, &word, field, match.negate, rule);
	r = parse_operand(p, field, &match);
	return r ?: add_match(p, &first, rule, &match);
}
