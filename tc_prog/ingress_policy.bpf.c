/* SPDX-License-Identifier: GPL-2.0-only */
/* The TC ingress door that knows policies. */
#include "tc_prog/kernel_view.h"

#include "tc_prog/hook.h"

#include "bpf/pipeline_policy.h"

SEC("tc")
int portcullis_in(struct __sk_buff *ctx)
{
	return pipeline(PC_HOOK_TC_INGRESS, ctx);
}

char LICENSE[] __weak SEC("license") = "GPL";
