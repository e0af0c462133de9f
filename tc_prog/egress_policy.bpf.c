/* SPDX-License-Identifier: GPL-2.0-only */
/* The TC egress door that knows policies. */
#include "tc_prog/plain_view.h"

#include "tc_prog/hook.h"

#include "bpf/pipeline_policy.h"

SEC("tc")
int portcullis_out(struct __sk_buff *ctx)
{
	return pipeline(PC_HOOK_TC_EGRESS, ctx);
}

char LICENSE[] __weak SEC("license") = "GPL";
