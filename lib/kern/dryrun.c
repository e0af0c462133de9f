/* SPDX-License-Identifier: GPL-2.0-only */
/* What the attached programs say of a packet, by BPF_PROG_TEST_RUN of their twins. */
#include "lib/kern/dryrun.h"

#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/kern/guard.h"
#include "lib/kern/object.h"

/* --- whether it is the same program */

/* Of the instructions of a program: the same for the same text, whatever its maps and knobs. */
static int read_tag(int fd, uint8_t ret_tag[static BPF_TAG_SIZE])
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	memcpy(ret_tag, info.tag, BPF_TAG_SIZE);
	return 0;
}

/* The id of the program of ours at a hook. 0: it cannot be told, or is none that knows policies. */
static uint32_t original_of(const struct pins *pins, const struct pc_meta *meta, enum pc_hook hook)
{
	struct guard guard;

	if (!meta->plan.policies || guard_observe(pins, meta->ifindex, &guard))
		return 0;
	if (hook == PC_HOOK_XDP)
		return guard.xdp_id;
	return guard.tc[hook].link_prog_id ?: guard.tc[hook].filters[0].prog_id;
}

static bool is_other_text(int twin, uint32_t original)
{
	uint8_t tags[2][BPF_TAG_SIZE];
	auto_close int fd = original ? bpf_prog_get_fd_by_id(original) : -1;

	return fd >= 0 && !read_tag(twin, tags[0]) && !read_tag(fd, tags[1]) &&
	       memcmp(tags[0], tags[1], BPF_TAG_SIZE) != 0;
}

/* --- asking it */

/* The device the packet is said to be of; XDP's is that of the network namespace. */
static int run_twin(int twin, enum pc_hook hook, unsigned ifindex, const uint8_t *frame, size_t len)
{
	struct __sk_buff skb = { .ifindex = ifindex };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = len);
	int r;

	if (hook != PC_HOOK_XDP) {
		opts.ctx_in = &skb;
		opts.ctx_size_in = sizeof(skb);
	}
	/* A signal ends a test run, and whoever catches it may still want the answer. */
	do
		r = bpf_prog_test_run_opts(twin, &opts);
	while (r && errno == EINTR);
	if (!r)
		return 0;
	if (errno == EINVAL)
		return fail_because(EINVAL,
		                    "%s: the kernel takes no frame of %zu bytes with such headers "
		                    "for a test run",
		                    hook == PC_HOOK_XDP ? "XDP" : "TC", len);
	return fail(errno, "test run");
}

static int ask(const struct pins *pins, const struct pc_meta *meta, enum pc_hook hook,
               const uint8_t *frame, size_t len, struct dryrun *ret_run)
{
	auto_close int twin = -1, decision = -1;
	__u32 key = 0;
	int r = object_load_dry_run(pins, hook, &meta->plan, &twin, &decision);

	if (!r)
		r = run_twin(twin, hook, meta->ifindex, frame, len);
	if (r)
		return r;
	if (bpf_map_lookup_elem(decision, &key, &ret_run->decision))
		return fail(errno, "test run");
	ret_run->hook = hook;
	ret_run->enforces = true;
	ret_run->other_text |= is_other_text(twin, original_of(pins, meta, hook));
	return 0;
}

int dryrun(const struct pins *pins, const struct pc_meta *meta, enum pc_direction direction,
           const uint8_t *frame, size_t len, struct dryrun *ret_run)
{
	const struct pc_plan *plan = &meta->plan;
	struct dryrun run = { .hook = PC_HOOK_XDP, .decision = { .rule = -1 } };
	bool in = direction == PC_IN, xdp = in && plan->xdp_mode;
	int r = 0;

	if (!xdp && !plan->tc_backend)
		return fail_because(ERR_ABSENT, "%s: no program of ours sees what goes %s",
		                    pins_name(pins), in ? "in" : "out");
	if (xdp && plan->early_drop)
		r = ask(pins, meta, PC_HOOK_XDP, frame, len, &run);
	if (!r && plan->tc_backend && run.decision.verdict != PC_VERDICT_DROP)
		r = ask(pins, meta, in ? PC_HOOK_TC_INGRESS : PC_HOOK_TC_EGRESS, frame, len, &run);
	if (!r)
		*ret_run = run;
	return r;
}
