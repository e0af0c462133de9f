/* SPDX-License-Identifier: GPL-2.0-only */
/* A compiled policy: one flat address space of 32-bit addresses, read by the data plane page by
 * page, written by user space in one go.
 *
 *   address 0      struct pc_image     where everything else is
 *   trees          struct pc_node      which rules may match, by cuts on the packet's key
 *   leaves         struct pc_entry4/6  a rule's addresses, ports and protocol; lowest rule first
 *   conditions     struct pc_cond      what else a rule asks for; sets and bitmaps they refer to
 *   rules          struct pc_rule      what the rule that matched does
 *   source         the text and the contents of its sets, for user space
 *
 * An address is a byte offset; 0 says "none" wherever something may be missing. Nothing that the
 * data plane reads as one (a struct, a leaf, the children of a node) crosses from one page into the
 * next. All numbers in host byte order, addresses of packets too.
 */
#ifndef PC_ABI_IMAGE_H
#define PC_ABI_IMAGE_H

#include <stddef.h>

#include <linux/types.h>

#define PC_PAGE_SHIFT 18
#define PC_PAGE_SIZE  (1u << PC_PAGE_SHIFT)

/* Read at any offset of a page, this much is there: it spares the data plane a bounds check. */
#define PC_PAGE_SLACK 4096

/* Value of the maps that pages are. */
struct pc_page {
	__u8 bytes[PC_PAGE_SIZE + PC_PAGE_SLACK];
};

#define PC_IMAGE_PAGES 1024 /* the most an image may have: 256 MiB */
#define PC_MAX_RULES   16384

/* Which way a packet goes. */
enum pc_direction { PC_IN, PC_OUT, PC_DIRECTION_COUNT };

/* What a packet is to the rules: each kind has trees of its own. The kinds with ports are for
 * packets whose ports are known; all other IP packets, whatever their protocol, are the family's
 * rest; packets that are not IP, or whose IP header cannot be read, are PC_KIND_NOT_IP: what they
 * are asked for is their EtherType, their VLAN tags, their size. */
enum pc_kind {
	PC_KIND_IP4_TCP,
	PC_KIND_IP4_UDP,
	PC_KIND_IP4_SCTP,
	PC_KIND_IP4_REST,
	PC_KIND_IP6_TCP,
	PC_KIND_IP6_UDP,
	PC_KIND_IP6_SCTP,
	PC_KIND_IP6_REST,
	PC_KIND_NOT_IP,
	PC_KIND_COUNT
};

/* The words a tree cuts on. IPv4 addresses are the first of their four words, the rest 0. In the
 * kinds without ports these are 0, in PC_KIND_NOT_IP all are. */
enum pc_word {
	PC_WORD_SADDR,
	PC_WORD_DADDR = 4,
	PC_WORD_SPORT = 8,
	PC_WORD_DPORT,
	PC_WORD_PROTO, /* IP protocol number; of IPv6 that after the extension headers */
	PC_WORDS = 16  /* a power of two: an index is masked, not checked */
};

/* An inner node has its children side by side: the next node is at
 *     base + (word[word_index] >> shift & mask) * sizeof(struct pc_node)
 * and shift + the width of mask never exceed the word. A leaf (leaf = 1) has `mask` entries at
 * `base`, of the family of its kind (pc_entry4 in PC_KIND_NOT_IP), in the order of their rules.
 *
 * Rules that no word tells apart (they differ in their conditions only) may be more than a leaf
 * holds: a leaf whose `word` is PC_LEAF_GOES_ON has another one right behind it, at its own address
 * + sizeof(struct pc_node), with the rules that come next; PC_LEAF_NODES in a row at most. */
struct pc_node {
	__u32 base;
	__u16 mask;    /* a leaf: how many entries */
	__u8 shift;    /* of an inner node */
	__u8 word : 4; /* of an inner node: enum pc_word */
	__u8 zero : 3;
	__u8 leaf : 1;
};
_Static_assert(sizeof(struct pc_node) == 8, "children are found by this size");

#define PC_LEAF_ENTRIES 32   /* the most a leaf has */
#define PC_LEAF_GOES_ON 1    /* in `word` of a leaf */
#define PC_LEAF_NODES   4096 /* the most leaves in a row */
#define PC_TREE_DEPTH   24   /* the most inner nodes on a way */

/* Up to four trees that share the rules of one kind between them, so that wildcards in one field
 * do not multiply the cuts on another; the lowest matching rule of all of them counts. Addresses of
 * root nodes; 0: no more trees. The entries of a rule that counts are all in one tree, and in a
 * leaf side by side: it counts once however many of them match. */
