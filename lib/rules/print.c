/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules to the one text that says them, which parses back to the same rules. */
#include "lib/rules/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/packet/words.h"
#include "lib/rules/prefix.h"
#include "lib/rules/words.h"

#define LINE_WIDTH 100 /* of sets; a rule is one line however long */

static void print_range(FILE *to, const struct range *range, const struct field *field,
                        const char *names)
{
	const struct name *name = NULL;

	if (range->lo != range->hi) {
		fprintf(to, "%u-%u", range->lo, range->hi);
		return;
	}
	for (name = field->names; name && name->text; name++) {
		if (name->value == range->lo && !strncmp(name->text, names, strlen(names)))
			break;
	}
	if (name && name->text)
		fputs(name->text, to);
	else
		fprintf(to, "%u", range->lo);
}

/* `names` is how the names of single numbers must begin: those of ICMP types are of one family. */
static void print_ranges(FILE *to, const struct match *match, const struct field *field,
                         const char *names)
{
	fputs(match->n_ranges > 1 ? " { " : match->n_ranges ? " " : "", to);
	for (size_t i = 0; i < match->n_ranges; i++) {
		fputs(i ? ", " : "", to);
		print_range(to, &match->ranges[i], field, names);
	}
	fputs(match->n_ranges > 1 ? " }" : "", to);
}

static void print_prefixes(FILE *to, const struct match *match)
{
	char text[PREFIX_TEXT_SIZE];

	fputs(match->n_prefixes > 1 ? " { " : " ", to);
	for (size_t i = 0; i < match->n_prefixes; i++)
		fprintf(to, "%s%s", i ? ", " : "", prefix_print(text, &match->prefixes[i]));
	fputs(match->n_prefixes > 1 ? " }" : "", to);
}

static void print_flags(FILE *to, uint8_t flags)
{
	const struct name *name = name_of(words_flags, flags);
	char text[TCP_FLAGS_TEXT_SIZE];

	fputs(name ? name->text : tcp_flags_text(flags, text), to);
}

static void print_match(FILE *to, const struct match *match, const struct policy *policy,
                        const char *icmp_names)
{
	static const char *const sides[] = { "", "src ", "dst " };
	const struct field *field = field_of(match->kind);

	fprintf(to, "%s%s", match->negate ? "not " : "", sides[match->side]);
	switch (match->kind) {
	case MATCH_TYPE:
		fputs(words_types[match->type].text, to);
		return;
	case MATCH_SET:
		fprintf(to, "@%s", policy->sets[match->set].name);
		return;
	case MATCH_ADDR:
		fputs(match->is_net ? "net" : "host", to);
		print_prefixes(to, match);
		return;
	case MATCH_FLAGS:
		fprintf(to, "%s ", field->word);
		print_flags(to, match->flags_value);
		fputc('/', to);
		print_flags(to, match->flags_mask);
		return;
	default:
		fputs(field->word, to);
		print_ranges(to, match, field, match->kind == MATCH_ICMP_TYPE ? icmp_names : "");
	}
}

/* How the names of ICMP types begin in this rule; one that does not say its family has numbers. */
static const char *icmp_names_of(const struct rule *rule)
{
	for (size_t i = 0; i < rule->n_matches; i++) {
		const struct match *match = &rule->matches[i];

		if (match->kind != MATCH_TYPE || match->negate)
			continue;
		if (match->type == TYPE_ICMP)
			return "icmp-";
		if (match->type == TYPE_ICMP6)
			return "icmp6-";
	}
	return "none";
}

