/* SPDX-License-Identifier: GPL-2.0-only */
/* netctl explain: what becomes of a packet, which rule says so, and why no earlier one did. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/table.h"
#include "lib/kern/summary.h"
#include "lib/packet/capture.h"
#include "lib/packet/describe.h"
#include "lib/rules/match.h"
#include "lib/rules/print.h"
#include "netctl/answer.h"
#include "netctl/commands.h"
#include "netctl/select.h"

/* What was asked, and all that is said of it. */
struct explanation {
	struct pins pins;
	struct frame frame;
	struct match_packet packet;
	struct answer answer;
};

static void explanation_free(struct explanation **e)
{
	if (!*e)
		return;
	answer_free(&(*e)->answer);
	free(*e);
}

/* --- the packet */

static bool begins_with_hex(const char *text)
{
	size_t word;

	text += strspn(text, " \t\n");
	word = strcspn(text, " \t\n");
	return word && strspn(text, "0123456789abcdefABCDEFxX:") >= word;
}

/* "pcap FILE N". */
static int frame_from_capture(const char *text, struct frame *ret_frame)
{
	auto_free char *file = strdup(text + strlen("pcap "));
	char *number = file ? strrchr(file, ' ') : NULL, *end;
	unsigned long n = 0;

	if (!file)
		return fail(ENOMEM, "explain");
	if (number) {
		*number++ = '\0';
		n = strtoul(number, &end, 10);
	}
	if (!n || n > UINT32_MAX || *end || number[strspn(number, "0123456789")])
		return fail_because(ERR_USAGE, "'%s': pcap FILE N is wanted, N from 1", text);
	return capture_read(file, n, ret_frame);
}

static int frame_from_text(const char *text, struct frame *ret_frame)
{
	struct mistake mistake;
	struct description description;
	int r;

	if (!strncmp(text, "pcap ", 5))
		return frame_from_capture(text, ret_frame);
	if (begins_with_hex(text)) {
		r = frame_from_hex(text, ret_frame, &mistake);
	} else {
		r = describe_packet(text, &description, &mistake);
		if (!r)
			describe_build(&description, ret_frame);
	}
	return r ? fail_because(ERR_USAGE, "'%s', column %zu: %s is wanted", text, mistake.column,
	                        mistake.expected)
	         : 0;
}

static bool is_direction(const char *word, enum pc_direction *ret_direction)
{
	*ret_direction = strcmp(word, "out") ? PC_IN : PC_OUT;
	return !strcmp(word, "in") || !strcmp(word, "out");
}

/* [IFACE] in|out PACKET: an interface may be called "in". */
static int read_operands(const struct invocation *inv, int *ret_names, struct explanation *e)
{
	auto_free char *text = NULL;
	int names = inv->operand_count > 1 && is_direction(inv->operands[1], &e->packet.direction);

	if (inv->operand_count < names + 2 ||
	    !is_direction(inv->operands[names], &e->packet.direction))
		return fail_because(ERR_USAGE,
		                    "explain: an interface, in or out, and a packet in quotes are "
		                    "wanted: explain eth0 in 'tcp 10.0.0.1:4000 > 10.0.0.2:80'");
	*ret_names = names;
	text = cmd_joined(inv->operand_count - names - 1, inv->operands + names + 1);
	return text ? frame_from_text(text, &e->frame) : fail(ENOMEM, "explain");
}

/* --- why */

/* Sockets are not looked at from here: whether one has the packet's connection is told by the
 * answer, where a rule asks. */
static void compare(struct explanation *e)
{
	for (int established = 0; established < 2; established++) {
		e->packet.established = established;
		if (match_policy(&e->answer.state.policy, &e->packet) == e->answer.decided)
			return;
	}
	e->packet.established = false;
	warn("%s: the programs attached read the rules in another way than this one: theirs is the "
	     "verdict",
	     pins_name(&e->pins));
}

/* Nothing, where a rule only counts the packet. */
static const char *lacks(const struct explanation *e, size_t index, char why[static MATCH_WHY_SIZE])
{
	const struct policy *policy = &e->answer.state.policy;

	return match_rule(policy, &policy->rules[index], &e->packet, why) ? NULL : why;
}

/* --- what it looks like */

