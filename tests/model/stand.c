/* SPDX-License-Identifier: GPL-2.0-only */
/* The data plane under test: programs loaded, policies put in force, packets sent through. */
#include "tests/model/stand.h"

#include <linux/pkt_cls.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/kern/commit.h"
#include "lib/kern/object.h"
#include "lib/kern/pages.h"
#include "lib/rules/diag.h"
#include "lib/rules/parse.h"
#include "lib/rules/policy.h"
#include "lib/rules/print.h"
#include "tests/bench/bench.h"
#include "tests/prog/stage.skel.h"

const char *const stand_doors[] = { "xdp, early drop", "tc ingress", "tc egress" };

static struct tests_prog_stage *stage; /* makes the skbs that a test run does not make */

/* --- opening it */

static int stay_on_this_cpu(int *ret_cpu)
{
	cpu_set_t here;

	*ret_cpu = sched_getcpu();
	CPU_ZERO(&here);
	CPU_SET(*ret_cpu, &here);
	return sched_setaffinity(0, sizeof(here), &here) ? -errno : 0;
}

static int open_stage(const struct stand *s)
{
	int r = 0;

	stage = tests_prog_stage__open_and_load();
	if (!stage)
		return -errno;
	for (__u32 door = DOOR_IN; !r && door < DOORS; door++)
		r = bpf_map_update_elem(bpf_map__fd(stage->maps.programs), &door,
		                        &s->programs[door], BPF_ANY);
	return r;
}

static int load_programs(struct stand *s)
{
	auto_object struct object early = { .pins = &s->pins[SIDE_EARLY],
		                            .plan = &s->plans[SIDE_EARLY] };
	auto_object struct object tc = { .pins = &s->pins[SIDE_TC], .plan = &s->plans[SIDE_TC] };
	int r = object_attach_xdp(&early, BENCH_LO, &s->programs[DOOR_XDP]);

	if (!r)
		r = object_load(&tc, PC_HOOK_TC_INGRESS, &s->programs[DOOR_IN]);
	return r ? r : object_load(&tc, PC_HOOK_TC_EGRESS, &s->programs[DOOR_OUT]);
}

int stand_open(struct stand *ret_stand)
{
	struct stand *s = ret_stand;
	int r = bench_isolate();

	*s = (struct stand){ .pages = { -1, -1 } };
	s->plans[SIDE_EARLY] =
		(struct pc_plan){ .xdp_mode = PC_XDP_SKB, .early_drop = 1, .policies = 1 };
	s->plans[SIDE_TC] = (struct pc_plan){ .tc_backend = PC_TC_CLSACT, .policies = 1 };
	if (!r)
		r = stay_on_this_cpu(&s->cpu);
	if (!r)
		r = bench_pins("early", &s->pins[SIDE_EARLY]);
	if (!r)
		r = bench_pins("tc", &s->pins[SIDE_TC]);
	if (!r)
		r = load_programs(s);
	return r ? r : open_stage(s);
}

/* --- policies */

/* The pages of the cells appear with the first policy that needs them. */
static int map_cells(struct stand *s, enum stand_side side)
{
	if (s->pages[side] < 0)
		s->pages[side] = pins_open_map(&s->pins[side], PC_MAP_PAGES);
	if (s->pages[side] < 0)
		return s->pages[side];
	for (int i = 0; i < PC_CELL_PAGES; i++) {
		__u32 page = PC_PAGE_CELLS(s->cpu, i * PC_CELLS_PER_PAGE);

		if (!s->cells[side][i])
			s->cells[side][i] = (void *)pages_map(s->pages[side], page);
	}
	return 0;
}

/* A set that comes from a file has what the policy says it has. */
static int fill_sets(const struct policy *from, struct policy *to)
{
	for (size_t i = 0; i < to->n_sets; i++) {
		size_t size = from->sets[i].n_prefixes * sizeof(*from->sets[i].prefixes);

		if (!to->sets[i].file)
			continue;
		to->sets[i].prefixes = malloc(size);
		if (!to->sets[i].prefixes)
			return -ENOMEM;
		memcpy(to->sets[i].prefixes, from->sets[i].prefixes, size);
		to->sets[i].n_prefixes = from->sets[i].n_prefixes;
	}
	return 0;
}

/* The policy as it is read from its own text. */
static int read_back(const struct policy *policy, struct policy *ret_policy)
{
	auto_free char *text = policy_print(policy);
	auto_diag struct diag diag = { 0 };
	int r = text ? policy_parse("model", text, strlen(text), ret_policy, &diag) : -ENOMEM;

	if (!r && ret_policy->n_rules != policy->n_rules)
		r = -EBADMSG;
	return r ? r : fill_sets(policy, ret_policy);
}

int stand_apply(struct stand *s, struct policy *policy)
{
	auto_policy struct policy read = { 0 };
	int r = read_back(policy, &read);

	for (enum stand_side side = 0; !r && side < SIDES; side++) {
		r = commit_apply(&s->pins[side], &read, 0, NULL);
		if (!r)
			r = map_cells(s, side);
	}
	for (size_t i = 0; !r && i < policy->n_rules; i++)
		policy->rules[i].cell = read.rules[i].cell;
	return r;
}

/* --- packets */

static int send_over_stage(enum stand_door door, const struct frame *f,
                           struct bpf_test_run_opts *run)
{
	uint8_t start[64] = { 0 };

	stage->bss->program = door;
	stage->bss->tags = f->tag != UNKNOWN;
	stage->data->tag_id = f->tag;
	stage->bss->len = f->len;
	memcpy(stage->bss->frame, f->bytes, f->len);
	memcpy(start, f->bytes, f->len < sizeof(start) ? f->len : sizeof(start));
	run->data_in = start;
	run->data_size_in = sizeof(start);
	return bpf_prog_test_run_opts(bpf_program__fd(stage->progs.stage), run);
}

/* A test run takes no tag, nor IP packets that end inside the IP header. */
int stand_send(const struct stand *s, enum stand_door door, const struct frame *f, bool *ret_drops)
{
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = f->bytes, .data_size_in = f->len);
	bool tagged = door != DOOR_XDP && f->tag != UNKNOWN;
	int pass = door == DOOR_XDP ? XDP_PASS : TC_ACT_UNSPEC;
	int drop = door == DOOR_XDP ? XDP_DROP : TC_ACT_SHOT;
	int r = tagged ? -EINVAL : bpf_prog_test_run_opts(s->programs[door], &run);

	if (r == -EINVAL && door != DOOR_XDP)
		r = send_over_stage(door, f, &run);
	if (r)
		return r;
	*ret_drops = (int)run.retval == drop;
	return (int)run.retval == drop || (int)run.retval == pass ? 0 : -EBADMSG;
}
