/* SPDX-License-Identifier: GPL-2.0-only */
/* The filter on a tracepoint's fields: from words to what the program compares. */
#include "lib/trace/event_filter.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"

struct operator
{
	const char *sign;
	unsigned outcomes;
};

/* The longer ones first. */
static const struct operator operators[] = {
	{ "==", PC_EVENT_EQUAL },
	{ "!=", PC_EVENT_LESS | PC_EVENT_GREATER },
	{ "<=", PC_EVENT_LESS | PC_EVENT_EQUAL },
	{ ">=", PC_EVENT_GREATER | PC_EVENT_EQUAL },
	{ "<", PC_EVENT_LESS },
	{ ">", PC_EVENT_GREATER },
};

/* --- fields --- */

static enum pc_event_source source_of(const struct event_field *field)
{
	if (field->kind == EVENT_STRING)
		return field->located ? PC_EVENT_LOCATED : PC_EVENT_CHARS;
	return field->string >= 0 ? PC_EVENT_POINTED : PC_EVENT_NUMBER;
}

/* Of these one value can be told from another. */
static bool is_comparable(const struct event_field *field)
{
	return field->kind == EVENT_STRING ||
	       ((field->kind == EVENT_NUMBER || field->kind == EVENT_POINTER) && !field->located);
}

static int no_field(const struct event_format *format, const char *name)
{
	auto_free char *list = NULL;
	size_t size;
	FILE *to = open_memstream(&list, &size);

	if (!to)
		return fail(ENOMEM, "--filter");
	for (size_t i = 0; i < format->field_count; i++) {
		if (is_comparable(&format->fields[i]))
			fprintf(to, "%s%s", ftell(to) ? ", " : "", format->fields[i].name);
	}
	fclose(to);
	return fail_because(ERR_USAGE, "--filter: %s has no field '%s' to compare; it has %s",
	                    format->name, name, *list ? list : "none");
}

/* --- values --- */

static int out_of_range(const struct event_field *field, const char *value)
{
	return fail_because(ERR_USAGE, "--filter: '%s' is not in the range of %s, %s of %u bits",
	                    value, field->name,
	                    field->is_signed ? "a signed number" : "a number from 0",
	                    field->size * 8);
}

static bool is_in_range(const struct event_field *field, bool negative, uint64_t magnitude)
{
	unsigned bits = field->size * 8 - field->is_signed;
	uint64_t max = bits == 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;

	if (negative && magnitude)
		return field->is_signed && magnitude - 1 <= max;
	return magnitude <= max;
}

static int read_number(const struct event_field *field, const char *value,
                       struct pc_event_term *term)
{
	bool negative = *value == '-';
	const char *digits = value + negative;
	uint64_t magnitude;
	char *end;

	errno = 0;
	magnitude = strtoull(digits, &end, 0);
	if (!isdigit((unsigned char)*digits) || *end)
		return fail_because(ERR_USAGE, "--filter: '%s' is not a number, as %s is", value,
		                    field->name);
	if (errno || !is_in_range(field, negative, magnitude))
		return out_of_range(field, value);
	term->number = negative ? -magnitude : magnitude;
	return 0;
}

static int read_string(const struct event_field *field, const char *value,
                       struct pc_event_term *term)
{
	size_t len = strlen(value);

	if (term->outcomes != PC_EVENT_EQUAL &&
	    term->outcomes != (PC_EVENT_LESS | PC_EVENT_GREATER))
		return fail_because(ERR_USAGE, "--filter: %s is a string: == or != is wanted",
		                    field->name);
	/* One character more is read of what it is compared with. */
	if (len > PC_EVENT_TERM_STRING - 2)
		return fail_because(ERR_USAGE, "--filter: %s is compared up to %d characters",
		                    field->name, PC_EVENT_TERM_STRING - 2);
	memcpy(term->string, value, len);
	return 0;
}

/* --- conditions --- */

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

static const struct operator* take_operator(const char **text)
{
	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
		size_t len = strlen(operators[i].sign);

		if (strncmp(*text, operators[i].sign, len) != 0)
			continue;
		*text = skip_blanks(*text + len);
		return &operators[i];
	}
	return NULL;
}

/* A value up to its closing quote, or to && or the end without the blanks before that. NULL: the
 * quote is not closed, or no memory. */
static char *take_value(const char **text)
{
	char quote = **text == '"' || **text == '\'' ? **text : '\0';
	const char *from = *text + (quote != '\0');
	const char *end = quote ? strchr(from, quote) : strstr(from, "&&");
	size_t len;

	if (quote && !end)
		return NULL;
	len = end ? (size_t)(end - from) : strlen(from);
	*text = skip_blanks(from + len + (quote != '\0'));
	while (!quote && len && isblank((unsigned char)from[len - 1]))
		len--;
	return strndup(from, len);
}

static char *take_name(const char **text)
{
	size_t len = strspn(*text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	                           "0123456789_");
	char *name = strndup(*text, len);

	*text = skip_blanks(*text + len);
	return name;
}

static int read_term(const struct event_format *format, const char **text,
                     struct pc_event_term *term)
{
	const char *all = *text;
	auto_free char *name = take_name(text);
	const struct operator* operator= take_operator(text);
	auto_free char *value = operator? take_value(text) : NULL;
	const struct event_field *field;

	if (!name || !*name || !value || (**text && strncmp(*text, "&&", 2) != 0))
		return fail_because(ERR_USAGE,
		                    "--filter '%s': FIELD OP VALUE is wanted, OP one of "
		                    "== != < <= > >=",
		                    all);
	field = event_field(format, name);
	if (!field || !is_comparable(field))
		return no_field(format, name);
	*term = (struct pc_event_term){ .at = { field->offset, field->relative },
		                        .size = field->size,
		                        .source = source_of(field),
		                        .is_signed = field->is_signed,
		                        .outcomes = operator->outcomes };
	return term->source == PC_EVENT_NUMBER ? read_number(field, value, term)
	                                       : read_string(field, value, term);
}

int event_filter_read(const struct event_format *format, const char *text,
                      struct pc_event_wanted *wanted)
{
	int r;

	for (;;) {
		text = skip_blanks(text);
		if (wanted->term_count == PC_EVENT_MAX_TERMS)
			return fail_because(ERR_USAGE, "--filter: more than %d conditions",
			                    PC_EVENT_MAX_TERMS);
		r = read_term(format, &text, &wanted->terms[wanted->term_count]);
		if (r)
			return r;
		wanted->term_count++;
		if (!*text)
			return 0;
		text += strlen("&&");
	}
}
