/* SPDX-License-Identifier: GPL-2.0-only */
/* Text to rules; reports every mistake, not the first. */
#include "lib/rules/parse.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/rules/array.h"
#include "lib/rules/parser.h"
#include "lib/rules/policy.h"

#define LABEL_SLOTS (2 * PC_MAX_RULES) /* a power of two */

/* A policy under way. */
struct reader {
	struct parser parser; /* first: find_set() gets from one to the other */
	struct policy policy;
	struct token *first_use; /* of each set, for those that are never defined */
	unsigned default_line[PC_DIRECTION_COUNT];
	uint16_t labels[LABEL_SLOTS]; /* by hash, then the next free one: index of the rule + 1 */
};

static void cleanup_reader(struct reader **reader)
{
	if (!*reader)
		return;
	policy_free(&(*reader)->policy);
	free((*reader)->first_use);
	free(*reader);
}

/* A set that is mentioned before it is defined is there from then on, with a place of 0. */
static int add_set(struct reader *reader, const struct token *token, const char *name,
                   size_t *ret_set)
{
	struct policy *policy = &reader->policy;
	struct set set = { 0 };

	*ret_set = policy_find_set(policy, name);
	if (*ret_set < policy->n_sets)
		return 0;
	if (policy->n_sets == RULES_MAX_SETS)
		return parser_error(&reader->parser, token, "more than %d sets", RULES_MAX_SETS);
	if (!ARRAY_RESERVE(policy->sets, policy->n_sets) ||
	    !ARRAY_RESERVE(reader->first_use, policy->n_sets))
		return -ENOMEM;
	memcpy(set.name, name, RULES_NAME_SIZE);
	reader->first_use[policy->n_sets] = *token;
	policy->sets[policy->n_sets++] = set;
	return 0;
}

static int find_or_add_set(struct parser *p, const struct token *token, const char *name,
                           size_t *ret_set)
{
	return add_set((struct reader *)p, token, name, ret_set);
}

static int parse_default(struct reader *reader)
{
	struct parser *p = &reader->parser;
	struct token word = parser_take(p), token;
	const struct name *verdict;
	bool ways[PC_DIRECTION_COUNT];
	int result = parse_directions(p, &ways[PC_IN], &ways[PC_OUT]);

	verdict = parser_name(p, words_verdicts);
	token = p->token;
	if (!verdict)
		return parser_error_word(
			p, &token, "pass or drop",
			(const struct name *const[]){ words_verdicts, words_directions, NULL },
			false, NULL);
	parser_take(p);
	for (int way = 0; way < PC_DIRECTION_COUNT; way++) {
		if (ways[way] && reader->default_line[way])
			result = parser_error(p, &word, "a second default for %s; line %u has one",
			                      name_of(words_directions, way)->text,
			                      reader->default_line[way]);
		if (ways[way]) {
			reader->policy.drops[way] = verdict->value;
			reader->default_line[way] = word.at.line;
		}
	}
	return result;
}

/* The path between the quotes; a backslash stands before a quote or a backslash. */
static int parse_path(struct parser *p, struct set *set)
{
	struct token token = p->token;
	size_t len = 0;

	if (token.kind != TOKEN_STRING)
		return parser_error(p, &token, "a path in quotes is wanted here");
	parser_take(p);
	/* Without its closing quote it has been reported already. */
	if (token.len < 2 || token.text[token.len - 1] != '"')
		return -EINVAL;
	if (token.len == 2)
		return parser_error(p, &token, "a path without characters");
	if (token.len > PATH_MAX)
		return parser_error(p, &token, "a path longer than %d bytes", PATH_MAX - 2);
	set->file = malloc(token.len);
	if (!set->file)
		return -ENOMEM;
	for (size_t i = 1; i < token.len - 1; i++) {
		i += token.text[i] == '\\' && i + 2 < token.len;
		set->file[len++] = token.text[i];
	}
	set->file[len] = '\0';
	return 0;
}

