/* SPDX-License-Identifier: GPL-2.0-only */
/* The policy of an interface: which one is in force, and one store that puts another in its place
 * for both directions and all hooks. */
#include "lib/kern/commit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "abi/names.h"
#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/kern/cells.h"
#include "lib/kern/counters.h"
#include "lib/kern/doors.h"
#include "lib/kern/pages.h"
#include "lib/rules/compile.h"
#include "lib/rules/diag.h"
#include "lib/rules/image.h"
#include "lib/rules/parse.h"

/* The maps of an interface's policies. Not there before the first policy: `word` is NULL. */
struct engine {
	int pages;
	__u64 *word; /* of pc_active */
};

static void engine_close(struct engine *engine)
{
	if (engine->word)
		munmap(engine->word, sizeof(*engine->word));
	if (engine->pages >= 0)
		close(engine->pages);
}
#define auto_engine __attribute__((cleanup(engine_close)))

static int engine_open(const struct pins *pins, struct engine *ret_engine)
{
	auto_close int active = -1;
	char path[PATH_MAX];
	void *word;

	*ret_engine = (struct engine){ .pages = -1 };
	/* The pages are pinned last: without them no image was ever in force. */
	if (access(pins_path(pins, PC_MAP_ACTIVE, path), F_OK) ||
	    access(pins_path(pins, PC_MAP_PAGES, path), F_OK))
		return 0;
	active = pins_open_map(pins, PC_MAP_ACTIVE);
	if (active < 0)
		return active;
	ret_engine->pages = pins_open_map(pins, PC_MAP_PAGES);
	if (ret_engine->pages < 0)
		return ret_engine->pages;
	word = mmap(NULL, sizeof(__u64), PROT_READ | PROT_WRITE, MAP_SHARED, active, 0);
	if (word == MAP_FAILED)
		return fail(errno, "%s", path);
	ret_engine->word = word;
	return 0;
}

static __u64 word_read(const struct engine *engine)
{
	return engine->word ? __atomic_load_n(engine->word, __ATOMIC_ACQUIRE) : 0;
}

/* The one store by which a policy comes into force. */
static void word_write(const struct engine *engine, __u64 word)
{
	__atomic_store_n(engine->word, word, __ATOMIC_RELEASE);
}

static __u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static __u64 word_of(enum pc_choice choice, enum pc_choice back, unsigned seconds)
{
	__u64 deadline = 0;

	if (seconds)
		deadline = ((now_ns() + seconds * 1000000000ull) >> PC_DEADLINE_UNIT_SHIFT) + 1;
	return choice | back << PC_ACTIVE_RETURN_SHIFT | deadline << PC_ACTIVE_DEADLINE_SHIFT;
}

static enum pc_choice other(enum pc_choice choice)
{
	return choice == PC_CHOICE_A ? PC_CHOICE_B : PC_CHOICE_A;
}

/* --- what is in force --- */

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
	brief->generation = header->generation;
	brief->n_rules = header->n_rules;
	for (unsigned i = 0; i < PC_DIRECTION_COUNT; i++)
		brief->drops[i] = header->side[i].drops;
	pages_unmap(page);
	return 0;
}

static int read_brief(const struct engine *engine, struct commit_brief *ret_brief)
{
	__u64 word = word_read(engine), now = now_ns(), deadline = pc_deadline(word);
	struct commit_brief *brief = ret_brief;

	*brief = (struct commit_brief){ .choice = pc_choice_at(word, now), .n_rules = 1 };
	brief->lapsed = deadline && now >> PC_DEADLINE_UNIT_SHIFT >= deadline;
	brief->pending = deadline && !brief->lapsed;
	if (brief->pending)
		brief->seconds_left = ((deadline << PC_DEADLINE_UNIT_SHIFT) - now) / 1e9;
	return brief->choice == PC_CHOICE_BUILTIN ? 0 : brief_image(engine->pages, brief);
}

static int read_builtin(struct policy *ret_policy)
{
	int r = parse_text(PC_BUILTIN_POLICY, ret_policy);

	if (!r)
		ret_policy->rules[0].cell = CELL_OF_BUILTIN;
	return r;
}

