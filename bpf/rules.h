/* SPDX-License-Identifier: GPL-2.0-only */
/* The rules of an image by index, and what each has counted. */
#ifndef BPF_RULES_H
#define BPF_RULES_H

#include "abi/image.h"
#include "abi/policy.h"
#include "bpf/account.h"
#include "bpf/config.h"
#include "bpf/image.h"
#include "bpf/packet.h"

static __always_inline const struct pc_rule *rule_of(const struct packet *p,
                                                     const struct pc_image *header, __u32 rule)
{
	return image_near(header, p->search.image, header->rules + rule * sizeof(struct pc_rule));
}

static __always_inline const struct pc_rule *rule_at(const struct packet *p, __u32 rule)
{
	const struct pc_image *header = image_at(p->search.image, 0);

	return header ? rule_of(p, header, rule) : NULL;
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
