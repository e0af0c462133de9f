/* SPDX-License-Identifier: GPL-2.0-only */
/* loader attach: guard interfaces, all that were named or none. */
#include <errno.h>
#include <net/if_arp.h>
#include <stdlib.h>

#include "abi/names.h"
#include "lib/base/err.h"
#include "lib/kern/guard.h"
#include "lib/kern/link.h"
#include "loader/brought.h"
#include "loader/commands.h"
#include "loader/session.h"
#include "loader/view.h"

enum xdp_mode_word { MODE_AUTO, MODE_NATIVE, MODE_SKB };
enum tc_word { TC_WORD_CLSACT, TC_WORD_TCX };

struct attach_args {
	int xdp_mode, tc;
	bool early_drop, no_xdp, no_tc;
	struct brought_args brought;
};

static const char *const xdp_mode_words[] = { "auto", "native", "skb", NULL };
static const char *const tc_words[] = { "clsact", "tcx", NULL };

static const struct opt attach_opts[] = {
	{ "xdp-mode", 0, OPT_WORD, offsetof(struct attach_args, xdp_mode), "auto|native|skb",
	  "where XDP runs; auto: what costs this device least", xdp_mode_words },
	{ "early-drop", 0, OPT_FLAG, offsetof(struct attach_args, early_drop), NULL,
	  "XDP drops what TC ingress would", NULL },
	{ "policy", 0, OPT_TEXT, offsetof(struct attach_args, brought.file), "FILE",
	  "with this policy; see portcullis.policy(5)", NULL },
	{ "restore", 0, OPT_FLAG, offsetof(struct attach_args, brought.restore), NULL,
	  "with the policy that was applied last, also before a reboot", NULL },
	{ "state-dir", 0, OPT_TEXT, offsetof(struct attach_args, brought.state_dir), "DIR",
	  "where policies are kept; also PORTCULLIS_STATE_DIR", NULL },
	{ "tc", 0, OPT_WORD, offsetof(struct attach_args, tc), "clsact|tcx",
	  "how the TC programs are attached", tc_words },
	{ "no-xdp", 0, OPT_FLAG, offsetof(struct attach_args, no_xdp), NULL, "TC only", NULL },
	{ "no-tc", 0, OPT_FLAG, offsetof(struct attach_args, no_tc), NULL, "XDP only", NULL },
	{ 0 },
};

/* What undoing one interface's attach takes. */
struct undo {
	struct pins pins;
	struct pc_meta meta; /* as it was; no plan: there was nothing */
	struct brought brought;
};

/* All interfaces' of one attach. */
struct attempt {
	struct policy given; /* --policy */
	struct undo *undo;
	int count;
};

static void attempt_free(struct attempt *attempt)
{
	for (int i = 0; i < attempt->count; i++)
		brought_free(&attempt->undo[i].brought);
	free(attempt->undo);
	policy_free(&attempt->given);
}
#define auto_attempt __attribute__((cleanup(attempt_free)))

static int check_args(const struct attach_args *args, int interfaces)
{
	if (!interfaces)
		return fail_because(ERR_USAGE, "attach: an interface is wanted");
	if (args->no_xdp && args->no_tc)
		return fail_because(ERR_USAGE,
		                    "attach: --no-xdp and --no-tc leave nothing to attach");
	if (args->no_xdp && (args->early_drop || args->xdp_mode != MODE_AUTO))
		return fail_because(ERR_USAGE,
		                    "attach: --no-xdp and options for XDP exclude each other");
	return 0;
}

static int make_plan(const struct attach_args *args, const struct link *link,
                     const struct pins *pins, struct pc_plan *ret_plan)
{
	struct pc_plan plan = { .early_drop = args->early_drop };
	struct guard now;
	const char *why;
	int r = 0;

	if (!args->no_tc)
		plan.tc_backend = args->tc == TC_WORD_TCX ? PC_TC_TCX : PC_TC_CLSACT;
	plan.xdp_auto = !args->no_xdp && args->xdp_mode == MODE_AUTO;
	if (plan.xdp_auto)
		r = guard_observe(pins, link->ifindex, &now);
	if (r)
		return r;
	if (plan.xdp_auto)
		plan.xdp_mode = xdp_best_mode(link, &now.xdp, now.xdp_id, args->early_drop, &why);
	else if (!args->no_xdp)
		plan.xdp_mode = args->xdp_mode == MODE_SKB ? PC_XDP_SKB : PC_XDP_NATIVE;
	*ret_plan = plan;
	return 0;
}

static bool was_attached(const struct undo *undo)
{
	return undo->meta.plan.xdp_mode || undo->meta.plan.tc_backend;
}

static void roll_back(const struct undo *undo)
{
	struct pc_meta meta;

	err_hush(1);
	pins_state(&undo->pins, &meta);
	if (undo->brought.pending)
		commit_roll_back(&undo->pins);
	if (was_attached(undo))
		guard_converge(&undo->pins, &meta, &undo->meta.plan, true);
	else
		guard_remove(&undo->pins, &meta, false);
	err_hush(0);
}

