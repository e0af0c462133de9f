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
static __always_inline bool has_member4(const struct pc_member4 *m, __u64 count, __u32 address)
{
	__u64 has = 0;

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

#define LINE_SIZE (PC_TABLE_MEMBERS4 * sizeof(struct pc_member4))

/* Nodes on a way: an IPv4 address is one word to cut on; at most 4 lines go on, and a leaf ends it.
 */
#define TABLE_NODES4 (PC_TABLE_DEPTH / 4 + 4 + 1)

static __always_inline bool table_has4(__u32 image, __u32 at, __u32 address)
{
	struct pc_node node;

	for (int i = 0; i < TABLE_NODES4 && take_node(image_at(image, at), &node); i++) {
		const struct pc_member4 *m;
		bool lines = node.word == PC_TABLE_LINES;

		if (!node.leaf) {
			at = node_child(&node, address);
			continue;
		}
		if (lines)
			node.base += (address >> node.shift & node.mask) * LINE_SIZE;
		m = image_at(image, node.base);
		if (!m)
			return false;
		if (!lines || m->span != ~0u)
			return has_member4(m, lines ? PC_TABLE_MEMBERS4 : node.mask, address);
		at = m->first;
	}
	return false;
}

static __always_inline bool table_has6(__u32 image, __u32 table, const __u32 *address)
{
	struct pc_node node;
	bool there = take_node(image_at(image, table), &node);

	for (int i = 0; i < PC_TABLE_DEPTH && there && !node.leaf; i++)
		there = take_node(image_at(image, node_child(&node, address[node.word & 3])),
		                  &node);
	return there && node.leaf && leaf_has6(image, &node, address);
}

/* Whether one of the packet's addresses, PC_WORD_SADDR or PC_WORD_DADDR, is in the set with this
 * table. */
static __always_inline bool table_has(const struct packet *p, __u32 table, __u32 which)
{
	const __u32 *address = &p->word[which & PC_WORD_DADDR];

	if (p->version == 6)
		return table_has6(p->search.image, table, address);
	return table_has4(p->search.image, table, *address);
}

#endif