static int parse_elements(struct parser *p, struct set *set)
{
	struct prefix_list list = { 0 };
	int r;

	p->room = RULES_MAX_LIST;
	r = parse_braces(p, "an address or a prefix", parse_prefix_item, &list);
	set->prefixes = list.prefixes;
	set->n_prefixes = prefixes_sort(list.prefixes, list.n);
	return r;
}

static int parse_contents(struct parser *p, struct set *set)
{
	if (parser_name(p, words_file)) {
		parser_take(p);
		return parse_path(p, set);
	}
	if (p->token.kind == TOKEN_OPEN)
		return parse_elements(p, set);
	return parser_error(p, &p->token, "a list in braces or file \"PATH\" is wanted here");
}

static int parse_set(struct reader *reader)
{
	struct parser *p = &reader->parser;
	struct token name = (parser_take(p), p->token);
	char text[RULES_NAME_SIZE];
	struct set *set;
	size_t index;
	int r, result = 0;

	if (name.kind != TOKEN_WORD)
		return parser_error(p, &name, "the name of a set is wanted here");
	parser_take(p);
	r = parse_name(p, &name, "set", text) ?: add_set(reader, &name, text, &index);
	if (r)
		return r;
	set = &reader->policy.sets[index];
	if (set->at.line)
		return parser_error(p, &name, "a second set '%s'; line %u has one", text,
		                    set->at.line);
	set->at = name.at;
	if (p->token.kind == TOKEN_EQUALS)
		parser_take(p);
	else
		result = parser_error(p, &p->token, "a '=' is missing before this");
	return parse_contents(p, set) ?: result;
}

static uint16_t *label_slot(struct reader *reader, const char *label)
{
	uint32_t hash = 2166136261u; /* FNV-1a */
	uint16_t *slot;

	for (const char *c = label; *c; c++)
		hash = (hash ^ (uint8_t)*c) * 16777619u;
	do {
		slot = &reader->labels[hash++ & (LABEL_SLOTS - 1)];
	} while (*slot && strcmp(reader->policy.rules[*slot - 1].label, label) != 0);
	return slot;
}

/* What stands before the first colon of a line, if there is one. What follows the colon directly is
 * the next token. */
static int parse_label(struct parser *p, char ret_label[static RULES_NAME_SIZE],
                       struct token *ret_token)
{
	struct token token = p->token;
	const char *colon = NULL;

	if (token.kind == TOKEN_WORD)
		colon = memchr(token.text, ':', token.len);
	ret_label[0] = '\0';
	if (!colon)
		return 0;
	*ret_token = token;
	ret_token->len = colon - token.text;
	if (colon + 1 == token.text + token.len) {
		parser_take(p);
	} else {
		p->token.text = colon + 1;
		p->token.len -= ret_token->len + 1;
		p->token.at.column += ret_token->len + 1;
	}
	return parse_name(p, ret_token, "label", ret_label);
}

static int parse_policy_rule(struct reader *reader)
{
	struct policy *policy = &reader->policy;
	struct rule rule = { 0 };
	struct token label;
	uint16_t *slot;
	int r, result;

	result = parse_label(&reader->parser, rule.label, &label);
	r = parse_rule(&reader->parser, &rule);
	if (r != -ENOMEM && !ARRAY_RESERVE(policy->rules, policy->n_rules))
		r = -ENOMEM;
	if (r == -ENOMEM) {
		rule_free(&rule);
		return r;
	}
	policy->rules[policy->n_rules++] = rule;
	if (*rule.label) {
		slot = label_slot(reader, rule.label);
		if (*slot)
			r = parser_error(&reader->parser, &label,
			                 "a second rule '%s'; line %u has one", rule.label,
			                 policy->rules[*slot - 1].at.line);
		else
			*slot = policy->n_rules;
	}
	return r ?: result;
}

static int parse_statement(struct reader *reader)
{
	const struct name *statement = parser_name(&reader->parser, words_statements);

	if (!statement)
		return parse_policy_rule(reader);
	return statement->value == STATEMENT_SET ? parse_set(reader) : parse_default(reader);
}

/* Whatever is left of the line after a mistake is not looked at; without one there may be nothing.
 */
