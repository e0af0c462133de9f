/* SPDX-License-Identifier: GPL-2.0-only */
/* A policy as this program thinks of it: what the parser makes and the compiler takes. */
#ifndef LIB_RULES_RULE_H
#define LIB_RULES_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/image.h"

#define RULES_NAME_SIZE 32 /* labels and names of sets, with the NUL */

/* Inclusive. */
struct range {
	uint32_t lo, hi;
};

/* Address bytes in network order, all bits behind the prefix 0. */
struct prefix {
	uint8_t family; /* 4 or 6 */
	uint8_t len;    /* bits */
	uint8_t addr[16];
};

/* The words that need nothing more: a family, or a protocol. As in pcap-filter, `icmp` is ICMP over
 * IPv4 and `icmp6` ICMPv6 over IPv6, `tcp`, `udp` and `sctp` are of both families. */
#define TYPE_WORDS(X) \
	X(IP, "ip") \
	X(IP6, "ip6") \
	X(ARP, "arp") \
	X(TCP, "tcp") \
	X(UDP, "udp") \
	X(SCTP, "sctp") \
	X(ICMP, "icmp") \
	X(ICMP6, "icmp6")

#define TYPE_ID(id, ...) TYPE_##id,
enum type_word { TYPE_WORDS(TYPE_ID) TYPE_COUNT };

enum match_kind {
	MATCH_TYPE,        /* type */
	MATCH_PROTO,       /* ranges: IP protocol numbers */
	MATCH_ADDR,        /* side, prefixes */
	MATCH_SET,         /* side, set */
	MATCH_PORT,        /* side, ranges; of TCP, UDP and SCTP */
	MATCH_VLAN,        /* ranges of ids of any tag; none: any tag at all */
	MATCH_FLAGS,       /* flags_value, flags_mask: (TCP flags & mask) == value */
	MATCH_ICMP_TYPE,   /* ranges; of ICMP and ICMPv6 */
	MATCH_LEN,         /* ranges, bytes from the Ethernet header on, without FCS */
	MATCH_DSCP,        /* ranges, 0-63 */
	MATCH_FRAGMENT,    /* any fragment, the first one included */
	MATCH_ESTABLISHED, /* a socket of this host has this connection, or it is what connections
	                      need to find neighbours: ARP, ICMPv6 133-136 */
};

enum side { SIDE_EITHER, SIDE_SRC, SIDE_DST };

/* One of the conditions of a rule, which all must hold. A primitive is false for a packet that does
 * not have what it asks for (a port of a later fragment, an address of an ARP packet); `negate`
 * turns whatever it is round, so that "not tcp" is true for an ARP packet. With SIDE_EITHER it is
 * true when one side is, and its negation when none is. */
struct match {
	enum match_kind kind;
	enum side side;
	bool negate;
	bool is_net; /* MATCH_ADDR: written as `net`, not `host`: for the printer */
	enum type_word type;
	uint8_t flags_value, flags_mask;
	size_t set; /* index into the policy's sets */
	struct range *ranges;
	size_t n_ranges;
	struct prefix *prefixes;
	size_t n_prefixes;
};

struct place {
	unsigned line, column; /* from 1; columns count bytes */
};

struct rule {
	char label[RULES_NAME_SIZE]; /* "": none */
	enum pc_action action;
	bool in, out; /* at least one */
	struct match *matches;
	size_t n_matches;
	uint64_t rate;        /* PC_ACTION_LIMIT: packets ... */
	uint64_t rate_period; /* ... in so many seconds */
	uint32_t burst;       /* packets, at least 1 */
	bool per_src;
	uint16_t cell; /* where it counts: whoever compiles the policy says so first */
	struct place at;
};

struct set {
	char name[RULES_NAME_SIZE];
	char *file; /* NULL: written out in the policy */
	struct prefix *prefixes;
	size_t n_prefixes;
	struct place at;
};

struct policy {
	bool drops[PC_DIRECTION_COUNT]; /* the default verdicts */
	struct set *sets;
	size_t n_sets;
	struct rule *rules;
	size_t n_rules;
};

/* Lets go of what a policy holds, and leaves an empty one. */
void policy_free(struct policy *policy);

/* Whether both say the same but for their place, label and cell: what counters are kept by. */
bool rule_equal(const struct rule *a, const struct policy *of_a, const struct rule *b,
                const struct policy *of_b);

#endif
