/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether it was us who dropped a packet, and by which rule. */
#include "netctl/packet_blame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/base/moment.h"
#include "lib/kern/summary.h"
#include "lib/rules/print.h"
#include "netctl/answer.h"

#define ANSWERS 256 /* that are remembered */
#define FOR_NS  1000000000ull

/* Asking takes some 0.1 s, as programs have to be loaded: after a burst, no more than half of the
 * time is spent on it, so that the events of a flood do not go unread. A slow machine has the same
 * burst. */
#define MAX_COST_NS   100000000ll
#define MAX_CREDIT_NS (20 * MAX_COST_NS)

/* All that the answer can depend on. */
struct question {
	uint64_t netns_cookie;
	uint32_t ifindex, direction;
	struct headers headers;
};

struct remembered {
	uint64_t sum;  /* of the question */
	uint64_t time; /* CLOCK_MONOTONIC, ns; 0: none */
	bool ours;
	struct blame blame;
};

struct blamer {
	const char *root;
	int64_t credit;   /* ns that may be spent on asking */
	uint64_t counted; /* up to when; CLOCK_MONOTONIC, ns */
	struct remembered answers[ANSWERS];
};

struct blamer *blamer_open(const char *root)
{
	struct blamer *blamer = calloc(1, sizeof(*blamer));

	if (blamer)
		blamer->root = root;
	else
		fail(ENOMEM, "trace packet");
	return blamer;
}

static void forget(struct remembered *answer)
{
	free(answer->blame.label);
	free(answer->blame.text);
	*answer = (struct remembered){ 0 };
}

void blamer_close(struct blamer *blamer)
{
	for (size_t i = 0; blamer && i < ANSWERS; i++)
		forget(&blamer->answers[i]);
	free(blamer);
}

/* --- whom to ask --- */

/* TC says so, and XDP by a program of the kernel's that runs it for the device. A native one drops
 * before there is a packet; the veth driver's has one all the same, and says nothing. */
static bool can_be_ours(const struct packet_step *step)
{
	return !strcmp(step->reason, "TC_INGRESS") || !strcmp(step->reason, "TC_EGRESS") ||
	       !strcmp(step->reason, "XDP") || strstr(step->location, "_xdp_");
}

static bool is_of(const struct pins *pins, const struct question *question)
{
	struct pc_meta meta;

	return pins_state(pins, &meta) == PINS_WHOLE && meta.ifindex == question->ifindex &&
	       meta.netns_cookie == question->netns_cookie;
}

static bool find_pins(const char *root, const struct question *question, struct pins *ret_pins)
{
	auto_free struct pins *list = NULL;
	size_t count = 0;

	if (pins_list(root, NULL, &list, &count))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (is_of(&list[i], question)) {
			*ret_pins = list[i];
			return true;
		}
	}
	return false;
}

/* --- what they say --- */

static void keep(const struct answer *answer, struct remembered *to)
{
	const struct rule *rule = answer_rule(answer);

	to->ours = answer->run.enforces && answer->run.decision.verdict == PC_VERDICT_DROP;
	if (!to->ours)
		return;
	to->blame.hook = hook_tokens[answer->run.hook];
	to->blame.reason = reason_tokens[answer->run.decision.reason];
	if (!rule)
		return;
	to->blame.rule = answer->decided + 1;
	to->blame.label = strdup(rule->label);
	to->blame.text = rule_print(rule, &answer->state.policy);
}

static void ask(const struct blamer *blamer, const struct question *question,
                const struct frame *frame, struct remembered *to)
{
	struct answer answer = { 0 };
	struct pins pins;

	/* An interface may go while it is asked, and some frames no program takes for a trial:
	 * then there is nothing to say. */
	err_hush(1);
	if (find_pins(blamer->root, question, &pins) &&
	    !answer_ask(&pins, question->direction == PC_PACKET_OUT ? PC_OUT : PC_IN, frame->bytes,
	                frame->len, &answer))
		keep(&answer, to);
	answer_free(&answer);
	err_hush(0);
}

static bool may_ask(struct blamer *blamer, uint64_t now)
{
	blamer->credit += (int64_t)(now - blamer->counted) / 2;
	if (blamer->credit > MAX_CREDIT_NS)
		blamer->credit = MAX_CREDIT_NS;
	blamer->counted = now;
	return blamer->credit > 0;
}

static uint64_t sum_of(const struct question *question)
{
	const uint8_t *bytes = (const uint8_t *)question;
	uint64_t sum = 0;

	for (size_t i = 0; i < sizeof(*question); i++)
		sum = (sum ^ bytes[i]) * 0x100000001b3ull;
	return sum;
}

/* The answer is asked for anew when it may have become another. False: not now. */
static bool renew(struct blamer *blamer, const struct question *question, const struct frame *frame,
                  struct remembered *answer)
{
	uint64_t before = moment_monotonic(), sum = sum_of(question);
	int64_t cost;

	if (answer->time && answer->sum == sum && before - answer->time < FOR_NS)
		return true;
	if (!may_ask(blamer, before))
		return false;
	forget(answer);
	answer->sum = sum;
	ask(blamer, question, frame, answer);
	answer->time = moment_monotonic();
	cost = (int64_t)(answer->time - before);
	blamer->credit -= cost < MAX_COST_NS ? cost : MAX_COST_NS;
	return true;
}

const struct blame *blame_of(struct blamer *blamer, const struct packet_step *step,
                             const struct frame *frame)
{
	struct question question;
	struct remembered *answer;

	if (!can_be_ours(step))
		return NULL;
	memset(&question, 0, sizeof(question));
	question.netns_cookie = step->event->netns_cookie;
	question.ifindex = step->event->ifindex;
	question.direction = step->event->direction;
	memcpy(&question.headers, &step->headers, sizeof(question.headers));
	answer = &blamer->answers[(sum_of(&question) >> 32) % ANSWERS];
	return renew(blamer, &question, frame, answer) && answer->ours ? &answer->blame : NULL;
}
