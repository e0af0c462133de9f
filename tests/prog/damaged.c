/* SPDX-License-Identifier: GPL-2.0-only */
/* A policy in the kernel that another hand wrote into: it is refused, and nothing else is read. */
#include <string.h>

#include <bpf/bpf.h>

#include "lib/base/moment.h"
#include "lib/kern/commit.h"
#include "lib/kern/engine.h"
#include "lib/kern/pages.h"
#include "lib/rules/diag.h"
#include "lib/rules/parse.h"
#include "lib/rules/policy.h"
#include "tests/bench/bench.h"
#include "tests/tap.h"

#define TEXT "drop in udp dst port 9999\n"

static void wrong_magic(struct pc_image *header)
{
	header->magic++;
}

static void wrapping_size(struct pc_image *header)
{
	header->size = ~0u;
}

static void no_size(struct pc_image *header)
{
	header->size = 0;
}

static void sets_past_the_end(struct pc_image *header)
{
	header->n_sets = ~0u;
}

static void text_past_the_end(struct pc_image *header)
{
	header->text_len = header->size;
}

static void no_such_cell(struct pc_image *header)
{
	struct pc_rule *rules = (void *)((__u8 *)header + header->front.rules);

	rules[0].cell = 0xffff;
}

static const struct {
	const char *name;
	void (*damage)(struct pc_image *header);
	int error;
} rows[] = {
	{ "another magic", wrong_magic, -ENOENT },
	{ "a size that wraps", wrapping_size, -EINVAL },
	{ "no size", no_size, -EINVAL },
	{ "sets past the end", sets_past_the_end, -EINVAL },
	{ "text past the end", text_past_the_end, -EINVAL },
	{ "a cell that is not there", no_such_cell, -EINVAL },
};

static int damage(const struct pins *pins, void (*how)(struct pc_image *header))
{
	auto_engine struct engine engine = { .pages = -1 };
	struct pc_page *page;
	int r = engine_open(pins, &engine);

	if (r)
		return r;
	page = pages_map(engine.pages,
	                 PC_PAGE_OF_IMAGE(pc_choice_at(engine_word(&engine), moment_monotonic())));
	if (!page)
		return -errno;
	how((struct pc_image *)page->bytes);
	pages_unmap(page);
	return 0;
}

static void row(size_t i)
{
	auto_commit_state struct commit_state state = { 0 };
	auto_policy struct policy policy = { 0 };
	auto_diag struct diag diag = { 0 };
	struct pins pins;
	char name[16];

	snprintf(name, sizeof(name), "damaged%zu", i);
	tap_note("%s", rows[i].name);
	if (!tap_check_int(policy_parse("p", TEXT, strlen(TEXT), &policy, &diag), 0) ||
	    !tap_check_int(bench_pins(name, &pins), 0) ||
	    !tap_check_int(commit_apply(&pins, &policy, 0, NULL), 0) ||
	    !tap_check_int(damage(&pins, rows[i].damage), 0))
		return;
	err_hush(1);
	tap_check_int(commit_read(&pins, &state), rows[i].error);
	err_hush(0);
}

int main(void)
{
	if (geteuid())
		return tap_skip_all("it takes root to make maps");
	tap_test("a policy that is damaged is refused");
	if (tap_check_int(bench_isolate(), 0)) {
		for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
			row(i);
	}
	return tap_done();
}
