/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether an address is in a set: down a small tree, then a few members one by one. */
#ifndef BPF_TABLE_H
#define BPF_TABLE_H

#include "abi/table.h"
#include "bpf/image.h"
#include "bpf/packet.h"

static __always_inline bool is_member6(const struct pc_member6 *m, const __u32 *word)
{
	__u32 off = 0;

#pragma unroll
	for (int i = 0; i < 4; i++)
		off |= (word[i] & m->mask[i]) ^ m->addr[i];
	return !off;
}

/* All of them, those beyond the last too, and no branches: what they take to come from memory is
 * spent on the next packet meanwhile. The highest bit of a difference is its sign. */
static __always_inline bool leaf_has4(__u32 image, const struct pc_node *leaf, __u32 address)
{
	const struct pc_member4 *m = image_at(image, leaf->base);
	__u64 count = leaf->mask, has = 0;

	if (!m)
		return false;
#pragma unroll
	for (__u64 i = 0; i < PC_TABLE_MEMBERS4; i++) {
		__u64 beyond = m[i].span, there = i - count;

		beyond -= address - m[i].first;
		asm volatile("" : "+r"(beyond), "+r"(there));
		has |= ~beyond & there;
	}
	asm volatile("" : "+r"(has));
	return has >> 63;
}

static __always_inline int leaf_has6(__u32 image, const struct pc_node *leaf, const __u32 *word)
{
	const struct pc_member6 *m = image_at(image, leaf->base);
	__u32 count = leaf->mask;

	if (!m)
		return 0;
	for (__u32 i = 0; i < PC_TABLE_MEMBERS6 && i < count; i++) {
		if (is_member6(&m[i], word))
			return 1;
	}
	return 0;
}

/* Whether one of the packet's addresses, PC_WORD_SADDR or PC_WORD_DADDR, is in the set with this
 * table. */
static __always_inline bool table_has(const struct packet *p, __u32 table, __u32 which)
{
	__u32 image = p->search.image;
	const struct pc_node *node = image_at(image, table);

	for (int i = 0; i <= PC_TABLE_DEPTH && node && !node->leaf; i++) {
		__u32 which_word = which | (node->word & 3), word;

		/* Masked last: 6.1's verifier does not see the bounds of what "or" makes. */
		asm volatile("" : "+r"(which_word));
		word = p->word[which_word & (PC_WORDS - 1)];
		node = image_at(image,
		                node->base + (word >> node->shift & node->mask) * sizeof(*node));
	}
	if (!node || !node->leaf)
		return 0;
	if (p->version == 6)
		return leaf_has6(image, node, &p->word[which & PC_WORD_DADDR]);
	return leaf_has4(image, node, p->word[which & PC_WORD_DADDR]);
}

#endif
