/* SPDX-License-Identifier: GPL-2.0-only */
/* What the matches of a rule, taken together, ask of a packet of one kind: which values of the
 * words trees are cut by, and what else. */
#include "lib/rules/ask.h"

#include <errno.h>
#include <netinet/in.h>

#include "lib/rules/table.h"

#define LIST_MAX 64 /* a longer list of addresses is a table from the start */

const struct ask_known ask_known[ASK_FIELDS] = {
	[ASK_SPORT] = { PC_FIELD_SPORT, 65535 }, [ASK_DPORT] = { PC_FIELD_DPORT, 65535 },
	[ASK_PROTO] = { PC_FIELD_PROTO, 255 },   [ASK_LEN] = { PC_FIELD_LEN, 65535 },
	[ASK_DSCP] = { PC_FIELD_DSCP, 63 },
};

const struct kind *kind_of(enum pc_kind kind)
{
	static const struct kind kinds[PC_KIND_COUNT] = {
		[PC_KIND_IP4_TCP] = { 4, IPPROTO_TCP },
		[PC_KIND_IP4_UDP] = { 4, IPPROTO_UDP },
		[PC_KIND_IP4_SCTP] = { 4, IPPROTO_SCTP },
		[PC_KIND_IP4_REST] = { 4, -1 },
		[PC_KIND_IP6_TCP] = { 6, IPPROTO_TCP },
		[PC_KIND_IP6_UDP] = { 6, IPPROTO_UDP },
		[PC_KIND_IP6_SCTP] = { 6, IPPROTO_SCTP },
		[PC_KIND_IP6_REST] = { 6, -1 },
		[PC_KIND_NOT_IP] = { 0, -1 },
	};

	return &kinds[kind];
}

int ask_reset(struct ask *ask)
{
	enum ask_field f;
	unsigned side;
	int r = 0;

	for (f = 0; !r && f < ASK_FIELDS; f++)
		r = numbers_all(&ask->fields[f], ask_known[f].max);
	for (side = 0; !r && side < 2; side++)
		r = nets_all(&ask->nets[side]);
	ask->n_conds = 0;
	return r;
}

static int add_cond(struct ask *ask, struct pc_cond cond)
{
	if (ask->n_conds == PC_MAX_CONDS)
		return -EOVERFLOW;
	ask->conds[ask->n_conds++] = cond;
	return 1;
}

static int add_bitmap(struct ask *ask, struct pc_cond cond, const struct range *ranges, size_t n,
                      uint32_t max)
{
	uint8_t bits[65536 / 8] = { 0 };
	uint32_t value;
	size_t i;
	int r;

	for (i = 0; i < n; i++)
		for (value = ranges[i].lo; value <= ranges[i].hi && value <= max; value++)
			bits[value / 8] |= 1u << value % 8;
	cond.test = PC_TEST_BITMAP;
	r = pool_put(ask->pool, bits, max / 8 + 1, 8, &cond.table);
	return r ? r : add_cond(ask, cond);
}

/* A condition that a field has a value in these ranges, of which `max` is the highest. */
static int add_ranges(struct ask *ask, enum pc_field field, const struct range *ranges, size_t n,
                      bool negate, uint32_t max)
{
	struct pc_cond cond = { .field = field, .test = PC_TEST_RANGE, .negate = negate };

	if (n != 1)
		return add_bitmap(ask, cond, ranges, n, max);
	cond.lo = ranges[0].lo;
	cond.hi = ranges[0].hi;
	return add_cond(ask, cond);
}

int ask_field_as_cond(struct ask *ask, enum ask_field field)
{
	struct numbers *ranges = &ask->fields[field];
	const struct ask_known *known = &ask_known[field];
	struct range inner;
	int r;

	/* All but one range in the middle is shorter said the other way round. */
	if (ranges->n == 2 && ranges->at[0].lo == 0 && ranges->at[1].hi == known->max) {
		inner = (struct range){ ranges->at[0].hi + 1, ranges->at[1].lo - 1 };
		r = add_ranges(ask, known->field, &inner, 1, true, known->max);
	} else {
		r = add_ranges(ask, known->field, ranges->at, ranges->n, false, known->max);
	}
	if (r < 0)
		return r;
	r = numbers_all(ranges, known->max);
	return r ? r : 1;
}

static int add_table(struct ask *ask, unsigned side, uint32_t table, bool negate)
{
	return add_cond(ask, (struct pc_cond){ .field = side ? PC_FIELD_DADDR : PC_FIELD_SADDR,
	                                       .test = PC_TEST_SET,
	                                       .negate = negate,
	                                       .table = table });
}

