/* SPDX-License-Identifier: GPL-2.0-only */
/* What a policy says of a packet, found out the slow way: header by header as the RFCs have them,
 * rule by rule from the first. Nothing is compiled, cached or shared with the data plane. */
#ifndef TESTS_MODEL_REFERENCE_H
#define TESTS_MODEL_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/rules/rule.h"

/* A packet where it meets us. */
struct passing {
	const uint8_t *bytes;
	size_t len;
	size_t size; /* on the wire */
	int tag;     /* id of the VLAN tag beside the frame; -1: none */
	enum pc_direction way;
};

/* A socket of this host that is connected; addresses and ports as seen from it. */
struct connection {
	unsigned family, protocol; /* 4 or 6; 6 or 17 */
	uint8_t local[16], remote[16];
	unsigned local_port, remote_port;
};

struct host {
	const struct connection *connections;
	size_t n_connections;
};

#define UNKNOWN (-1)

/* All that is known of a packet; what is not is UNKNOWN or false. */
struct facts {
	unsigned vlans[2];
	size_t n_vlans;
	int ethertype;            /* behind the VLAN tags */
	int family;               /* 4 or 6: the fixed IP header was there */
	const uint8_t *src, *dst; /* with a family only */
	int dscp, protocol, sport, dport, flags, icmp_type;
	bool fragment;
	bool established;
	size_t size;
	enum pc_direction way;
};

void reference_read(const struct host *host, const struct passing *p, struct facts *ret_facts);

/* Sorts the contents of the sets, as the reference looks things up in them. */
void reference_prepare(struct policy *policy);

bool reference_matches(const struct policy *policy, const struct rule *rule, const struct facts *f);

/* The index of the rule that decides; -1: the default does. Those of the rules that count on the
 * way there are put into ret_counts, which has room for all rules, and their number into
 * *ret_n_counts. */
int reference_decide(const struct policy *policy, const struct facts *f, uint16_t *ret_counts,
                     size_t *ret_n_counts);

#endif
