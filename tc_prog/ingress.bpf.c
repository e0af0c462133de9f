/* SPDX-License-Identifier: GPL-2.0-only */
/* The TC ingress door: the pipeline on every packet on its way in. */
#include "tc_prog/kernel_view.h"

#include "tc_prog/hook.h"

#include "bpf/builtin.h"
#include "bpf/doors.h"
#include "bpf/pipeline.h"

SEC("tc")
int portcullis_in(struct __sk_buff *ctx)
{
	hand_over(ctx, PC_DOOR_IN);
	return hook_verdict(pipeline(PC_HOOK_TC_INGRESS, ctx));
}

char LICENSE[] SEC("license") = "GPL";
