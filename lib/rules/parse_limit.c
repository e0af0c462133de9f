/* SPDX-License-Identifier: GPL-2.0-only */
/* What only `limit` has: rate N/s, burst N, per src. */
#include <string.h>

#include "lib/rules/parser.h"

#define MAX_RATE  1000000000
#define MAX_BURST 1000000000

/* A bucket that takes longer to fill is nobody's intention, and its clock has an end. */
#define MAX_FILL_SECONDS (7 * 24 * 3600)

/* As iptables and nftables have it; a tenth of a second's worth where that is more. */
#define LEAST_BURST 5

static const struct name multiples[] = { { "k", 1000 }, { "M", 1000000 }, { 0 } };
static const struct name periods[] = { { "s", 1 }, { "m", 60 }, { "h", 3600 }, { 0 } };

/* N, Nk or NM. */
static bool find_rate(const char *text, size_t len, uint64_t *ret)
{
	const struct name *multiple = len ? name_find(multiples, text + len - 1, 1) : NULL;
	uint32_t number;

	if (!parse_digits(text, len - !!multiple, MAX_RATE, &number))
		return false;
	*ret = (uint64_t)number * (multiple ? multiple->value : 1);
	return *ret > 0 && *ret <= MAX_RATE;
}

static int parse_rate(struct parser *p, const struct token *token, struct rule *rule)
{
	const char *slash = memchr(token->text, '/', token->len);
	const struct name *period;

	if (!slash)
		return parser_error(p, token,
		                    "a rate is packets a second, minute or hour: "
		                    "1000/s, 10k/m, 5/h");
	if (!find_rate(token->text, slash - token->text, &rule->rate)) {
		rule->rate = 0;
		return parser_error(p, token,
		                    "a rate is 1 to %d packets, with k or M for "
		                    "thousands or millions",
		                    MAX_RATE);
	}
	period = name_find(periods, slash + 1, token->text + token->len - slash - 1);
	if (!period)
		return parser_error(p, token, "a rate is per second, minute or hour: /s, /m or /h");
	rule->rate_period = period->value;
	return 0;
}

static int parse_burst(struct parser *p, const struct token *token, struct rule *rule)
{
	if (parse_digits(token->text, token->len, MAX_BURST, &rule->burst) && rule->burst)
		return 0;
	rule->burst = 0;
	return parser_error(p, token, "'%.*s' is not a number of packets, 1-%d", TOKEN_TEXT(token),
	                    MAX_BURST);
}

static int parse_per(struct parser *p, const struct token *token, struct rule *rule)
{
	const struct name *glue = name_find(words_glue, token->text, token->len);

	if (!glue || glue->value != GLUE_SRC)
		return parser_error(p, token, "'%.*s' is not src: a limit is for all, or per src",
		                    TOKEN_TEXT(token));
	rule->per_src = true;
	return 0;
}

int parse_limit(struct parser *p, const struct token *word, const struct field *field,
                struct rule *rule)
{
	bool again = field->operand == OPERAND_RATE    ? rule->rate != 0
	             : field->operand == OPERAND_BURST ? rule->burst != 0
	                                               : rule->per_src;
	struct token token;

	if (p->token.kind != TOKEN_WORD)
		return parser_error(p, &p->token, "%s is wanted here", field->wants);
	token = parser_take(p);
	if (again)
		return parser_error(p, word, "a second %s in one rule", field->word);
	switch (field->operand) {
	case OPERAND_RATE:
		return parse_rate(p, &token, rule);
	case OPERAND_BURST:
		return parse_burst(p, &token, rule);
	default:
		return parse_per(p, &token, rule);
	}
}

int finish_limit(struct parser *p, const struct token *action, struct rule *rule)
{
	uint64_t tenth;

	if (rule->action != PC_ACTION_LIMIT) {
		if (rule->rate || rule->burst || rule->per_src)
			return parser_error(p, action, "only limit has a rate, a burst or per src");
		return 0;
	}
	if (!rule->rate || !rule->rate_period)
		return parser_error(p, action,
		                    "limit without a rate: add, for example, rate 1000/s");
	tenth = rule->rate / rule->rate_period / 10;
	if (!rule->burst)
		rule->burst = tenth > LEAST_BURST ? tenth : LEAST_BURST;
	if (rule->burst * rule->rate_period / rule->rate > MAX_FILL_SECONDS)
		return parser_error(p, action,
		                    "at this rate it takes more than a week until a burst "
		                    "of %u packets is possible again",
		                    rule->burst);
	return 0;
}