int ask_nets_as_cond(struct ask *ask, unsigned side, uint8_t family)
{
	uint32_t table;
	int r = table_build(ask->pool, &ask->nets[side], family, &table);

	if (!r)
		r = nets_all(&ask->nets[side]);
	return r ? r : add_table(ask, side, table, false);
}

/* What is known of all packets of the kind: true or not, none of them differs. */
static int known(bool truth, bool negate)
{
	return truth != negate;
}

/* One more thing a field is asked for. */
static int ask_field(struct ask *ask, enum ask_field field, const struct range *ranges, size_t n,
                     bool negate)
{
	int r = numbers_set(&ask->one, ranges, n, negate, ask_known[field].max);

	if (!r)
		r = numbers_intersect(&ask->fields[field], &ask->one, &ask->spare);
	return r ? r : ask->fields[field].n > 0;
}

static int ask_type(struct ask *ask, const struct match *match, const struct kind *kind)
{
	static const struct {
		uint8_t family; /* 0: any */
		int16_t proto;  /* -1: not asked for */
		uint16_t ethertype;
	} types[TYPE_COUNT] = {
		[TYPE_IP] = { 4, -1, 0x0800 },        [TYPE_IP6] = { 6, -1, 0x86dd },
		[TYPE_ARP] = { 255, -1, 0x0806 },     [TYPE_TCP] = { 0, IPPROTO_TCP, 0 },
		[TYPE_UDP] = { 0, IPPROTO_UDP, 0 },   [TYPE_SCTP] = { 0, IPPROTO_SCTP, 0 },
		[TYPE_ICMP] = { 4, IPPROTO_ICMP, 0 }, [TYPE_ICMP6] = { 6, IPPROTO_ICMPV6, 0 },
	};
	uint8_t family = types[match->type].family;
	struct range proto = { types[match->type].proto, types[match->type].proto };
	struct range ethertype = { types[match->type].ethertype, types[match->type].ethertype };

	if (!kind->family)
		return ethertype.lo ? add_ranges(ask, PC_FIELD_ETHERTYPE, &ethertype, 1,
		                                 match->negate, 65535)
		                    : known(false, match->negate);
	if (family && family != kind->family)
		return known(false, match->negate);
	if (types[match->type].proto < 0)
		return known(true, match->negate);
	if (kind->proto >= 0)
		return known(kind->proto == types[match->type].proto, match->negate);
	return ask_field(ask, ASK_PROTO, &proto, 1, match->negate);
}

static int ask_proto(struct ask *ask, const struct match *match, const struct kind *kind)
{
	bool among = false;
	size_t i;

	if (!kind->family)
		return known(false, match->negate);
	if (kind->proto < 0)
		return ask_field(ask, ASK_PROTO, match->ranges, match->n_ranges, match->negate);
	for (i = 0; i < match->n_ranges; i++)
		among |= match->ranges[i].lo <= (uint32_t)kind->proto &&
		         (uint32_t)kind->proto <= match->ranges[i].hi;
	return known(among, match->negate);
}

static int ask_port(struct ask *ask, const struct match *match, enum side side,
                    const struct kind *kind)
{
	int r = 1;

	if (kind->proto < 0)
		return known(false, match->negate);
	if (side != SIDE_DST)
		r = ask_field(ask, ASK_SPORT, match->ranges, match->n_ranges, match->negate);
	if (r > 0 && side != SIDE_SRC)
		r = ask_field(ask, ASK_DPORT, match->ranges, match->n_ranges, match->negate);
	return r;
}

/* The table of the addresses of a match, of those of the family. A long list is that of a set, or
 * as rare. */
static int table_of(struct ask *ask, const struct match *match, const struct prefix *prefixes,
                    size_t n, uint8_t family, uint32_t *ret_table)
{
	uint32_t *kept = match->kind == MATCH_SET ? &ask->tables[family == 6][match->set] : NULL;
	int r;

	if (kept && *kept) {
		*ret_table = *kept;
		return 0;
	}
	r = nets_set(&ask->one_net, prefixes, n, family);
	if (!r)
		r = table_build(ask->pool, &ask->one_net, family, ret_table);
	if (!r && kept)
		*kept = *ret_table;
	return r;
}

static int ask_table(struct ask *ask, enum side side, uint32_t table, bool negate)
{
	int r = 1;

	if (side != SIDE_DST)
		r = add_table(ask, 0, table, negate);
	if (r > 0 && side != SIDE_SRC)
		r = add_table(ask, 1, table, negate);
	return r;
}

