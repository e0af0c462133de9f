/* SPDX-License-Identifier: GPL-2.0-only */
/* The doors of the data plane: its programs, loaded onto maps that are gone with this process; a
 * packet sent through one of them; and what the counters should stand at beside what they do. */
#ifndef TESTS_PROG_DOORS_H
#define TESTS_PROG_DOORS_H

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "abi/counting.h"
#include "abi/names.h"
#include "abi/policy.h"
#include "policies.skel.h"
#include "programs.skel.h"
#include "tests/prog/stage.skel.h"
#include "tests/tap.h"

/* Bytes of a frame: in a test run's skb, of any protocol; in what the stage makes of it. */
#define STAGE_MIN 64
#define STAGE_MAX 3600
#define GROWN_MAX 16000

#define MAX_EXPLAIN 12

struct door {
	const char *name;
	enum pc_hook hook;
	bool knows_policies;
	bool enforces;
	bool sees_kernel;   /* reads the kernel's own context, where there is a way to it */
	bool scatters;      /* XDP: what is sent through it may begin in a short buffer */
	const char *closed; /* why nothing can be sent through it here */
	void *loaded;       /* its skeleton, for as long as we run */
	int fd;
};

#define XDP(what)   .name = "xdp, " what, .hook = PC_HOOK_XDP
#define EARLY(what) XDP("early drop" what), .enforces = true
#define IN(what)    .name = "tc ingress" what, .hook = PC_HOOK_TC_INGRESS, .enforces = true
#define OUT(what)   .name = "tc egress" what, .hook = PC_HOOK_TC_EGRESS, .enforces = true

static struct door doors[] = {
	{ XDP("counting only") },
	{ XDP("counting only, seeing the kernel"), .sees_kernel = true },
	{ XDP("counting only, knowing policies"), .knows_policies = true },
	{ EARLY("") },
	{ EARLY(", seeing the kernel"), .sees_kernel = true },
	{ EARLY(", headers in a later buffer"), .sees_kernel = true, .scatters = true },
	{ EARLY(", knowing policies"), .knows_policies = true },
	{ EARLY(", knowing policies, seeing the kernel"), .sees_kernel = true,
	  .knows_policies = true },
	{ EARLY(", knowing policies, headers in a later buffer"), .sees_kernel = true,
	  .knows_policies = true, .scatters = true },
	{ IN("") },
	{ IN(", seeing the kernel"), .sees_kernel = true },
	{ IN(", knowing policies"), .sees_kernel = true, .knows_policies = true },
	{ OUT("") },
	{ OUT(", knowing policies"), .knows_policies = true },
};
#undef XDP
#undef EARLY
#undef IN
#undef OUT
#define DOORS (sizeof(doors) / sizeof(*doors))

static struct tests_prog_stage *stage;
static int counters_fd, sizes_fd;

/* --- opening them */

/* A bpffs that nobody else sees and that goes when we go. Returns 0 or a negative errno. */
static inline int bpffs_of_our_own(void)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("bpf", PC_BPFFS, "bpf", 0, "mode=0700"))
		return -errno;
	return 0;
}

/* Per-CPU counters are read for all CPUs, but written for one. */
static inline void stay_on_this_cpu(void)
{
	cpu_set_t here;

	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	sched_setaffinity(0, sizeof(here), &here);
}

/* Whether programs can have the kernel's own context, new in 6.2. */
static inline bool can_see_kernel(void)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	bool can = btf__find_by_name_kind(kernel, "bpf_cast_to_kern_ctx", BTF_KIND_FUNC) > 0;

	btf__free(kernel);
	return can;
}

