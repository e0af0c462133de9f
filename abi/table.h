/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of addresses as the data plane looks them up: small trees of the nodes that rules have. */
#ifndef PC_ABI_TABLE_H
#define PC_ABI_TABLE_H

#include "image.h"

/* The address of a table (pc_cond.table) is that of its root, a struct pc_node. An inner node cuts
 * on the words of the one address looked for, in host byte order, `word` being 0-3 (IPv4: 0):
 *
 *     next = base + (address[word] >> shift & mask) * sizeof(struct pc_node)
 *
 * A leaf has `mask` members at `base`, none of which overlap; the address is in the set if it is in
 * one of them. A way down may skip bits, so that nothing but a member says yes. There are no leaves
 * in a row here, and no more than PC_TABLE_DEPTH inner nodes on a way. */
/* Large IPv4 tables have lines: the `mask` + 1 leaves of a node side by side, each as long as a
 * leaf can be, so that there is no node to be looked at in between. It is a node with `leaf` and
 * PC_TABLE_LINES in `word`; the members are at
 *
 *     base + (address >> shift & mask) * PC_TABLE_MEMBERS4 * sizeof(struct pc_member4)
 *
 * Those that are not needed have an address of another line. Where a line is too short, the first
 * one has a span of ~0, and `first` is the address of a node to go on at: as lines are for 256
 * members and more, 4 times on a way at most. */
#define PC_TABLE_LINES    1
#define PC_TABLE_DEPTH    28
#define PC_TABLE_MEMBERS4 8 /* the most a leaf has: a cache line */
#define PC_TABLE_MEMBERS6 4

/* address - first <= span, in 32 bits */
struct pc_member4 {
	__u32 first;
	__u32 span;
};
_Static_assert(sizeof(struct pc_member4) == 8, "members are found by this size");

/* (address[i] & mask[i]) == addr[i] for all i */
struct pc_member6 {
	__u32 addr[4];
	__u32 mask[4];
};
_Static_assert(sizeof(struct pc_member6) == 32, "members are found by this size");

#endif
