/* SPDX-License-Identifier: GPL-2.0-only */
/* The XDP door that enforces: what the policy drops, it drops before there is an skb. Programs in
 * libxdp's dispatcher cannot hand over to others, so this one knows policies from the start. */
#include "xdp_prog/hook.h"

#include "bpf/policy.h"
#include "bpf/pipeline.h"

SEC("xdp.frags")
int portcullis_xdp(struct xdp_md *ctx)
{
	return hook_verdict(pipeline(PC_HOOK_XDP, ctx));
}

char LICENSE[] SEC("license") = "GPL";