/* Loads no other program than that of a hook; a file descriptor or a negative errno. */
static inline int load_only(struct bpf_object *object, enum pc_hook hook)
{
	static const char *const names[] = { "portcullis_xdp", "portcullis_in", "portcullis_out" };
	struct bpf_program *program;

	bpf_object__for_each_program(program, object) bpf_program__set_autoload(
		program, !strcmp(bpf_program__name(program), names[hook]));
	if (bpf_object__load(object))
		return -errno;
	return bpf_program__fd(bpf_object__find_program_by_name(object, names[hook]));
}

static inline int load_program(struct door *d)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .pin_root_path = PC_BPFFS);
	struct programs *skel = programs__open_opts(&opts);
	int fd;

	d->loaded = skel;
	if (!skel)
		return -errno;
	skel->rodata->can_see_kern_ctx = d->sees_kernel && can_see_kernel();
	skel->rodata->early_drop = d->hook == PC_HOOK_XDP && d->enforces;
	fd = load_only(skel->obj, d->hook);
	counters_fd = bpf_map__fd(skel->maps.pc_counters);
	sizes_fd = bpf_map__fd(skel->maps.pc_sizes);
	return fd;
}

static inline int load_policy(struct door *d)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .pin_root_path = PC_BPFFS);
	struct policies *skel = policies__open_opts(&opts);

	d->loaded = skel;
	if (!skel)
		return -errno;
	skel->rodata->can_see_kern_ctx = d->sees_kernel && can_see_kernel();
	skel->rodata->early_drop = d->hook == PC_HOOK_XDP && d->enforces;
	if (bpf_map__set_max_entries(skel->maps.pc_pages, PC_PAGES(libbpf_num_possible_cpus())))
		return -errno;
	return load_only(skel->obj, d->hook);
}

/* Not every kernel takes from a test run a first buffer that is shorter than it could be. */
static inline bool can_scatter(int fd)
{
	struct xdp_md ctx = { .data_end = ETH_HLEN };
	uint8_t frame[ETH_ZLEN] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = sizeof(frame),
	            .ctx_in = &ctx, .ctx_size_in = sizeof(ctx));

	return !bpf_prog_test_run_opts(fd, &run);
}

/* Returns 0 or a negative errno. */
static inline int door_open(struct door *d)
{
	uint32_t key = d - doors;

	d->fd = d->knows_policies ? load_policy(d) : load_program(d);
	if (d->fd < 0)
		return d->fd;
	if (d->scatters && !can_scatter(d->fd))
		d->closed = "this kernel's test runs do not take a size of the first buffer";
	else if (d->sees_kernel && !d->scatters && !can_see_kernel())
		d->closed = "this kernel does not show its own context";
	if (d->hook != PC_HOOK_XDP &&
	    bpf_map_update_elem(bpf_map__fd(stage->maps.programs), &key, &d->fd, 0))
		return -errno;
	return 0;
}

/* Returns 0 or a negative errno. */
static inline int doors_open(void)
{
	int err = bpffs_of_our_own();

	if (err)
		return err;
	stage = tests_prog_stage__open_and_load();
	if (!stage)
		return -errno;
	for (struct door *d = doors; d < doors + DOORS && !err; d++)
		err = door_open(d);
	stay_on_this_cpu();
	return err;
}

/* --- sending a packet through one */

struct passage {
	const uint8_t *bytes;
	size_t len;
	unsigned linear;                       /* XDP: bytes in the first buffer; 0: all that fit */
	unsigned tags;                         /* TC: VLAN tags put on by the kernel, up to 2 */
	unsigned gso_size, gso_segs, wire_len; /* TC: as in struct __sk_buff */
};

static inline int run_test(int fd, struct bpf_test_run_opts *run, int *ret_action)
{
	if (bpf_prog_test_run_opts(fd, run))
		return -errno;
	*ret_action = run->retval;
	return 0;
}

static inline int send_xdp(const struct door *d, const struct passage *way, int *ret_action)
{
	struct xdp_md ctx = { .data_end = way->linear };
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = way->bytes, .data_size_in = way->len);

	if (ctx.data_end && ctx.data_end < way->len) {
		run.ctx_in = &ctx;
		run.ctx_size_in = sizeof(ctx);
	}
	return run_test(d->fd, &run, ret_action);
}