/* A driver without native XDP is found out by trying. */
static int converge(const struct pins *pins, struct pc_meta *meta, struct pc_plan *plan)
{
	bool may_fall_back = plan->xdp_auto && plan->xdp_mode == PC_XDP_NATIVE;
	int r;

	err_hush(may_fall_back);
	r = guard_converge(pins, meta, plan, false);
	err_hush(0);
	if (!r || !may_fall_back)
		return r;
	if (r == -EOPNOTSUPP)
		plan->xdp_mode = PC_XDP_SKB;
	/* In native mode once more, to have it said what is wrong. */
	return guard_converge(pins, meta, plan, false);
}

static int attach_one(const struct session *session, const char *ifname,
                      const struct attach_args *args, const struct policy *given,
                      struct undo *ret_undo)
{
	struct pins *pins = &ret_undo->pins;
	struct pc_meta meta;
	struct pc_plan plan;
	struct link link;
	uint64_t cookie = 0;
	int r = link_get(ifname, &link);

	if (r)
		return r;
	if (link.type != ARPHRD_ETHER && link.type != ARPHRD_LOOPBACK)
		return fail_because(EOPNOTSUPP,
		                    "interface '%s': its frames have no Ethernet header", ifname);
	r = pins_at(session->root, session->netns, link.name, pins);
	if (!r)
		r = make_plan(args, &link, pins, &plan);
	if (!r)
		r = pins_refuse_other_versions(pins);
	if (r)
		return r;
	if (pins_state(pins, &meta) == PINS_NONE) {
		r = netns_cookie(&cookie);
		if (r)
			return r;
		meta = (struct pc_meta){ .abi = PC_ABI_VERSION,
			                 .ifindex = link.ifindex,
			                 .netns_cookie = cookie };
		ret_undo->meta = meta;
		r = pins_create(pins, &meta);
	} else {
		ret_undo->meta = meta;
	}
	/* In libxdp's dispatcher a program cannot be replaced without a gap: where XDP enforces, it
	 * has to know policies before the first one comes. */
	plan.policies = meta.plan.policies || args->brought.file || args->brought.restore ||
	                (plan.early_drop && xdp_dispatcher_offered());
	/* Before the first packet is judged; but what is attached already has to know policies
	 * first, so that all hooks change at once. */
	if (!r && !was_attached(ret_undo))
		r = brought_apply(&args->brought, given, pins, &ret_undo->brought);
	if (!r)
		r = converge(pins, &meta, &plan);
	if (!r && was_attached(ret_undo))
		r = brought_apply(&args->brought, given, pins, &ret_undo->brought);
	if (r)
		roll_back(ret_undo);
	return r;
}

static int attach_all(const struct session *session, const struct invocation *inv,
                      struct attempt *attempt)
{
	const struct attach_args *args = inv->args;
	int r = guard_heal_all(session->root);

	for (int i = 0; !r && i < inv->operand_count; i++) {
		r = attach_one(session, inv->operands[i], args, &attempt->given, &attempt->undo[i]);
		while (r && i-- > 0)
			roll_back(&attempt->undo[i]);
	}
	for (int i = 0; !r && i < inv->operand_count; i++)
		r = brought_confirm(&args->brought, &attempt->undo[i].pins,
		                    &attempt->undo[i].brought);
	return r;
}

static int say(const struct invocation *inv, const struct attempt *attempt)
{
	auto_view struct view *view = view_new(&inv->common);
	int r = 0;

	for (int i = 0; !r && i < attempt->count; i++) {
		if (was_attached(&attempt->undo[i]))
			warn("%s: was attached; made to match, counters kept", inv->operands[i]);
		r = view_add(view, &attempt->undo[i].pins);
	}
	return r ? r : view_print(view);
}

static int run_attach(const struct invocation *inv)
{
	const struct attach_args *args = inv->args;
	auto_attempt struct attempt attempt = { .count = inv->operand_count };
	auto_session struct session session = { 0 };
	int r = check_args(args, inv->operand_count);

	attempt.undo = calloc(inv->operand_count + 1, sizeof(*attempt.undo));
	if (!attempt.undo) {
		attempt.count = 0;
		return fail(ENOMEM, "attach");
	}
	if (!r)
		r = brought_read(&args->brought, &attempt.given);
	if (!r)
		r = session_begin(&inv->common, true, &session);
	if (!r)
		r = attach_all(&session, inv, &attempt);
	return r ? r : say(inv, &attempt);
}

const struct cmd attach_cmd = { "attach",
	                        "IFACE...",
	                        "count, measure and filter on interfaces",
	                        attach_opts,
	                        sizeof(struct attach_args),
	                        run_attach };
