/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes the skb that a test run does not make, be it shorter, longer or with VLAN tags beside it,
 * and hands it on to the program under test. */
#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u32);
} programs SEC(".maps");

__u32 program;
__u32 len;        /* bytes of the frame; 0: as many as there are */
__u32 tags;       /* VLAN tags to put on; the kernel keeps the outermost beside the frame */
__u32 tag_id = 5; /* of the first */
__u8 frame[16384];

static __always_inline bool resize(struct __sk_buff *ctx)
{
	__u32 last = len - 1;

	/* From 1 to all of it, said in a way that 6.1's verifier understands. */
	asm volatile("" : "+r"(last));
	last &= sizeof(frame) - 1;
	return !bpf_skb_change_tail(ctx, last + 1, 0) &&
	       !bpf_skb_store_bytes(ctx, 0, frame, last + 1, 0);
}

SEC("tc")
int stage(struct __sk_buff *ctx)
{
	bool ready = !len || resize(ctx);

	if (ready && tags > 0)
		ready = !bpf_skb_vlan_push(ctx, bpf_htons(ETH_P_8021Q), tag_id);
	if (ready && tags > 1)
		ready = !bpf_skb_vlan_push(ctx, bpf_htons(ETH_P_8021AD), 6);
	if (ready)
		bpf_tail_call(ctx, &programs, program);
	return -100; /* what no program of ours returns */
}

char LICENSE[] SEC("license") = "GPL";