static json_t *rule_json(const struct explanation *e, size_t index)
{
	const struct policy *policy = &e->answer.state.policy;
	auto_free char *text = rule_print(&policy->rules[index], policy);
	char why[MATCH_WHY_SIZE];

	return json_pack("{s:I, s:o, s:s, s:o}", "rule", (json_int_t)index + 1, "label",
	                 json_text(policy->rules[index].label), "text", text ?: "", "lacks",
	                 json_text(lacks(e, index, why)));
}

static int say_json(const struct explanation *e)
{
	const struct rule *rule = answer_rule(&e->answer);
	auto_free char *text = rule ? rule_print(rule, &e->answer.state.policy) : NULL;
	json_t *rules = json_array();

	for (size_t i = 0; e->answer.run.enforces && i < e->answer.decided; i++)
		json_array_append_new(rules, rule_json(e, i));
	return json_print(json_pack(
		"{s:s, s:s, s:o, s:o, s:o, s:s, s:o}", "verdict", answer_verdict(&e->answer),
		"reason", reason_tokens[e->answer.run.decision.reason], "rule",
		rule ? json_integer(e->answer.decided + 1) : json_null(), "label",
		json_text(rule ? rule->label : NULL), "text", json_text(text), "hook",
		hook_tokens[e->answer.run.hook], "rules", rules));
}

static void say_decision(const struct explanation *e)
{
	const struct rule *rule = answer_rule(&e->answer);
	const char *direction = e->packet.direction == PC_IN ? "in" : "out";
	auto_free char *text = rule ? rule_print(rule, &e->answer.state.policy) : NULL;

	if (!e->answer.run.enforces)
		printf("nothing enforces the policy on the way %s\n", direction);
	else if (rule)
		printf("rule %zu: %s%s%s\n", e->answer.decided + 1, rule->label,
		       *rule->label ? ": " : "", text ?: "");
	else
		printf("no rule decides: default %s %s\n", direction,
		       e->answer.state.policy.drops[e->packet.direction] ? "drop" : "pass");
}

static int say_text(const struct explanation *e)
{
	const struct policy *policy = &e->answer.state.policy;
	auto_table struct table *table = table_new("rll");
	char text[HEADERS_TEXT_SIZE];

	printf("%s %s: %s\n", pins_name(&e->pins), e->packet.direction == PC_IN ? "in" : "out",
	       headers_text(&e->packet.headers, text));
	printf("%s at %s: %s\n", answer_verdict(&e->answer), hook_tokens[e->answer.run.hook],
	       reason_sentences[e->answer.run.decision.reason]);
	say_decision(e);
	for (size_t i = 0; e->answer.run.enforces && i < e->answer.decided; i++) {
		auto_free char *rule = rule_print(&policy->rules[i], policy);
		char why[MATCH_WHY_SIZE];

		table_cell(table, "%zu", i + 1);
		table_cell(table, "%s", rule ?: "");
		table_cell(table, "%s", lacks(e, i, why) ?: "counts it");
	}
	table_print(table, "  ", stdout);
	return 0;
}

/* --- the command */

static int run_explain(const struct invocation *inv)
{
	__attribute__((cleanup(explanation_free))) struct explanation *e = calloc(1, sizeof(*e));
	struct invocation about = *inv;
	int names = 0, r;

	if (!e)
		return fail(ENOMEM, "explain");
	r = read_operands(inv, &names, e);
	about.operand_count = names;
	if (!r)
		r = select_one(&about, 0, &e->pins);
	if (!r)
		r = answer_ask(&e->pins, e->packet.direction, e->frame.bytes, e->frame.len,
		               &e->answer);
	if (r)
		return r;
	dissect(e->frame.bytes, e->frame.len, &e->packet.headers);
	if (e->answer.run.other_text)
		warn("%s: what is attached is of another version than this program; loader detach "
		     "and loader attach --restore renew it",
		     pins_name(&e->pins));
	if (e->answer.run.enforces)
		compare(e);
	return inv->common.json ? say_json(e) : say_text(e);
}

const struct cmd explain_cmd = { "explain",
	                         "[IFACE] in|out 'PACKET'",
	                         "what becomes of a packet, and which rule says so",
	                         NULL,
	                         0,
	                         run_explain };