static void print_rule(FILE *to, const struct rule *rule, const struct policy *policy)
{
	const char *icmp_names = icmp_names_of(rule);

	fprintf(to, "%s %s", name_of(words_actions, rule->action)->text,
	        rule->in && rule->out ? "in,out"
	        : rule->in            ? "in"
	                              : "out");
	for (size_t i = 0; i < rule->n_matches; i++) {
		fputc(' ', to);
		print_match(to, &rule->matches[i], policy, icmp_names);
	}
	if (rule->action == PC_ACTION_LIMIT)
		fprintf(to, " rate %llu/%s burst %u%s", (unsigned long long)rule->rate,
		        rule->rate_period == 1    ? "s"
		        : rule->rate_period == 60 ? "m"
		                                  : "h",
		        rule->burst, rule->per_src ? " per src" : "");
}

static void print_path(FILE *to, const char *path)
{
	fputs("file \"", to);
	for (; *path; path++) {
		if (*path == '"' || *path == '\\')
			fputc('\\', to);
		fputc(*path, to);
	}
	fputs("\"\n", to);
}

/* In one line if they fit, else in several. */
static void print_elements(FILE *to, const struct set *set, size_t column)
{
	char text[PREFIX_TEXT_SIZE];
	size_t width = column + 4;

	for (size_t i = 0; i < set->n_prefixes && width <= LINE_WIDTH; i++)
		width += strlen(prefix_print(text, &set->prefixes[i])) + 2;
	if (width <= LINE_WIDTH) {
		fputs("{ ", to);
		for (size_t i = 0; i < set->n_prefixes; i++)
			fprintf(to, "%s%s", prefix_print(text, &set->prefixes[i]),
			        i + 1 < set->n_prefixes ? ", " : " ");
		fputs("}\n", to);
		return;
	}
	fputs("{", to);
	column = LINE_WIDTH;
	for (size_t i = 0; i < set->n_prefixes; i++) {
		size_t len = strlen(prefix_print(text, &set->prefixes[i])) + 2;

		if (column + len > LINE_WIDTH)
			column = fputs("\n       ", to) < 0 ? 0 : strlen("       ");
		fprintf(to, " %s,", text);
		column += len;
	}
	fputs("\n}\n", to);
}

static void print_set(FILE *to, const struct set *set)
{
	int column = fprintf(to, "set %s = ", set->name);

	if (set->file)
		print_path(to, set->file);
	else
		print_elements(to, set, column);
}

/* The column that rules begin in: behind the longest label. */
static int rule_column(const struct policy *policy)
{
	size_t longest = 0;

	for (size_t i = 0; i < policy->n_rules; i++) {
		size_t len = strlen(policy->rules[i].label);

		longest = len > longest ? len : longest;
	}
	return longest ? (int)longest + 2 : 0;
}

static void print_policy(FILE *to, const struct policy *policy)
{
	int column = rule_column(policy);

	for (int way = 0; way < PC_DIRECTION_COUNT; way++)
		fprintf(to, "default %s %s\n", name_of(words_directions, way)->text,
		        name_of(words_verdicts, policy->drops[way])->text);
	fputs(policy->n_sets ? "\n" : "", to);
	for (size_t i = 0; i < policy->n_sets; i++)
		print_set(to, &policy->sets[i]);
	fputs(policy->n_rules ? "\n" : "", to);
	for (size_t i = 0; i < policy->n_rules; i++) {
		const struct rule *rule = &policy->rules[i];
		int used = *rule->label ? fprintf(to, "%s:", rule->label) : 0;

		fprintf(to, "%*s", column - used, "");
		print_rule(to, rule, policy);
		fputc('\n', to);
	}
}

/* What was written to a memory stream, or NULL if not all of it was. */
static char *finish(FILE *to, char **text)
{
	bool failed = ferror(to);

	if (fclose(to) || failed) {
		free(*text);
		return NULL;
	}
	return *text;
}

char *policy_print(const struct policy *policy)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return NULL;
	print_policy(to, policy);
	return finish(to, &text);
}

char *rule_print(const struct rule *rule, const struct policy *policy)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return NULL;
	print_rule(to, rule, policy);
	return finish(to, &text);
}

char *match_print(const struct match *match, const struct policy *policy)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return NULL;
	print_match(to, match, policy, "none");
	return finish(to, &text);
}
