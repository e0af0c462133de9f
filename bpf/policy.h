/* SPDX-License-Identifier: GPL-2.0-only */
/* The judge at doors that know policies: which rule of the one in force decides, and what that rule
 * does. */
#ifndef BPF_POLICY_H
#define BPF_POLICY_H

#include "abi/policy.h"
#include "bpf/builtin_rule.h"
#include "bpf/config.h"
#include "bpf/fate.h"
#include "bpf/flow_cache.h"
#include "bpf/image.h"
#include "bpf/in_force.h"
#include "bpf/limit.h"
#include "bpf/packet.h"
#include "bpf/rules.h"
#include "bpf/search.h"

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
static __always_inline void count_on_the_way(hook_ctx *ctx, struct packet *p)
{
	const struct pc_image *header = image_at(p->search.image, 0);
	const struct pc_forest *counts;

	if (!header || p->kind >= PC_KIND_COUNT)
		return;
	counts = &header->side[HOOK_DIRECTION].counts[p->kind];
	for (int i = 0; i < PC_TREES && counts->root[i]; i++)
		HOOK_NAME(tally)(ctx, p, counts->root[i]);
}

/* What the rules say is to be done; p->search tells which of them decided. */
static __always_inline __u32 ask_rules(hook_ctx *ctx, struct packet *p,
                                       const struct in_force *policy)
{
	const struct pc_front_side *side = front_side(policy);
	__u32 few, deed = NOT_KNOWN;

	if (p->kind >= PC_KIND_COUNT)
		return BY_DEFAULT;
	few = side->few[p->kind];
	if (few)
		deed = search_few(ctx, p, policy, few, true);
	if (deed == NOT_KNOWN) {
		search(ctx, p);
		deed = deed_of(p, policy->front->rules, p->search.rule);
	}
	if (__builtin_expect(side->has_counts, 0)) {
		if (hook_leaves_doubts())
			p->search.asked |= ASKED_MORE;
		else
			count_on_the_way(ctx, p);
	}
	return deed;
}

/* What is to be done with the packet. What was asked for more than the flow's key may be another
 * one for its next packet. */
static __always_inline __u32 find_deed(hook_ctx *ctx, struct packet *p,
                                       const struct in_force *policy)
{
	__u32 worth_caching = front_side(policy)->worth_caching, generation, rule, deed;
	bool caches4 = worth_caching & PC_CACHE_IP4 && p->version == 4;
	bool caches6 = worth_caching & PC_CACHE_IP6 && p->version == 6;

	p->kind = forget_way(kind_of(p), p->word[PC_WORD_SADDR]);
	if (dry_run)
		caches4 = caches6 = false;
	if (caches4) {
		deed = flow4_deed(p);
		if (deed != NOT_KNOWN)
			return deed;
	}
	generation = policy->front->generation;
	if (caches6) {
		rule = HOOK_NAME(flow6_rule)(p, generation);
		if (rule != NO_FLOW)
			return deed_of(p, policy->front->rules, rule);
	}
	deed = ask_rules(ctx, p, policy);
	if (p->search.asked)
		return deed;
	if (caches4)
		flow4_keep(p, deed);
	else if (caches6)
		HOOK_NAME(flow6_keep)(p, generation);
	return deed;
}

static __always_inline struct fate fate_by_default(const struct pc_front_side *side,
                                                   enum pc_reason reason)
{
	if (!side->drops)
		return (struct fate){ PC_VERDICT_PASS, reason };
	return (struct fate){ PC_VERDICT_DROP, reason == PC_R_PASS ? PC_R_DEFAULT : reason };
}

/* Does it, and counts for the rule. */
static __always_inline struct fate fate_by_deed(const struct wire *w, __u32 deed,
                                                const struct pc_front_side *side,
                                                enum pc_reason reason)
{
	enum pc_action action = deed_action(deed);
	struct fate pass = { PC_VERDICT_PASS, reason };

