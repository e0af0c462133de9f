/* SPDX-License-Identifier: GPL-2.0-only */
/* The policy of an interface that is in force: read back, and what its rules counted. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "abi/names.h"
#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/base/moment.h"
#include "lib/kern/cells.h"
#include "lib/kern/commit.h"
#include "lib/kern/counters.h"
#include "lib/kern/engine.h"
#include "lib/kern/pages.h"
#include "lib/rules/diag.h"
#include "lib/rules/image.h"
#include "lib/rules/parse.h"
#include "lib/rules/print.h"

static int parse_text(const char *text, struct policy *ret_policy)
{
	auto_diag struct diag diag = { 0 };
	int r = policy_parse("policy in the kernel", text, strlen(text), ret_policy, &diag);

	return r ? fail_because(EINVAL, "the policy in the kernel is not one this program reads")
	         : 0;
}

static int brief_image(int pages, struct commit_brief *brief)
{
	struct pc_page *page = pages_map(pages, PC_PAGE_OF_IMAGE(brief->choice));
	const struct pc_image *header = page ? (const struct pc_image *)page->bytes : NULL;

	if (!header)
		return fail(errno, "the policy in force");
	brief->generation = header->front.generation;
	brief->n_rules = header->n_rules;
	for (unsigned i = 0; i < PC_DIRECTION_COUNT; i++)
		brief->drops[i] = header->front.side[i].drops;
	pages_unmap(page);
	return 0;
}

static int read_brief(const struct engine *engine, struct commit_brief *ret_brief)
{
	__u64 word = engine_word(engine), now = moment_monotonic();
	struct commit_brief *brief = ret_brief;

	*brief = (struct commit_brief){ .choice = pc_choice_at(word, now), .n_rules = 1 };
	brief->pending = pc_is_pending(word, now);
	if (brief->pending)
		brief->seconds_left = ((pc_deadline(word) << PC_DEADLINE_UNIT_SHIFT) - now) / 1e9;
	return brief->choice == PC_CHOICE_BUILTIN ? 0 : brief_image(engine->pages, brief);
}

static int read_builtin(struct commit_state *state)
{
	int r = parse_text(PC_BUILTIN_POLICY, &state->policy);

	if (r)
		return r;
	state->policy.rules[0].cell = CELL_OF_BUILTIN;
	state->text = policy_print(&state->policy);
	return state->text ? 0 : fail(ENOMEM, "the policy in force");
}

/* False: they are not the rules of that policy. */
static bool take_cells(const struct pc_rule *rules, size_t n, struct policy *policy)
{
	if (n != policy->n_rules)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (rules[i].cell >= PC_MAX_CELLS)
			return false;
		policy->rules[i].cell = rules[i].cell;
	}
	return true;
}

static int read_image(int pages, enum pc_choice choice, struct commit_state *state)
{
	auto_image struct image image = { 0 };
	struct policy *policy = &state->policy;
	const struct pc_image *header;
	const struct pc_rule *rules;
	int r = pages_read_image(pages, choice, &image);

	if (r)
		return r == -ENOENT ? fail(ENOENT, "the policy in force") : r;
	header = image_header(&image);
	rules = image_at(&image, header->front.rules);
	state->text = image_text(&image);
	if (!state->text)
		return fail(ENOMEM, "the policy in force");
	r = parse_text(state->text, policy);
	if (r)
		return r;
	r = image_sets_into(&image, policy);
	if (r == -ENOMEM)
		return fail(ENOMEM, "the policy in force");
	if (r || !take_cells(rules, header->n_rules, policy))
		return fail_because(EINVAL, "the policy in the kernel is damaged");
	return 0;
}

static int read_policy(const struct engine *engine, enum pc_choice choice,
                       struct commit_state *state)
{
	int r = choice == PC_CHOICE_BUILTIN ? read_builtin(state)
	                                    : read_image(engine->pages, choice, state);

	if (r)
		commit_state_free(state);
	return r;
}

static int read_state(const struct engine *engine, struct commit_state *ret_state)
{
	int r = read_brief(engine, &ret_state->brief);

	return r ? r : read_policy(engine, ret_state->brief.choice, ret_state);
}

int commit_read_brief(const struct pins *pins, struct commit_brief *ret_brief)
{
	auto_engine struct engine engine;
	int r = engine_open(pins, &engine);

	return r ? r : read_brief(&engine, ret_brief);
}

int commit_read(const struct pins *pins, struct commit_state *ret_state)
{
	auto_engine struct engine engine;
	int r = engine_open(pins, &engine);

	*ret_state = (struct commit_state){ 0 };
	return r ? r : read_state(&engine, ret_state);
}

int commit_read_former(const struct pins *pins, struct commit_state *ret_state)
{
	auto_engine struct engine engine;
	int r = engine_open(pins, &engine);

	*ret_state = (struct commit_state){ 0 };
	if (r)
		return r;
	return read_policy(&engine, engine_word(&engine) >> PC_ACTIVE_RETURN_SHIFT & PC_CHOICE_MASK,
	                   ret_state);
}

void commit_state_free(struct commit_state *state)
{
	policy_free(&state->policy);
	free(state->text);
	state->text = NULL;
}

/* What the built-in rule dropped while no image was in force. */
static int add_builtin(const struct pins *pins, const struct policy *policy,
                       struct pc_counter *counts)
{
	unsigned cpus = counters_cpus();
	auto_free struct pc_counter *each = calloc(cpus, sizeof(*each));
	auto_close int fd = pins_open_map(pins, PC_MAP_BUILTIN);
	__u32 key = 0;

	if (fd < 0)
		return fd;
	if (!each || bpf_map_lookup_elem(fd, &key, each))
		return fail(each ? errno : ENOMEM, "the rules' counters");
	for (size_t i = 0; i < policy->n_rules; i++) {
		for (unsigned cpu = 0; cpu < cpus && policy->rules[i].cell == CELL_OF_BUILTIN;
		     cpu++) {
			counts[i].packets += each[cpu].packets;
			counts[i].bytes += each[cpu].bytes;
		}
	}
	return 0;
}

int commit_counts(const struct pins *pins, const struct commit_state *state,
                  struct pc_counter *ret_counts)
{
	auto_engine struct engine engine;
	int r = engine_open(pins, &engine);

	memset(ret_counts, 0, state->policy.n_rules * sizeof(*ret_counts));
	/* Without the page nothing was counted there yet. */
	if (!r && engine.active && engine_word(&engine))
		r = cells_read(engine.pages, &state->policy, ret_counts);
	return r ? r : add_builtin(pins, &state->policy, ret_counts);
}

const char *commit_brief_default(const struct commit_brief *brief, enum pc_direction direction)
{
	return brief->drops[direction] ? "drop" : "pass";
}

const char *commit_brief_text(const struct commit_brief *brief,
                              char ret_text[static COMMIT_BRIEF_SIZE])
{
	char name[32] = "the built-in policy", back[48] = "";

	if (brief->generation)
		snprintf(name, sizeof(name), "generation %u", brief->generation);
	if (brief->pending)
		snprintf(back, sizeof(back), "; goes back in %.0f s", brief->seconds_left);
	snprintf(ret_text, COMMIT_BRIEF_SIZE, "%s, %u rule%s, default in %s, out %s%s", name,
	         brief->n_rules, brief->n_rules == 1 ? "" : "s", commit_brief_default(brief, PC_IN),
	         commit_brief_default(brief, PC_OUT), back);
	return ret_text;
}
