/* SPDX-License-Identifier: GPL-2.0-only */
/* The TC egress door: the pipeline on every packet on its way out. */
#include "tc_prog/plain_view.h"

#include "tc_prog/hook.h"

#include "bpf/builtin.h"
#include "bpf/doors.h"
#include "bpf/pipeline.h"

SEC("tc")
int portcullis_out(struct __sk_buff *ctx)
{
	hand_over(ctx, PC_DOOR_OUT);
	return hook_verdict(pipeline(PC_HOOK_TC_EGRESS, ctx));
}

char LICENSE[] SEC("license") = "GPL";