	if (action == PC_ACTION_COUNT)
		return fate_by_default(side, reason);
	if (action != PC_ACTION_DROP && hook_leaves_doubts())
		return pass;
	if (!dry_run)
		count_cell(deed_number(deed), w);
	return action == PC_ACTION_DROP ? (struct fate){ PC_VERDICT_DROP, PC_R_RULE } : pass;
}

static __always_inline struct fate fate_by_limit(const struct packet *p, __u32 deed,
                                                 enum pc_reason reason)
{
	if (hook_leaves_doubts() || HOOK_NAME(limit_passes)(p, deed_number(deed)))
		return (struct fate){ PC_VERDICT_PASS, reason };
	return (struct fate){ PC_VERDICT_DROP, PC_R_LIMIT };
}

static __always_inline void tell(const struct packet *p, struct fate fate, enum pc_choice choice)
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
	decision->rule = p->search.rule == NO_RULE ? -1 : p->search.rule;
	decision->choice = choice;
	decision->kind = p->kind;
}

static __always_inline struct fate fate_by_builtin(const struct packet *p, const struct wire *w,
                                                   enum pc_reason reason)
{
	if (!builtin_drops(p))
		return (struct fate){ PC_VERDICT_PASS, reason };
	if (!dry_run)
		count_builtin(w);
	return (struct fate){ PC_VERDICT_DROP, PC_R_RULE };
}

/* What is to be done with a packet, if it takes no more than its addresses, ports and protocol and
 * no search of trees to know; else NOT_KNOWN. */
static __always_inline __u32 known_deed(struct packet *p, const struct in_force *policy)
{
	const struct pc_front_side *side = front_side(policy);
	__u32 few;

	if (side->worth_caching & PC_CACHE_IP4)
		return flow4_deed(p);
	few = side->few[kind_of(p)];
	if (!few || side->has_counts)
		return NOT_KNOWN;
	return search_few(NULL, p, policy, few, false);
}

/* Judges a plain packet of which nobody has the address, so that it need not be in memory. False:
 * to be judged in full; nothing was done. */
static __always_inline bool judge_at_once(struct packet *p, const struct wire *w,
                                          const struct in_force *policy, struct fate *ret_fate)
{
	__u32 deed;

	if (!policy->front) {
		*ret_fate = fate_by_builtin(p, w, PC_R_PASS);
		return true;
	}
	p->search.image = PC_PAGE_OF_IMAGE(policy->choice);
	deed = known_deed(p, policy);
	if (deed == NOT_KNOWN || deed_action(deed) == PC_ACTION_LIMIT)
		return false;
	*ret_fate = fate_by_deed(w, deed, front_side(policy), PC_R_PASS);
	return true;
}

static __always_inline struct fate judge(hook_ctx *ctx, enum pc_reason reason, struct packet *p,
                                         const struct wire *w, const struct in_force *policy)
{
	struct fate fate;
	__u32 deed;

	p->search.rule = NO_RULE;
	if (!policy->front) {
		if (dry_run)
			p->kind = kind_of(p);
		fate = fate_by_builtin(p, w, reason);
		tell(p, fate, PC_CHOICE_BUILTIN);
		return fate;
	}
	p->search.image = PC_PAGE_OF_IMAGE(policy->choice);
	deed = find_deed(ctx, p, policy);
	if (hook_leaves_doubts() && p->search.asked & ASKED_UNSURE)
		fate = (struct fate){ PC_VERDICT_PASS, reason };
	else if (deed_action(deed) == PC_ACTION_LIMIT)
		fate = fate_by_limit(p, deed, reason);
	else
		fate = fate_by_deed(w, deed, front_side(policy), reason);
	/* What passes on is counted where it is judged for good. A flow that is cached met no rule
	 * that counts, and of it is not known which rule decided. */
	if (hook_leaves_doubts() && fate.verdict == PC_VERDICT_DROP && p->search.asked & ASKED_MORE)
		count_on_the_way(ctx, p);
	tell(p, fate, policy->choice);
	return fate;
}

#endif
