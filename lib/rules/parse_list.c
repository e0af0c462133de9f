/* SPDX-License-Identifier: GPL-2.0-only */
/* Lists in braces, and what their elements are: prefixes, numbers, ranges. */
#include <errno.h>
#include <string.h>

#include "lib/rules/array.h"
#include "lib/rules/parse.h"
#include "lib/rules/parser.h"

/* Whether a list that was forgotten to be closed ends before this token, the first of its line. */
static bool begins_statement(const struct token *token)
{
	return token->kind == TOKEN_WORD && (name_find(words_statements, token->text, token->len) ||
	                                     name_find(words_actions, token->text, token->len));
}

/* Whether such a list ends before this token, in the middle of a line. */
static bool goes_on_behind(const struct token *token)
{
	return token->kind == TOKEN_WORD && (name_find(words_glue, token->text, token->len) ||
	                                     field_find(token->text, token->len));
}

/* Takes line ends inside braces. False: what follows is a statement, and the line end before it is
 * the next token again. */
static bool skip_line_ends(struct parser *p)
{
	while (p->token.kind == TOKEN_NEWLINE) {
		struct lexer lexer = p->lexer;
		struct token token = p->token;

		parser_take(p);
		if (begins_statement(&p->token)) {
			p->lexer = lexer;
			p->token = token;
			return false;
		}
	}
	return p->token.kind != TOKEN_END;
}

static int parse_element(struct parser *p, const char *wants, parse_item *item, void *to)
{
	struct token token = p->token;

	/* With nothing before it, a comma still parts what is around it. */
	if (token.kind != TOKEN_COMMA)
		parser_take(p);
	if (token.kind != TOKEN_WORD)
		return parser_error_word(p, &token, wants, (const struct name *const[]){ NULL },
		                         false, NULL);
	return item(p, &token, to);
}

int parse_braces(struct parser *p, const char *wants, parse_item *item, void *to)
{
	struct token open = parser_take(p);
	int result = 0, r;

	while (skip_line_ends(p) && p->token.kind != TOKEN_CLOSE) {
		if (!p->room) {
			result = parser_error(p, &p->token,
			                      "more than %d elements; for large "
			                      "sets there is: set NAME = file \"PATH\"",
			                      RULES_MAX_LIST);
			while (skip_line_ends(p) && p->token.kind != TOKEN_CLOSE)
				parser_take(p);
			break;
		}
		p->room--;
		r = parse_element(p, wants, item, to);
		if (r == -ENOMEM)
			return r;
		result = r ?: result;
		if (!skip_line_ends(p) || p->token.kind == TOKEN_CLOSE)
			break;
		if (goes_on_behind(&p->token))
			break;
		if (p->token.kind == TOKEN_COMMA)
			parser_take(p);
		else
			result = parser_error(p, &p->token, "a ',' is missing before this");
	}
	if (p->token.kind != TOKEN_CLOSE)
		return parser_error(p, &open, "the list that begins here is not closed");
	parser_take(p);
	return result;
}

int parse_list(struct parser *p, const char *wants, parse_item *item, void *to)
{
	size_t room = p->room;
	struct token open = p->token;
	int r;

	if (p->token.kind == TOKEN_OPEN) {
		r = parse_braces(p, wants, item, to);
		if (!r && p->room == room)
			r = parser_error(p, &open, "a list without elements");
		return r;
	}
	/* The end of the line stays for who reads the line. */
	if (parser_at_line_end(p))
		return parser_error(p, &p->token, "%s is wanted here", wants);
	return parse_element(p, wants, item, to);
}