#define PC_TREES 4
struct pc_forest {
	__u32 root[PC_TREES];
};

/* Part of a rule: it matches when all of it does and all conditions at `cond` do (0: none). Port
 * ranges in kinds without ports are 0-65535. A rule with lists is several entries. */
struct pc_entry4 {
	__u32 saddr, smask, daddr, dmask;
	__u16 sport_lo, sport_hi, dport_lo, dport_hi;
	__u8 proto, proto_mask;
	__u16 rule; /* index into the rules */
	__u32 cond; /* address of struct pc_cond */
};
_Static_assert(sizeof(struct pc_entry4) == 32, "two to a cache line");

struct pc_entry6 {
	__u32 saddr[4], smask[4], daddr[4], dmask[4];
	__u16 sport_lo, sport_hi, dport_lo, dport_hi;
	__u8 proto, proto_mask;
	__u16 rule;
	__u32 cond;
};
_Static_assert(sizeof(struct pc_entry6) == 80, "pc_entry6 is part of the image");

/* What a condition looks at. A field the packet does not have (no VLAN tag, no TCP flags in a
 * fragment, no ICMP type) has no value that matches; `negate` turns that round as well. */
#define PC_FIELDS(X) \
	X(SPORT) \
	X(DPORT) \
	X(PROTO)     /* IP protocol number */ \
	X(ETHERTYPE) /* after VLAN tags */ \
	X(VLAN) /* id of any of the tags that are parsed, the one beside the packet included */ \
	X(LEN)  /* of the packet on the wire, of a GSO packet its full segments; at most 65535 */ \
	X(DSCP) /* 0-63, IPv4 and IPv6 */ \
	X(ICMP_TYPE) /* of ICMP and ICMPv6 */ \
	X(TCP_FLAGS) /* the byte of RFC 9293 3.1 */ \
	X(SADDR) \
	X(DADDR) \
	X(FRAGMENT)    /* 1 in any fragment, the first one included */ \
	X(ESTABLISHED) /* 1 where a socket of the host has this connection, in ARP and in ICMPv6 \
	                  133-136 */

#define PC_FIELD_ID(id, ...) PC_FIELD_##id,
enum pc_field { PC_FIELDS(PC_FIELD_ID) PC_FIELD_COUNT };

enum pc_test {
	PC_TEST_RANGE,  /* lo <= value <= hi */
	PC_TEST_BITMAP, /* bit `value` of the bitmap at `table`, as long as the field's values need:
	                   bit n is bit n % 8 of byte n / 8 */
	PC_TEST_MASK,   /* (value & hi) == lo */
	PC_TEST_SET,    /* the address is in the set with this table, see table.h; SADDR and DADDR
	                   only, and the table is of the family of the entry */
};

/* One condition; the list ends with the one that has `last`. At most PC_MAX_CONDS in a list. */
#define PC_MAX_CONDS 16
struct pc_cond {
	__u8 field; /* enum pc_field */
	__u8 test;  /* enum pc_test */
	__u8 negate;
	__u8 last;
	__u32 lo, hi;
	__u32 table; /* address */
};
_Static_assert(sizeof(struct pc_cond) == 16, "pc_cond is part of the image");

enum pc_action { PC_ACTION_PASS, PC_ACTION_DROP, PC_ACTION_COUNT, PC_ACTION_LIMIT };

/* What a rule does, by index. `cell` is where it counts, the same for as long as the rule's text
 * is; also the place of its token bucket. A bucket fills by one packet every `interval` 1/1024 ns
 * and holds `burst` packets. */
struct pc_rule {
	__u8 action; /* enum pc_action */
	__u8 per_src;
	__u16 cell;
	__u32 burst;
	__u64 interval;
};
_Static_assert(sizeof(struct pc_rule) == 16, "pc_rule is part of the image");

/* What is to be done with a packet, in a word: enum pc_action from this bit on, where one that
 * counts, as none such decides, is to do as by default; and below the cell of the rule that
 * decided, or if it limits its index. */
#define PC_DEED_ACTION_SHIFT 15

static inline __attribute__((always_inline)) __u32 pc_deed(const struct pc_rule *rule, __u32 index)
{
	return (__u32)rule->action % 4 << PC_DEED_ACTION_SHIFT |
	       (rule->action == PC_ACTION_LIMIT ? index : rule->cell);
}

/* The most entries that are looked at one by one, without a tree and without a cache of flows. */
#define PC_FEW 10