static int finish_line(struct parser *p, int result)
{
	if (!result && !parser_at_line_end(p))
		result = parser_error(p, &p->token, "nothing more is wanted in this line");
	while (!parser_at_line_end(p))
		parser_take(p);
	return result;
}

static int parse_statements(struct reader *reader)
{
	struct parser *p = &reader->parser;
	int r;

	while (p->token.kind != TOKEN_END) {
		if (p->token.kind == TOKEN_NEWLINE) {
			parser_take(p);
			continue;
		}
		if (reader->policy.n_rules == PC_MAX_RULES && !parser_name(p, words_statements)) {
			return parser_error(p, &p->token, "more than %d rules", PC_MAX_RULES);
		}
		r = finish_line(p, parse_statement(reader));
		if (r == -ENOMEM)
			return r;
	}
	return 0;
}

static void find_undefined_sets(struct reader *reader)
{
	struct name *names = calloc(reader->policy.n_sets + 1, sizeof(*names));
	size_t n = 0;

	for (size_t i = 0; names && i < reader->policy.n_sets; i++) {
		if (reader->policy.sets[i].at.line)
			names[n++].text = reader->policy.sets[i].name;
	}
	for (size_t i = 0; i < reader->policy.n_sets; i++) {
		const char *name = reader->policy.sets[i].name, *like = NULL;

		if (reader->policy.sets[i].at.line)
			continue;
		if (names)
			like = word_like(name, strlen(name),
			                 (const struct name *const[]){ names, NULL }, false);
		parser_error(&reader->parser, &reader->first_use[i], "there is no set '%s'%s%s%s",
		             name, like ? "; did you mean '" : "", like ?: "", like ? "'?" : "");
	}
	free(names);
}

int policy_parse(const char *file, const char *text, size_t len, struct policy *ret_policy,
                 struct diag *diag)
{
	__attribute__((cleanup(cleanup_reader))) struct reader *reader = calloc(1, sizeof(*reader));
	size_t first_item = diag->n_items, errors = diag->errors;
	int r;

	if (!reader)
		return -ENOMEM;
	parser_begin(&reader->parser, file, text, len, diag);
	reader->parser.find_set = find_or_add_set;
	r = parse_statements(reader);
	if (r == -ENOMEM)
		return r;
	find_undefined_sets(reader);
	diag_sort(diag, first_item);
	*ret_policy = reader->policy;
	reader->policy = (struct policy){ 0 };
	return diag->errors > errors ? -EINVAL : 0;
}

/* A rule for a policy that is there. */
struct addition {
	struct parser parser; /* first: find_known_set() gets from one to the other */
	const struct policy *policy;
};

static int find_known_set(struct parser *p, const struct token *token, const char *name,
                          size_t *ret_set)
{
	const struct policy *policy = ((struct addition *)p)->policy;

	*ret_set = policy_find_set(policy, name);
	if (*ret_set == policy->n_sets)
		return parser_error(p, token, "there is no set '%s' in the policy", name);
	return 0;
}

int rule_parse(const char *file, const char *text, size_t len, const struct policy *policy,
               struct rule *ret_rule, struct diag *diag)
{
	struct addition addition = { .policy = policy };
	struct parser *p = &addition.parser;
	auto_rule struct rule rule = { 0 };
	size_t errors = diag->errors;
	struct token label;
	int r;

	parser_begin(p, file, text, len, diag);
	p->find_set = find_known_set;
	while (p->token.kind == TOKEN_NEWLINE)
		parser_take(p);
	parse_label(p, rule.label, &label);
	if (*rule.label && policy_find_label(policy, rule.label) < policy->n_rules)
		parser_error(p, &label, "the policy has a rule '%s' already", rule.label);
	r = parse_rule(p, &rule);
	if (r == -ENOMEM)
		return r;
	while (p->token.kind == TOKEN_NEWLINE)
		parser_take(p);
	if (!r && p->token.kind != TOKEN_END)
		parser_error(p, &p->token, "one rule is wanted, not more");
	if (diag->errors > errors)
		return -EINVAL;
	*ret_rule = rule;
	rule = (struct rule){ 0 };
	return 0;
}
