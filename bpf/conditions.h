/* SPDX-License-Identifier: GPL-2.0-only */
/* What a rule asks for beside addresses, ports and protocol: one condition after the other. */
#ifndef BPF_CONDITIONS_H
#define BPF_CONDITIONS_H

#include <linux/in.h>

#include "abi/image.h"
#include "bpf/established.h"
#include "bpf/icmp.h"
#include "bpf/image.h"
#include "bpf/packet.h"
#include "bpf/table.h"

#define MAX_LEN 65535 /* longer packets are taken for that long */

/* Where many ways to a value meet: hides from the verifier what it knows of it, as it would look at
 * what follows once for each (see cursor_forget()). */
static __always_inline __u32 forget_way(__u32 value, __u32 other)
{
	asm volatile("%0 ^= %1; %0 ^= %1" : "+r"(value) : "r"(other));
	return value;
}

static __always_inline bool bitmap_has(__u32 image, __u32 table, __u32 value)
{
	const __u8 *byte = image_at(image, table + value / 8);

	return byte && *byte >> value % 8 & 1;
}

static __always_inline bool value_passes(const struct pc_cond *c, const struct packet *p,
                                         __u32 value)
{
	switch (c->test) {
	case PC_TEST_RANGE:
		return value >= c->lo && value <= c->hi;
	case PC_TEST_MASK:
		return (value & c->hi) == c->lo;
	case PC_TEST_BITMAP:
		return bitmap_has(p->search.image, c->table, value & 0xffff);
	default:
		return false;
	}
}

#define NO_TAG (~0u)

/* Whether the id of any tag passes; `beside` is the tag kept beside the packet, NO_TAG if there is
 * none. A global function, verified on its own. */
__attribute__((noinline)) int HOOK_NAME(tags_pass)(const struct packet *p, __u32 condition,
                                                   __u32 beside)
{
	const struct pc_cond *c;

	if (!p)
		return 0;
	c = image_at(p->search.image, condition);
	if (!c)
		return 0;
	return (p->vlans > 0 && value_passes(c, p, p->vlan[0])) ||
	       (p->vlans > 1 && value_passes(c, p, p->vlan[1])) ||
	       (beside != NO_TAG && value_passes(c, p, beside & VLAN_ID_MASK));
}

static __always_inline __u32 wire_len(const struct packet *p)
{
	__u32 len = p->wire.segments > 1 ? p->wire.size : p->wire.last;

	return len < MAX_LEN ? len : MAX_LEN;
}

/* What the packet has in a field that is a number; NO_VALUE: nothing. */
static __always_inline __u64 field_value(hook_ctx *ctx, struct packet *p, enum pc_field field)
{
	switch (field) {
	case PC_FIELD_SPORT:
		return p->has_ports ? p->word[PC_WORD_SPORT] : NO_VALUE;
	case PC_FIELD_DPORT:
		return p->has_ports ? p->word[PC_WORD_DPORT] : NO_VALUE;
	case PC_FIELD_PROTO:
		return p->version ? p->word[PC_WORD_PROTO] : NO_VALUE;
	case PC_FIELD_ETHERTYPE:
		return p->ethertype ?: NO_VALUE;
	case PC_FIELD_LEN:
		return wire_len(p);
	case PC_FIELD_DSCP:
		return p->version ? p->dscp : NO_VALUE;
	case PC_FIELD_ICMP_TYPE:
		return icmp_type(ctx, p);
	case PC_FIELD_TCP_FLAGS:
		return p->has_tcp_flags ? p->tcp_flags : NO_VALUE;
	case PC_FIELD_SADDR:
		return p->version == 4 ? p->word[PC_WORD_SADDR] : NO_VALUE;
	case PC_FIELD_DADDR:
		return p->version == 4 ? p->word[PC_WORD_DADDR] : NO_VALUE;
	case PC_FIELD_FRAGMENT:
		return p->version ? p->fragment : NO_VALUE;
	case PC_FIELD_ESTABLISHED:
		return HOOK_NAME(established)(ctx, p);
	default:
		return NO_VALUE;
	}
}

static __always_inline bool test_holds(hook_ctx *ctx, struct packet *p, const struct pc_cond *c,
                                       __u32 at)
{
	__u64 value;

	if (c->field == PC_FIELD_VLAN)
		return HOOK_NAME(tags_pass)(p, at, hook_tags(ctx) ? hook_tag(ctx) : NO_TAG);
	if (c->test == PC_TEST_SET)
		return p->version &&
		       table_has(p, c->table,
		                 c->field == PC_FIELD_SADDR ? PC_WORD_SADDR : PC_WORD_DADDR);
	value = field_value(ctx, p, c->field);
	return value != NO_VALUE && value_passes(c, p, forget_way(value, c->table));
}

/* Of a flow these are the same in each packet. */
static __always_inline bool is_of_flow(enum pc_field field)
{
	return (1u << PC_FIELD_SPORT | 1u << PC_FIELD_DPORT | 1u << PC_FIELD_PROTO |
	        1u << PC_FIELD_SADDR | 1u << PC_FIELD_DADDR) >>
	               field &
	       1;
}

#define HOLDS 1 /* the condition does */
#define LAST  2 /* of its list */

/* A global function: verified on its own. */
__attribute__((noinline)) int HOOK_NAME(condition)(hook_ctx *ctx, struct packet *p, __u32 at)
{
	const struct pc_cond *c;

	if (!p)
		return LAST;
	c = image_at(p->search.image, at);
	if (!c)
		return LAST;
	if (!is_of_flow(c->field))
		p->search.asked |= ASKED_MORE;
	if (c->field == PC_FIELD_VLAN || c->field == PC_FIELD_LEN)
		p->search.asked |= ASKED_UNSURE;
	return (test_holds(ctx, p, c, at) != !!c->negate ? HOLDS : 0) | (c->last ? LAST : 0);
}

#endif
