/* SPDX-License-Identifier: GPL-2.0-only */
/* The XDP door that knows policies: told to, it drops before there is an skb. */
#include "xdp_prog/hook.h"

#include "bpf/pipeline_policy.h"

SEC("xdp.frags")
int portcullis_xdp(struct xdp_md *ctx)
{
	return pipeline(PC_HOOK_XDP, ctx);
}

char LICENSE[] __weak SEC("license") = "GPL";
