/* SPDX-License-Identifier: GPL-2.0-only */
/* What the TC ingress door hands over to: the pipeline with all that policies can say. */
#include "tc_prog/kernel_view.h"

#include "tc_prog/hook.h"

#include "bpf/policy.h"
#include "bpf/pipeline.h"

SEC("tc")
int portcullis_pin(struct __sk_buff *ctx)
{
	return hook_verdict(pipeline(PC_HOOK_TC_INGRESS, ctx));
}

char LICENSE[] SEC("license") = "GPL";
