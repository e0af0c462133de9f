/* SPDX-License-Identifier: GPL-2.0-only */
/* The TC egress door: the pipeline on every packet on its way out. */
#include <stdbool.h>

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

typedef struct __sk_buff hook_ctx;

/* On its way out a packet begins with its link header, and the kernel has worked out what a tunnel
 * adds to segments. Said here and not by a knob, as whoever asks the kernel's own struct has libbpf
 * read all of the kernel's BTF first. */
static __always_inline bool hook_lacks_link(hook_ctx *ctx)
{
	(void)ctx;
	return false;
}

static __always_inline __u32 hook_tunnel_header_len(hook_ctx *ctx)
{
	(void)ctx;
	return 0;
}

#include "tc_prog/hook.h"

#include "bpf/pipeline.h"

SEC("tc")
int portcullis_out(struct __sk_buff *ctx)
{
	return hook_verdict(pipeline(PC_HOOK_TC_EGRESS, ctx));
}

char LICENSE[] SEC("license") = "GPL";