/* The stage makes the skb of one that the test run does take. */
static inline int send_over_stage(const struct door *d, const struct passage *way,
                                  struct bpf_test_run_opts *run, int *ret_action)
{
	uint8_t start[STAGE_MIN] = { 0 };

	stage->bss->program = d - doors;
	stage->bss->tags = way->tags;
	stage->bss->len = 0;
	if (way->len < STAGE_MIN || way->len > STAGE_MAX) {
		if (way->gso_size) /* resizing would end it */
			return -EINVAL;
		if (way->len > sizeof(stage->bss->frame))
			return -EMSGSIZE;
		stage->bss->len = way->len;
		memcpy(stage->bss->frame, way->bytes, way->len);
		memcpy(start, way->bytes, way->len < STAGE_MIN ? way->len : STAGE_MIN);
		run->data_in = start;
		run->data_size_in = sizeof(start);
	}
	return run_test(bpf_program__fd(stage->progs.stage), run, ret_action);
}

/* A test run refuses IP frames that end inside the IP header, and frames that fill a page. */
static inline int send_tc(const struct door *d, const struct passage *way, int *ret_action)
{
	struct __sk_buff ctx = {
		.gso_size = way->gso_size,
		.gso_segs = way->gso_segs,
		.wire_len = way->wire_len,
	};
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = way->bytes, .data_size_in = way->len,
	            .ctx_in = &ctx, .ctx_size_in = sizeof(ctx));
	int err = way->tags ? -EINVAL : run_test(d->fd, &run, ret_action);

	return err == -EINVAL ? send_over_stage(d, way, &run, ret_action) : err;
}

/* Returns 0 or a negative errno; *ret_action is what the program returns. */
static inline int door_send(const struct door *d, const struct passage *way, int *ret_action)
{
	if (d->hook == PC_HOOK_XDP)
		return send_xdp(d, way, ret_action);
	return send_tc(d, way, ret_action);
}

