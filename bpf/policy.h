/* SPDX-License-Identifier: GPL-2.0-only */
/* The judge at doors that know policies: which one is in force, which of its rules decides, and
 * what that one does. */
#ifndef BPF_POLICY_H
#define BPF_POLICY_H

#include "abi/policy.h"
#include "bpf/builtin_rule.h"
#include "bpf/config.h"
#include "bpf/fate.h"
#include "bpf/flow_cache.h"
#include "bpf/image.h"
#include "bpf/limit.h"
#include "bpf/packet.h"
#include "bpf/rules.h"
#include "bpf/search.h"

static __always_inline enum pc_choice policy_in_force(void)
{
	__u32 key = 0;
	const __u64 *word = bpf_map_lookup_elem(&pc_active, &key);
	__u64 active = word ? *(const volatile __u64 *)word : 0;

	if (__builtin_expect(!pc_deadline(active), 1))
		return active & PC_CHOICE_MASK;
	return pc_choice_at(active, bpf_ktime_get_coarse_ns());
}

static __always_inline enum pc_kind kind_of(const struct packet *p)
{
	enum pc_kind first = p->version == 6 ? PC_KIND_IP6_TCP : PC_KIND_IP4_TCP;

	if (!p->version)
		return PC_KIND_NOT_IP;
	if (!p->has_ports)
		return first + PC_KIND_IP4_REST;
	if (p->protocol == PC_PROTO_TCP)
		return first;
	return first + (p->protocol == PC_PROTO_UDP ? PC_KIND_IP4_UDP : PC_KIND_IP4_SCTP);
}

/* Counts for the rules that count and come before the one that decides. */
static __always_inline void count_on_the_way(hook_ctx *ctx, struct packet *p,
                                             const struct pc_side *side)
{
	for (int i = 0; i < PC_TREES && side->counts[p->kind].root[i]; i++)
		HOOK_NAME(tally)(ctx, p, side->counts[p->kind].root[i]);
}

/* The rule that decides; NO_RULE: the default does. What was asked for more than the flow's key may
 * be another one for its next packet. */
static __always_inline __u32 find_rule(hook_ctx *ctx, struct packet *p,
                                       const struct pc_image *header, const struct pc_side *side)
{
	bool caches4 = side->worth_caching & PC_CACHE_IP4 && p->version == 4;
	bool caches6 = side->worth_caching & PC_CACHE_IP6 && p->version == 6;
	__u32 rule = NOT_CACHED;

	if (caches4)
		rule = flow4_rule(p);
	if (caches6)
		rule = HOOK_NAME(flow6_rule)(p, header->generation);
	if (rule != NOT_CACHED)
		return rule;
	if (p->kind >= PC_KIND_COUNT)
		return NO_RULE;
	search(ctx, p, header, &side->verdicts[p->kind]);
	if (__builtin_expect(side->has_counts, 0)) {
		if (hook_leaves_doubts())
			p->search.asked |= ASKED_MORE;
		else
			count_on_the_way(ctx, p, side);
	}
	if (p->search.asked || dry_run)
		return p->search.rule;
	if (caches4)
		flow4_keep(p);
	else if (caches6)
		HOOK_NAME(flow6_keep)(p, header->generation);
	return p->search.rule;
}

static __always_inline struct fate fate_by_default(const struct pc_side *side,
                                                   enum pc_reason reason)
{
	if (!side->drops)
		return (struct fate){ PC_VERDICT_PASS, reason };
	return (struct fate){ PC_VERDICT_DROP, reason == PC_R_PASS ? PC_R_DEFAULT : reason };
}

/* What the rule that decides does with the packet. */
static __always_inline struct fate fate_by_rule(const struct packet *p,
                                                const struct pc_image *header, __u32 rule,
                                                enum pc_reason reason)
{
	const struct pc_rule *r = rule_of(p, header, rule);
	struct fate pass = { PC_VERDICT_PASS, reason };

	if (!r)
		return pass;
	if (hook_leaves_doubts() && r->action != PC_ACTION_DROP)
		return pass;
	if (!dry_run)
		count_cell(r->cell, &p->wire);
	if (r->action == PC_ACTION_DROP)
		return (struct fate){ PC_VERDICT_DROP, PC_R_RULE };
	if (r->action == PC_ACTION_LIMIT && !HOOK_NAME(limit_passes)(p, rule))
		return (struct fate){ PC_VERDICT_DROP, PC_R_LIMIT };
	return pass;
}

static __always_inline void tell(const struct packet *p, struct fate fate, enum pc_choice choice,
                                 __u32 rule)
{
	struct pc_decision *decision;
	__u32 key = 0;

	if (!dry_run)
		return;
	decision = bpf_map_lookup_elem(&pc_decision, &key);
	if (!decision)
		return;
	decision->verdict = fate.verdict;
	decision->reason = fate.reason;
	decision->rule = rule == NO_RULE ? -1 : (__s32)rule;
	decision->choice = choice;
	decision->kind = p->kind;
}

static __always_inline struct fate fate_by_builtin(const struct packet *p, enum pc_reason reason)
{
	if (!builtin_drops(p))
		return (struct fate){ PC_VERDICT_PASS, reason };
	if (!dry_run)
		count_builtin(&p->wire);
	return (struct fate){ PC_VERDICT_DROP, PC_R_RULE };
}

static __always_inline struct fate judge(hook_ctx *ctx, enum pc_reason reason, struct packet *p)
{
	enum pc_choice choice = policy_in_force();
	__u32 image = PC_PAGE_OF_IMAGE(choice), rule = NO_RULE;
	const struct pc_image *header = choice ? image_at(image, 0) : NULL;
	const struct pc_side *side;
	struct fate fate;

	p->kind = kind_of(p);
	if (!header) {
		fate = fate_by_builtin(p, reason);
		tell(p, fate, PC_CHOICE_BUILTIN, rule);
		return fate;
	}
	side = &header->side[HOOK_DIRECTION];
	p->search = (struct search){ .image = image, .rule = NO_RULE };
	rule = find_rule(ctx, p, header, side);
	if (hook_leaves_doubts() && p->search.asked & ASKED_UNSURE)
		fate = (struct fate){ PC_VERDICT_PASS, reason };
	else if (rule == NO_RULE)
		fate = fate_by_default(side, reason);
	else
		fate = fate_by_rule(p, header, rule, reason);
	/* What passes on is counted where it is judged for good. */
	if (hook_leaves_doubts() && fate.verdict == PC_VERDICT_DROP && side->has_counts &&
	    p->kind < PC_KIND_COUNT)
		count_on_the_way(ctx, p, side);
	tell(p, fate, choice, rule);
	return fate;
}

#endif
