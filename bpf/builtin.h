/* SPDX-License-Identifier: GPL-2.0-only */
/* The judge of the doors that know the built-in policy only. */
#ifndef BPF_BUILTIN_H
#define BPF_BUILTIN_H

#include "bpf/builtin_rule.h"

static __always_inline struct fate judge(hook_ctx *ctx, enum pc_hook hook, enum pc_reason reason,
                                         struct packet *p)
{
	(void)ctx;
	(void)hook;
	return builtin_judge(reason, p);
}

#endif
