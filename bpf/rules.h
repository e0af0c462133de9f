/* SPDX-License-Identifier: GPL-2.0-only */
/* The rules of an image by index: what each does, and what it has counted. */
#ifndef BPF_RULES_H
#define BPF_RULES_H

#include "abi/image.h"
#include "abi/policy.h"
#include "bpf/account.h"
#include "bpf/config.h"
#include "bpf/image.h"
#include "bpf/packet.h"

/* `rules` is where the first of them is. */
static __always_inline const struct pc_rule *rule_of(const struct packet *p, __u32 rules,
                                                     __u32 rule)
{
	return image_at(p->search.image, rules + rule * sizeof(struct pc_rule));
}

static __always_inline const struct pc_rule *rule_at(const struct packet *p, __u32 rule)
{
	const struct pc_image *header = image_at(p->search.image, 0);

	return header ? rule_of(p, header->front.rules, rule) : NULL;
}

/* What is to be done, see pc_deed(). */
#define BY_DEFAULT ((__u32)PC_ACTION_COUNT << PC_DEED_ACTION_SHIFT)
#define NOT_KNOWN  (~0u)

/* The rule's cell; of one that limits, the rule. */
static __always_inline __u32 deed_number(__u32 deed)
{
	return deed & ((1u << PC_DEED_ACTION_SHIFT) - 1);
}

static __always_inline enum pc_action deed_action(__u32 deed)
{
	return deed >> PC_DEED_ACTION_SHIFT;
}

static __always_inline __u32 deed_of(const struct packet *p, __u32 rules, __u32 rule)
{
	const struct pc_rule *r = rule == NO_RULE ? NULL : rule_of(p, rules, rule);

	return r ? pc_deed(r, rule) : BY_DEFAULT;
}

/* Plain additions, as in account(): the page is this CPU's. */
static __always_inline void count_cell(__u32 cell, const struct wire *w)
{
	void *page = page_at(PC_PAGE_CELLS(bpf_get_smp_processor_id(), cell));

	if (page)
		count(page_offset(page, cell % PC_CELLS_PER_PAGE * sizeof(struct pc_counter)), w);
}

/* A global function: verified on its own. */
__attribute__((noinline)) int HOOK_NAME(count_rule)(const struct packet *p, __u32 rule)
{
	const struct pc_rule *r = p ? rule_at(p, rule) : NULL;

	if (r && !dry_run)
		count_cell(r->cell, &p->wire);
	return 0;
}

#endif
