/* SPDX-License-Identifier: GPL-2.0-only */
/* How policies and rules look: the JSON keys and the columns, in one place. */
#include "netctl/rules_view.h"

#include <stdio.h>

#include "lib/base/cleanup.h"
#include "lib/base/table.h"
#include "lib/rules/print.h"
#include "lib/rules/words.h"

json_t *rules_view_summary(const struct pins *pins, const struct commit_brief *brief)
{
	json_t *pending = brief->pending ? json_pack("{s:f}", "seconds_left", brief->seconds_left)
	                                 : json_null();

	return json_pack("{s:s, s:o, s:I, s:{s:s, s:s}, s:o}", "ifname", pins->ifname, "netns",
	                 json_text(pins->netns), "generation", (json_int_t)brief->generation,
	                 "default", "in", commit_brief_default(brief, PC_IN), "out",
	                 commit_brief_default(brief, PC_OUT), "pending", pending);
}

static json_t *rule_json(const struct policy *policy, size_t index, const struct pc_counter *count)
{
	const struct rule *rule = &policy->rules[index];
	auto_free char *text = rule_print(rule, policy);

	return json_pack("{s:I, s:o, s:s, s:s, s:I, s:I}", "index", (json_int_t)index + 1, "label",
	                 json_text(rule->label), "rule", text ?: "", "action",
	                 name_of(words_actions, rule->action)->text, "packets",
	                 (json_int_t)count->packets, "bytes", (json_int_t)count->bytes);
}

json_t *rules_view_json(const struct pins *pins, const struct commit_state *state,
                        const struct pc_counter *counts)
{
	json_t *interface = rules_view_summary(pins, &state->brief), *rules = json_array();

	for (size_t i = 0; i < state->policy.n_rules; i++)
		json_array_append_new(rules, rule_json(&state->policy, i, &counts[i]));
	json_object_set_new(interface, "rules", rules);
	return interface;
}

void rules_view_text(const struct pins *pins, const struct commit_state *state,
                     const struct pc_counter *counts)
{
	const struct policy *policy = &state->policy;
	auto_table struct table *table = table_new("rllrr");
	char brief[COMMIT_BRIEF_SIZE];

	printf("%s: %s\n", pins_name(pins), commit_brief_text(&state->brief, brief));
	if (!policy->n_rules)
		return;
	table_cell(table, "#");
	table_cell(table, "label");
	table_cell(table, "rule");
	table_cell(table, "packets");
	table_cell(table, "bytes");
	for (size_t i = 0; i < policy->n_rules; i++) {
		auto_free char *text = rule_print(&policy->rules[i], policy);

		table_cell(table, "%zu", i + 1);
		table_cell(table, "%s", policy->rules[i].label);
		table_cell(table, "%s", text ?: "");
		table_cell(table, "%llu", (unsigned long long)counts[i].packets);
		table_cell(table, "%llu", (unsigned long long)counts[i].bytes);
	}
	table_print(table, "  ", stdout);
}

json_t *rules_view_diag(const struct diag *diag)
{
	json_t *of[] = { [SEVERITY_ERROR] = json_array(), [SEVERITY_WARNING] = json_array() };

	for (size_t i = 0; i < diag->n_items; i++) {
		const struct diag_item *item = &diag->items[i];

		json_array_append_new(of[item->severity],
		                      json_pack("{s:s, s:I, s:I, s:s}", "file", item->file, "line",
		                                (json_int_t)item->at.line, "column",
		                                (json_int_t)item->at.column, "message",
		                                item->message));
	}
	return json_pack("{s:o, s:o}", "errors", of[SEVERITY_ERROR], "warnings",
	                 of[SEVERITY_WARNING]);
}
