/* SPDX-License-Identifier: GPL-2.0-only */
/* The XDP door: every frame that comes in is counted and measured; told to, it drops what the
 * built-in policy blocks before there is an skb. */
#include "xdp_prog/hook.h"

#include "bpf/builtin.h"
#include "bpf/pipeline.h"

SEC("xdp.frags")
int portcullis_xdp(struct xdp_md *ctx)
{
	return pipeline(PC_HOOK_XDP, ctx);
}

char LICENSE[] __weak SEC("license") = "GPL";
