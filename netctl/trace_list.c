/* SPDX-License-Identifier: GPL-2.0-only */
/* netctl trace list: what can be traced here, and what else of BPF this kernel offers. */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/kern/features.h"
#include "lib/trace/event.h"
#include "lib/trace/tracefs.h"
#include "netctl/commands.h"

struct list {
	const char *pattern; /* NULL: everything */
	bool json, verbose;
	size_t shown;
};

/* The pattern is for all of a name or any part of it. */
static bool is_asked_for(struct list *list, const char *name)
{
	auto_free char *part = NULL;

	if (!list->pattern || !fnmatch(list->pattern, name, 0))
		return true;
	return asprintf(&part, "*%s*", list->pattern) >= 0 && !fnmatch(part, name, 0);
}

/* --- what the kernel offers --- */

static int show_feature(void *context, const struct feature *feature)
{
	struct list *list = context;

	if (!is_asked_for(list, feature->name))
		return 0;
	list->shown++;
	if (list->json)
		return json_print(json_pack("{s:s,s:b}", feature->kind, feature->name, "offered",
		                            feature->offered));
	printf("%-8s %-24s %s\n", feature->kind, feature->name, feature->offered ? "yes" : "no");
	return 0;
}

/* --- tracepoints --- */

static json_t *fields_json(const struct event_format *format)
{
	json_t *fields = json_array();

	for (size_t i = 0; i < format->field_count; i++) {
		const struct event_field *field = &format->fields[i];

		json_array_append_new(fields,
		                      json_pack("{s:s,s:s,s:i,s:i,s:b}", "name", field->name,
		                                "type", field->type, "offset", field->offset,
		                                "size", field->size, "signed", field->is_signed));
	}
	return fields;
}

static void print_fields(const struct event_format *format)
{
	for (size_t i = 0; i < format->field_count; i++)
		printf("         %-24s %s\n", format->fields[i].name, format->fields[i].type);
}

static int show_format(const struct list *list, const char *category, const char *name)
{
	auto_event_format struct event_format format = { 0 };
	auto_free char *text = NULL;
	size_t size;
	int r = tracefs_format(category, name, &text, &size)
	                ?: event_format_read(category, name, text, size, &format);

	if (r)
		return r;
	if (list->json)
		return json_print(json_pack("{s:s,s:o}", "event", format.name, "fields",
		                            fields_json(&format)));
	print_fields(&format);
	return 0;
}

static int show_event(void *context, const char *category, const char *name)
{
	auto_free char *both = NULL;
	struct list *list = context;

	if (asprintf(&both, "%s:%s", category, name) < 0)
		return 0;
	if (!is_asked_for(list, both))
		return 0;
	list->shown++;
	if (!list->json)
		printf("%-8s %s\n", "event", both);
	return list->json || list->verbose ? show_format(list, category, name) : 0;
}

static int run_list(const struct invocation *inv)
{
	struct list list = { .pattern = inv->operand_count ? inv->operands[0] : NULL,
		             .json = inv->common.json,
		             .verbose = inv->common.verbose };
	int r;

	if (inv->operand_count > 1)
		return fail_because(ERR_USAGE, "trace list: one PATTERN at most is wanted");
	r = tracefs_need();
	if (!r)
		r = features_each(show_feature, &list);
	if (!r)
		r = tracefs_each(show_event, &list);
	if (!r && !list.shown)
		return fail_because(ERR_ABSENT, "trace list: nothing here is called '%s'",
		                    list.pattern);
	return r;
}

const struct cmd trace_list_cmd = {
	"trace list", "[PATTERN]", "what can be traced here, with -v its fields", NULL, 0, run_list
};