int parse_prefix_item(struct parser *p, const struct token *item, void *to)
{
	struct prefix_list *list = to;
	char text[PREFIX_TEXT_SIZE];
	struct prefix prefix;

	if (list->hosts_only && memchr(item->text, '/', item->len))
		return parser_error(p, item, "'%.*s' is a net, not a host: write net %.*s",
		                    TOKEN_TEXT(item), TOKEN_TEXT(item));
	switch (prefix_parse(item->text, item->len, &prefix)) {
	case PREFIX_OK:
		break;
	case PREFIX_BAD_LENGTH:
		return parser_error(p, item, "the length of the prefix is not 0-%u",
		                    prefix_bits(prefix.family));
	case PREFIX_HOST_BITS:
		return parser_error(p, item, "bits behind the prefix are set; did you mean %s?",
		                    prefix_print(text, &prefix));
	default:
		if (*item->text == '@')
			return parser_error(p, item, "a set stands alone, as in: src @NAME");
		return parser_error(p, item, "'%.*s' is not %s; names are not looked up",
		                    TOKEN_TEXT(item),
		                    list->hosts_only ? "an address" : "an address or a prefix");
	}
	if (!ARRAY_RESERVE(list->prefixes, list->n))
		return -ENOMEM;
	list->prefixes[list->n++] = prefix;
	list->has_net |= prefix.len < prefix_bits(prefix.family);
	return 0;
}

bool parse_digits(const char *text, size_t len, uint32_t max, uint32_t *ret)
{
	uint64_t value = 0;

	if (!len || len > 10 || (*text == '0' && len > 1))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (text[i] - '0');
	}
	*ret = value;
	return value <= max;
}

/* LO-HI, a number, or a name of one. */
static bool find_range(const struct token *item, const struct field *field, struct range *ret)
{
	const struct name *name;
	const char *dash = memchr(item->text, '-', item->len);
	size_t lo_len = dash ? (size_t)(dash - item->text) : item->len;

	name = field->names ? name_find(field->names, item->text, item->len) : NULL;
	if (name) {
		*ret = (struct range){ name->value, name->value };
		return true;
	}
	if (!parse_digits(item->text, lo_len, field->max, &ret->lo))
		return false;
	ret->hi = ret->lo;
	return !dash || parse_digits(dash + 1, item->len - lo_len - 1, field->max, &ret->hi);
}

static int complain_of_range(struct parser *p, const struct token *item, const struct field *field)
{
	const struct name *service = NULL;

	if (field->kind == MATCH_PORT)
		service = service_find(item->text, item->len);
	if (service)
		return parser_error(p, item, "ports are numbers; %s is %u", service->text,
		                    service->value);
	if (memchr(item->text, ':', item->len))
		return parser_error(p, item, "'%.*s' is not %s; a range is written LO-HI",
		                    TOKEN_TEXT(item), field->wants);
	return parser_error_word(p, item, field->wants,
	                         (const struct name *const[]){ field->names, NULL }, false, NULL);
}

int parse_range_item(struct parser *p, const struct token *item, void *to)
{
	struct range_list *list = to;
	struct range range;

	if (!find_range(item, list->field, &range))
		return complain_of_range(p, item, list->field);
	if (range.lo > range.hi)
		return parser_error(p, item, "a range that runs backwards; did you mean %u-%u?",
		                    range.hi, range.lo);
	if (!ARRAY_RESERVE(list->ranges, list->n))
		return -ENOMEM;
	list->ranges[list->n++] = range;
	return 0;
}

int parse_name(struct parser *p, const struct token *token, const char *what,
               char ret_name[static RULES_NAME_SIZE])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	static const char others[] = "0123456789.-";

	if (token->len >= RULES_NAME_SIZE)
		return parser_error(p, token, "the name of a %s has %d characters at most", what,
		                    RULES_NAME_SIZE - 1);
	for (size_t i = 0; i < token->len; i++) {
		char c = token->text[i];

		if (!strchr(letters, c) && (!i || !strchr(others, c)))
			return parser_error(p, token,
			                    "the name of a %s is letters, digits, '_', '-' and "
			                    "'.', and begins with a letter or '_'",
			                    what);
	}
	if (!token->len)
		return parser_error(p, token, "the name of a %s is wanted here", what);
	memset(ret_name, 0, RULES_NAME_SIZE);
	memcpy(ret_name, token->text, token->len);
	return 0;
}