static int ask_addr(struct ask *ask, const struct match *match, enum side side,
                    const struct kind *kind)
{
	bool is_set = match->kind == MATCH_SET;
	const struct set *set = is_set ? &ask->policy->sets[match->set] : NULL;
	const struct prefix *prefixes = is_set ? set->prefixes : match->prefixes;
	size_t n = is_set ? set->n_prefixes : match->n_prefixes;
	struct nets *nets = &ask->nets[side == SIDE_DST];
	uint32_t table;
	int r;

	if (!kind->family)
		return known(false, match->negate);
	if (n > LIST_MAX) {
		r = table_of(ask, match, prefixes, n, kind->family, &table);
		return r ? r : ask_table(ask, side, table, match->negate);
	}
	r = nets_set(&ask->one_net, prefixes, n, kind->family);
	if (r)
		return r;
	if (!ask->one_net.n || nets_are_all(&ask->one_net))
		return known(ask->one_net.n, match->negate);
	if (match->negate) {
		r = table_build(ask->pool, &ask->one_net, kind->family, &table);
		return r ? r : ask_table(ask, side, table, true);
	}
	r = nets_intersect(nets, &ask->one_net, &ask->spare_net);
	return r ? r : nets->n > 0;
}

/* A field that packets of the kind may lack: it is a condition. */
static int ask_whether(struct ask *ask, enum pc_field field, bool may_have, bool negate)
{
	static const struct range yes = { 1, 1 };

	return may_have ? add_ranges(ask, field, &yes, 1, negate, 1) : known(false, negate);
}

static int ask_icmp_type(struct ask *ask, const struct match *match, const struct kind *kind)
{
	if (!kind->family || kind->proto >= 0)
		return known(false, match->negate);
	return add_ranges(ask, PC_FIELD_ICMP_TYPE, match->ranges, match->n_ranges, match->negate,
	                  255);
}

static int ask_vlan(struct ask *ask, const struct match *match)
{
	static const struct range any = { 0, 4095 };

	if (!match->n_ranges)
		return add_ranges(ask, PC_FIELD_VLAN, &any, 1, match->negate, 4095);
	return add_ranges(ask, PC_FIELD_VLAN, match->ranges, match->n_ranges, match->negate, 4095);
}

static int ask_flags(struct ask *ask, const struct match *match, const struct kind *kind)
{
	if (kind->proto != IPPROTO_TCP)
		return known(false, match->negate);
	return add_cond(ask, (struct pc_cond){ .field = PC_FIELD_TCP_FLAGS,
	                                       .test = PC_TEST_MASK,
	                                       .negate = match->negate,
	                                       .lo = match->flags_value,
	                                       .hi = match->flags_mask });
}

/* The kinds that have sockets, and those of ARP and ICMPv6, which finds neighbours. */
static bool may_be_established(const struct kind *kind)
{
	return kind->proto == IPPROTO_TCP || kind->proto == IPPROTO_UDP || !kind->family ||
	       (kind->family == 6 && kind->proto < 0);
}

int ask_match(struct ask *ask, const struct match *match, enum side side, const struct kind *kind)
{
	switch (match->kind) {
	case MATCH_TYPE:
		return ask_type(ask, match, kind);
	case MATCH_PROTO:
		return ask_proto(ask, match, kind);
	case MATCH_ADDR:
	case MATCH_SET:
		return ask_addr(ask, match, side, kind);
	case MATCH_PORT:
		return ask_port(ask, match, side, kind);
	case MATCH_VLAN:
		return ask_vlan(ask, match);
	case MATCH_FLAGS:
		return ask_flags(ask, match, kind);
	case MATCH_ICMP_TYPE:
		return ask_icmp_type(ask, match, kind);
	case MATCH_LEN:
		return ask_field(ask, ASK_LEN, match->ranges, match->n_ranges, match->negate);
	case MATCH_DSCP:
		return kind->family ? ask_field(ask, ASK_DSCP, match->ranges, match->n_ranges,
		                                match->negate)
		                    : known(false, match->negate);
	case MATCH_FRAGMENT:
		return ask_whether(ask, PC_FIELD_FRAGMENT, kind->family, match->negate);
	case MATCH_ESTABLISHED:
		return ask_whether(ask, PC_FIELD_ESTABLISHED, may_be_established(kind),
		                   match->negate);
	}
	return 0;
}