static int read_image(int pages, enum pc_choice choice, struct policy *ret_policy)
{
	auto_image struct image image = { 0 };
	auto_free char *text = NULL;
	const struct pc_image *header;
	const struct pc_rule *rules;
	int r = pages_read_image(pages, choice, &image);

	if (r)
		return r == -ENOENT ? fail(ENOENT, "the policy in force") : r;
	header = image_header(&image);
	rules = image_at(&image, header->rules);
	text = image_text(&image);
	if (!text)
		return fail(ENOMEM, "the policy in force");
	r = parse_text(text, ret_policy);
	if (!r && ret_policy->n_rules != header->n_rules)
		r = fail_because(EINVAL, "the policy in the kernel is damaged");
	if (!r)
		r = image_sets_into(&image, ret_policy);
	for (size_t i = 0; !r && i < ret_policy->n_rules; i++)
		ret_policy->rules[i].cell = rules[i].cell;
	return r;
}

static int read_policy(const struct engine *engine, enum pc_choice choice,
                       struct policy *ret_policy)
{
	int r = choice == PC_CHOICE_BUILTIN ? read_builtin(ret_policy)
	                                    : read_image(engine->pages, choice, ret_policy);

	if (r)
		policy_free(ret_policy);
	return r;
}

static int read_state(const struct engine *engine, struct commit_state *ret_state)
{
	int r = read_brief(engine, &ret_state->brief);

	return r ? r : read_policy(engine, ret_state->brief.choice, &ret_state->policy);
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
	return read_policy(&engine, word_read(&engine) >> PC_ACTIVE_RETURN_SHIFT & PC_CHOICE_MASK,
	                   &ret_state->policy);
}

void commit_state_free(struct commit_state *state)
{
	policy_free(&state->policy);
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
	if (!r && engine.word && word_read(&engine))
		r = cells_read(engine.pages, &state->policy, ret_counts);
	return r ? r : add_builtin(pins, &state->policy, ret_counts);
}

/* --- changes --- */

/* Brings what an earlier change left behind in order: one that lapsed, one that was interrupted
 * before it gave its predecessor's memory back. */
static int settle(const struct engine *engine)
{
	__u64 word = word_read(engine);
	enum pc_choice choice = pc_choice_at(word, now_ns());
	int r = 0;

	word_write(engine, choice);
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
	__u64 word = word_read(engine);

	return pc_deadline(word) && now_ns() >> PC_DEADLINE_UNIT_SHIFT < pc_deadline(word);
}

/* All the memory a policy asks for beside its image. */
static int need_pages(int pages, const struct policy *policy, const struct pc_image *header)
{
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
		for (unsigned i = 0; i < PC_FLOW_PAGES; i++) {
			if (header->side[PC_IN].worth_caching || header->side[PC_OUT].worth_caching)
				keys[count++] = PC_PAGE_FLOWS(cpu) + i;
		}
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

static int put_in_force(const struct engine *engine, struct policy *policy, unsigned seconds)
{
	auto_commit_state struct commit_state now = { 0 };
	auto_image struct image image = { 0 };
	auto_free bool *fresh = NULL;
	enum pc_choice idle;
	int r = settle(engine);

	if (!r)
		r = read_state(engine, &now);
	if (!r)
		r = cells_assign(policy, &now.policy, &fresh);
	if (!r)
		r = compile(policy, engine, &image);
	if (!r)
		r = need_pages(engine->pages, policy, image_header(&image));
	if (!r)
		r = cells_zero(engine->pages, policy, fresh);
	idle = other(now.brief.choice);
	if (!r)
		r = pages_write_image(engine->pages, idle, &image);
	if (r)
		return r;
	word_write(engine, word_of(idle, now.brief.choice, seconds));
	return seconds ? 0 : settle(engine);
}

int commit_apply(const struct pins *pins, const struct pc_plan *plan, struct policy *policy,
                 unsigned seconds)
{
	auto_engine struct engine engine = { .pages = -1 };
	int r = doors_need(pins, plan);

	if (!r)
		r = engine_open(pins, &engine);
	if (r)
		return r;
	if (is_pending(&engine))
		return fail_because(EBUSY,
		                    "%s: a change waits to be confirmed: netctl policy confirm or "
		                    "rollback first",
		                    pins_name(pins));
	return put_in_force(&engine, policy, seconds);
}

/* Decides what becomes of a pending change. */
static int decide(const struct pins *pins, bool stays)
{
	auto_engine struct engine engine;
	int r = engine_open(pins, &engine);
	__u64 word = r ? 0 : word_read(&engine);

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
	word_write(&engine, (stays ? word : word >> PC_ACTIVE_RETURN_SHIFT) & PC_CHOICE_MASK);
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
