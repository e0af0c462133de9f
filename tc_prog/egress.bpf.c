/* SPDX-License-Identifier: GPL-2.0-only */
/* The TC egress door: the pipeline on every packet on its way out. */
#include "tc_prog/plain_view.h"

#include "tc_prog/hook.h"

#include "bpf/builtin.h"
#include "bpf/pipeline.h"

SEC("tc")
int portcullis_out(struct __sk_buff *ctx)
{
	return pipeline(PC_HOOK_TC_EGRESS, ctx);
}

char LICENSE[] __weak SEC("license") = "GPL";