/* What a program of this hook is to return for a verdict. */
static inline int door_action(const struct door *d, enum pc_verdict verdict)
{
	if (d->hook == PC_HOOK_XDP)
		return verdict == PC_VERDICT_DROP ? XDP_DROP : XDP_PASS;
	return verdict == PC_VERDICT_DROP ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

/* --- counters */

struct counts {
	struct pc_counter cells[PC_CELLS];
	struct pc_size_block blocks[PC_BLOCKS];
};

/* What a packet is to be counted as: so many of one size but for the last. */
struct expected {
	enum pc_verdict verdict;
	enum pc_reason reason;
	enum pc_protocol protocol;
	unsigned packets, size, last;
};

static inline void counts_add_size(struct counts *c, enum pc_hook hook, unsigned size,
                                   unsigned packets)
{
	unsigned slot = pc_size_slot(size);
	unsigned block = hook * PC_BLOCKS_PER_HOOK + slot / PC_SIZE_BLOCK;

	c->blocks[block].packets[slot % PC_SIZE_BLOCK] += packets;
}

static inline void counts_add(struct counts *c, enum pc_hook hook, const struct expected *e)
{
	struct pc_counter *cell = &c->cells[pc_cell(hook, e->reason, e->protocol, e->verdict)];

	cell->packets += e->packets;
	cell->bytes += (uint64_t)(e->packets - 1) * e->size + e->last;
	counts_add_size(c, hook, e->size, e->packets - 1);
	counts_add_size(c, hook, e->last, 1);
}

/* Sums the `entries` values, all made of 64-bit numbers, of a per-CPU array over all CPUs. */
static inline int sum_cpus(int fd, unsigned entries, size_t value_size, void *ret_sums)
{
	unsigned cpus = libbpf_num_possible_cpus(), numbers = value_size / sizeof(uint64_t);
	uint64_t *values = calloc(entries * (size_t)cpus, value_size), *sums = ret_sums;
	uint32_t *keys = calloc(entries, sizeof(*keys)), next, count = entries;
	int err = -ENOMEM;

	if (values && keys) {
		err = bpf_map_lookup_batch(fd, NULL, &next, keys, values, &count, NULL);
		err = err && errno != ENOENT ? -errno : 0; /* it is what the last batch returns */
	}
	if (!err && count != entries)
		err = -EIO;
	memset(sums, 0, entries * value_size);
	for (unsigned i = 0; !err && i < entries * cpus * numbers; i++)
		sums[i / (cpus * numbers) * numbers + i % numbers] += values[i];
	free(values);
	free(keys);
	return err;
}

/* Returns 0 or a negative errno. */
static inline int counts_read(struct counts *c)
{
	int err = sum_cpus(counters_fd, PC_CELLS, sizeof(*c->cells), c->cells);

	return err ?: sum_cpus(sizes_fd, PC_BLOCKS, sizeof(*c->blocks), c->blocks);
}

#define PC_TOKEN(id, token, ...) token,
static const char *const hook_tokens[] = { PC_HOOKS(PC_TOKEN) };
static const char *const reason_tokens[] = { PC_REASONS(PC_TOKEN) };
static const char *const protocol_tokens[] = { PC_PROTOCOLS(PC_TOKEN) };
#undef PC_TOKEN

static inline const char *cell_name(unsigned cell, char *name, size_t size)
{
	unsigned verdict = cell % PC_VERDICT_COUNT, row = cell / PC_VERDICT_COUNT;
	unsigned protocol = row % PC_PROTO_COUNT, reason = row / PC_PROTO_COUNT % PC_R_COUNT;

	snprintf(name, size, "%s %s %s %s", hook_tokens[row / PC_PROTO_COUNT / PC_R_COUNT],
	         verdict == PC_VERDICT_DROP ? "drop" : "pass", reason_tokens[reason],
	         protocol_tokens[protocol]);
	return name;
}

/* Fails the test under way for every counter that is not what it should be, as far as a few lines
 * go. Returns whether all of them are. */
static inline bool counts_check(const struct counts *got, const struct counts *want)
{
	int wrong = 0;
	char name[64];

	for (unsigned i = 0; i < PC_CELLS && wrong < MAX_EXPLAIN; i++) {
		const struct pc_counter *g = &got->cells[i], *w = &want->cells[i];

		if (g->packets == w->packets && g->bytes == w->bytes)
			continue;
		tap_fail("%s is off by %+lld packets, %+lld bytes",
		         cell_name(i, name, sizeof(name)), (long long)(g->packets - w->packets),
		         (long long)(g->bytes - w->bytes));
		wrong++;
	}
	for (unsigned i = 0; i < PC_BLOCKS * PC_SIZE_BLOCK && wrong < MAX_EXPLAIN; i++) {
		unsigned block = i / PC_SIZE_BLOCK, in_hook = PC_BLOCKS_PER_HOOK * PC_SIZE_BLOCK;
		long long more = got->blocks[block].packets[i % PC_SIZE_BLOCK] -
		                 want->blocks[block].packets[i % PC_SIZE_BLOCK];

		if (!more)
			continue;
		tap_fail("%s sizes are off by %+lld packets in slot %u", hook_tokens[i / in_hook],
		         more, i % in_hook);
		wrong++;
	}
	return !wrong;
}

/* Holds all counters to what they should be. What was off is said once: from there on they are
 * taken as they are. */
static inline bool counts_hold(struct counts *want)
{
	static struct counts got;
	int err = counts_read(&got);

	if (err) {
		tap_fail("read the counters: %s", strerror(-err));
		return false;
	}
	if (counts_check(&got, want))
		return true;
	*want = got;
	return false;
}

#endif
