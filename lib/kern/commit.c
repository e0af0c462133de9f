/* SPDX-License-Identifier: GPL-2.0-only */
/* One policy in the place of another: for both directions and all hooks by one store. */
#include "lib/kern/commit.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/base/moment.h"
#include "lib/kern/cells.h"
#include "lib/kern/counters.h"
#include "lib/kern/engine.h"
#include "lib/kern/pages.h"
#include "lib/rules/compile.h"
#include "lib/rules/image.h"

static __u64 word_of(enum pc_choice choice, enum pc_choice back, unsigned seconds)
{
	__u64 deadline = 0;

	if (seconds)
		deadline =
			((moment_monotonic() + seconds * 1000000000ull) >> PC_DEADLINE_UNIT_SHIFT) +
			1;
	return choice | back << PC_ACTIVE_RETURN_SHIFT | deadline << PC_ACTIVE_DEADLINE_SHIFT;
}

static enum pc_choice other(enum pc_choice choice)
{
	return choice == PC_CHOICE_A ? PC_CHOICE_B : PC_CHOICE_A;
}

/* Brings what an earlier change left behind in order: one that lapsed, one that was interrupted
 * before it gave its predecessor's memory back. */
static int settle(const struct engine *engine)
{
	__u64 word = engine_word(engine);
	enum pc_choice choice = pc_choice_at(word, moment_monotonic());
	int r = 0;

	engine_set_word(engine, choice);
	for (enum pc_choice half = PC_CHOICE_A; !r && half <= PC_CHOICE_B; half++) {
		if (half == choice || !pages_image_there(engine->pages, half))
			continue;
		r = pages_wait(engine->pages);
		if (!r)
			r = pages_retire_image(engine->pages, half);
	}
	return r;
}

static bool is_pending(const struct engine *engine)
{
	return pc_is_pending(engine_word(engine), moment_monotonic());
}

/* All the memory a policy asks for beside its image. */
static int need_pages(int pages, const struct policy *policy, const struct pc_image *header)
{
	unsigned caches =
		header->front.side[PC_IN].worth_caching | header->front.side[PC_OUT].worth_caching;
	unsigned cpus = counters_cpus();
	auto_free __u32 *keys =
		calloc(1 + PC_SOURCE_PAGES + cpus * PC_PAGES_PER_CPU, sizeof(*keys));
	size_t count = 0;

	if (!keys)
		return fail(ENOMEM, "memory for the policy");
	if (header->uses_limits)
		keys[count++] = PC_PAGE_BUCKETS;
	for (unsigned i = 0; header->uses_sources && i < PC_SOURCE_PAGES; i++)
		keys[count++] = PC_PAGE_SOURCES + i;
	for (unsigned cpu = 0; cpu < cpus; cpu++) {
		count += cells_pages(policy, cpu, &keys[count]);
		for (unsigned i = 0; caches & PC_CACHE_IP4 && i < PC_FLOW4_PAGES; i++)
			keys[count++] = PC_PAGE_FLOWS4(cpu) + i;
		if (caches & PC_CACHE_IP6)
			keys[count++] = PC_PAGE_FLOWS6(cpu);
	}
	return pages_need(pages, keys, count);
}

static int compile(struct policy *policy, const struct engine *engine, struct image *ret_image)
{
	uint32_t a = pages_generation(engine->pages, PC_CHOICE_A);
	uint32_t b = pages_generation(engine->pages, PC_CHOICE_B);
	const char *why = NULL;
	int r = policy_compile(policy, (a > b ? a : b) + 1, ret_image, &why);

	if (r && why)
		return fail_because(-r, "the policy cannot be compiled: %s", why);
	return r ? fail(r, "compiling the policy") : 0;
}

/* The image that is about to come is not to be taken for the one that was in its place. A program
 * that puts a flow there meanwhile belongs to the policy in force. */
static void free_flows(int pages, enum pc_choice choice)
{
	for (unsigned i = 0; i < counters_cpus() * PC_FLOW4_PAGES; i++) {
		__u32 key = PC_PAGE_FLOWS4(i / PC_FLOW4_PAGES) + i % PC_FLOW4_PAGES;
		struct pc_page *page = pages_map(pages, key);
		struct pc_flow4 *flows = page ? (struct pc_flow4 *)page->bytes : NULL;

		for (unsigned j = 0; flows && j < PC_FLOWS4_PER_PAGE; j++) {
			__u64 rest = __atomic_load_n(&flows[j].rest, __ATOMIC_RELAXED);

			if ((rest >> PC_FLOW4_CHOICE_SHIFT & PC_CHOICE_MASK) == choice)
				__atomic_store_n(&flows[j].rest, 0, __ATOMIC_RELAXED);
		}
		pages_unmap(page);
	}
}

static int put_in_force(const struct pins *pins, const struct engine *engine, struct policy *policy,
                        unsigned seconds, char **ret_text)
{
	auto_free char *text = NULL;
	auto_commit_state struct commit_state now = { 0 };
	auto_image struct image image = { 0 };
	auto_free bool *fresh = NULL;
	enum pc_choice idle;
	int r = settle(engine);

	if (!r)
		r = commit_read(pins, &now);
	if (!r)
		r = cells_assign(policy, &now.policy, &fresh);
	if (!r)
		r = compile(policy, engine, &image);
	if (!r)
		text = image_text(&image);
	if (!r && !text)
		r = fail(ENOMEM, "compiling the policy");
	if (!r)
		r = need_pages(engine->pages, policy, image_header(&image));
	if (!r)
		r = cells_zero(engine->pages, policy, fresh);
	idle = other(now.brief.choice);
	if (!r)
		r = pages_write_image(engine->pages, idle, &image);
	if (r)
		return r;
	/* No program has read of the idle image since settle() waited. */
	free_flows(engine->pages, idle);
	engine_set_front(engine, idle, &image_header(&image)->front);
	engine_set_word(engine, word_of(idle, now.brief.choice, seconds));
	if (ret_text)
		*ret_text = TAKE_PTR(text);
	/* It is in force, whatever becomes of the memory of the one before. */
	if (!seconds)
		settle(engine);
	return 0;
}

int commit_apply(const struct pins *pins, struct policy *policy, unsigned seconds, char **ret_text)
{
	auto_engine struct engine engine = { .pages = -1 };
	int r = engine_make(pins);

	if (!r)
		r = engine_open(pins, &engine);
	if (r)
		return r;
	if (is_pending(&engine))
		return fail_because(EBUSY,
		                    "%s: a change waits to be confirmed: netctl policy confirm or "
		                    "rollback first",
		                    pins_name(pins));
	return put_in_force(pins, &engine, policy, seconds, ret_text);
}

/* Decides what becomes of a pending change. */
static int decide(const struct pins *pins, bool stays)
{
	auto_engine struct engine engine;
	int r = engine_open(pins, &engine);
	__u64 word = r ? 0 : engine_word(&engine);

	if (r)
		return r;
	if (!pc_deadline(word))
		return fail_because(ERR_ABSENT, "%s: no change waits to be confirmed",
		                    pins_name(pins));
	if (!is_pending(&engine)) {
		settle(&engine);
		return fail_because(ERR_ABSENT,
		                    "%s: the change was not confirmed in time, the policy before "
		                    "it is in force",
		                    pins_name(pins));
	}
	engine_set_word(&engine, (stays ? word : word >> PC_ACTIVE_RETURN_SHIFT) & PC_CHOICE_MASK);
	return settle(&engine);
}

int commit_confirm(const struct pins *pins)
{
	return decide(pins, true);
}

int commit_roll_back(const struct pins *pins)
{
	return decide(pins, false);
}
