/* SPDX-License-Identifier: GPL-2.0-only */
/* The way of a packet, the same for every hook: parse, judge, account. Start reading here. Doors
 * that know policies have a way of their own, see pipeline_policy.h. */
#ifndef BPF_PIPELINE_H
#define BPF_PIPELINE_H

#include "bpf/cursor.h"
#include "bpf/packet.h"
#include "bpf/parse.h"

/* The long way, for every packet that is not plain: headers that cannot be read in place, are rare
 * or flawed. A global function: verified on its own. */
__attribute__((noinline)) int HOOK_NAME(by_copy)(hook_ctx *ctx, enum pc_hook hook)
{
	struct packet p = { .protocol = PC_PROTO_OTHER, .lost_link = hook_lacks_link(ctx) };
	struct cursor c = hook_cursor(ctx);
	enum pc_reason reason;

	c.copying = true;
	c.len = c.end = hook_len(ctx);
	reason = parse(&c, &p);
	p.lost_link = hook_lacks_link(ctx); /* anew, as the length: fewer ways to verify */
	return conclude(hook, ctx, reason, &p, hook_len(ctx));
}

static __always_inline int in_place(enum pc_hook hook, struct cursor *c, bool lost_link, bool plain)
{
	struct packet p = { .protocol = PC_PROTO_OTHER, .lost_link = lost_link };
	enum pc_reason reason = plain ? parse_plain(c, &p) : parse(c, &p);

	if (__builtin_expect(reason != PC_R_PASS, 0))
		return HOOK_NAME(by_copy)(c->ctx, hook);
	return conclude(hook, c->ctx, reason, &p, c->len);
}

/* One way in, one way out. A door includes a hook.h first, which gives hook_ctx, HOOK_NAME(),
 * hook_cursor(), hook_is_whole(), hook_len(), hook_load_bytes(), hook_verdict() and what else is
 * asked for; then the header of its conclude(). */
static __always_inline int pipeline(enum pc_hook hook, hook_ctx *ctx)
{
	struct cursor c = hook_cursor(ctx);
	bool lost_link = hook_lacks_link(ctx);

	if (__builtin_expect(!hook_is_whole(ctx), 0))
		return HOOK_NAME(by_copy)(ctx, hook);
	if (__builtin_expect(!lost_link, 1) && __builtin_expect(is_plain(&c), 1))
		return in_place(hook, &c, false, true);
	return in_place(hook, &c, lost_link, false);
}

#endif