/* One of them: a struct pc_entry4 in the shape in which it is compared soonest. It matches when
 * `addresses` do under `mask`, source below destination, and each of the lanes of pc_lanes() lies
 * between those of `low` and `high`. */
struct pc_few {
	__u64 addresses, mask;
	__u64 low, high;
	__u32 deed; /* see pc_deed() */
	__u32 cond; /* as in struct pc_entry4 */
	__u16 rule;
	__u16 zero[3];
};
_Static_assert(sizeof(struct pc_few) == 48, "few entries are found by this size");

/* Ports and protocol side by side, with bits between them that stay 0: they show where a difference
 * is below 0. What a lane then takes from the next one does not matter any more, as one that is
 * below 0 is enough. */
#define PC_LANE_DPORT    20
#define PC_LANE_PROTO    40
#define PC_LANES_BELOW_0 (1ull << (PC_LANE_DPORT - 1) | 1ull << (PC_LANE_PROTO - 1) | 1ull << 63)

static inline __attribute__((always_inline)) __u64 pc_lanes(__u64 sport, __u64 dport, __u64 proto)
{
	return sport | dport << PC_LANE_DPORT | proto << PC_LANE_PROTO;
}

/* `addresses` as those of struct pc_few; all in host byte order. No branches but for the end. */
static inline __attribute__((always_inline)) int pc_few_matches(const struct pc_few *e,
                                                                __u64 addresses, __u64 lanes)
{
	__u64 off = (addresses ^ e->addresses) & e->mask;

	return !(off | (((lanes - e->low) | (e->high - lanes)) & PC_LANES_BELOW_0));
}

#define PC_CACHE_IP4 1
#define PC_CACHE_IP6 2

/* What every packet asks of a policy. Part of the image, and while that is in force copied to where
 * the data plane has it at hand: pc_active. There is room for all kinds but IPv6's. */
#define PC_FRONT_FEW (PC_DIRECTION_COUNT * (PC_KIND_COUNT - 4) * PC_FEW)

struct pc_front {
	__u32 generation;
	__u32 rules; /* address of struct pc_rule[] */
	struct pc_front_side {
		__u32 few[PC_KIND_COUNT]; /* for a small forest of IPv4's entries: how many there
		                             are, at most PC_FEW, and none where there is no tree,
		                             plus where in the front the first of them is, a
		                             multiple of PC_FEW_ALIGN; 0: go by the trees */
		__u8 drops;               /* the default verdict is to drop */
		__u8 has_counts;          /* there is a rule that counts */
		__u8 worth_caching;       /* PC_CACHE_IP4, PC_CACHE_IP6: where a flow cache gains */
		__u8 zero;
	} side[PC_DIRECTION_COUNT];
	__u64 zero;
	struct pc_few few[PC_FRONT_FEW]; /* forests may share them */
};

#define PC_FEW_ALIGN 16
#define PC_FEW_REACH 8192 /* they begin before that: a power of two, masked and not checked */
_Static_assert(sizeof(struct pc_front) <= PC_FEW_REACH, "few entries are within reach");
_Static_assert(offsetof(struct pc_front, few) % PC_FEW_ALIGN == 0 &&
                       sizeof(struct pc_few) % PC_FEW_ALIGN == 0 && PC_FEW < PC_FEW_ALIGN,
               "a number of entries fits below where they are");

#define PC_IMAGE_MAGIC 0x50434932 /* "PCI2" */

/* The trees that a packet of one direction meets. */
struct pc_side {
	struct pc_forest verdicts[PC_KIND_COUNT]; /* rules that pass, drop or limit */
	struct pc_forest counts[PC_KIND_COUNT]; /* rules that count: all that match, as far as they
	                                           stand before the one that decides */
};

struct pc_image {
	__u32 magic;
	__u32 size; /* of all of it, bytes */
	__u32 n_rules;
	__u32 text, text_len; /* address and bytes: the policy, canonical; not for the data plane */
	__u32 sets, n_sets;   /* address of struct pc_image_set[n_sets]; the same */
	__u32 uses_limits, uses_sources; /* memory the policy needs beside the image */
	__u32 zero;
	struct pc_side side[PC_DIRECTION_COUNT];
	struct pc_front front;
};

/* The contents of a set that came from a file, for who changes the policy later without having the
 * file: packed records of 1 byte prefix length and 4 address bytes, then of 1 and 16. */
struct pc_image_set {
	char name[32];
	__u32 ip4, n_ip4;
	__u32 ip6, n_ip6;
};

#endif
