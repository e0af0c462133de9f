/* SPDX-License-Identifier: GPL-2.0-only */
/* The tracers' classic BPF, over a frame that is given to it. */
#include "trace_prog/cbpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct frame);
} pc_frame SEC(".maps");

SEC("tc")
int matches(struct __sk_buff *skb)
{
	struct frame *frame = bpf_map_lookup_elem(&pc_frame, &(__u32){ 0 });

	(void)skb;
	return frame && cbpf_matches(frame);
}
