/* SPDX-License-Identifier: GPL-2.0-only */
/* The structs and enums the kernel side writes and user space reads. */
#ifndef PC_ABI_TYPES_H
#define PC_ABI_TYPES_H

#include <linux/types.h>

/* Where a packet meets us. Tokens are the JSON keys. */
#define PC_HOOKS(X) \
	X(XDP, "xdp") \
	X(TC_INGRESS, "tc-ingress") \
	X(TC_EGRESS, "tc-egress")

#define PC_HOOK_ID(id, ...) PC_HOOK_##id,
enum pc_hook { PC_HOOKS(PC_HOOK_ID) PC_HOOK_COUNT };

/* What a packet is counted as. A tunnel is its outer protocol; nothing looks inside. */
#define PC_PROTOCOLS(X) \
	X(TCP, "tcp") \
	X(UDP, "udp") \
	X(ICMP, "icmp") \
	X(ICMPV6, "icmpv6") \
	X(ARP, "arp") \
	X(OTHER, "other")

#define PC_PROTO_ID(id, ...) PC_PROTO_##id,
enum pc_protocol { PC_PROTOCOLS(PC_PROTO_ID) PC_PROTO_COUNT };

enum pc_verdict { PC_VERDICT_PASS, PC_VERDICT_DROP, PC_VERDICT_COUNT };

/* One cell of pc_counters: packets as they are on the wire, and their bytes from the Ethernet
 * header on, without FCS. */
struct pc_counter {
	__u64 packets;
	__u64 bytes;
};
_Static_assert(sizeof(struct pc_counter) == 16, "pc_counter is pinned ABI");

/* One entry of pc_sizes: neighbouring slots of the size histogram (abi/counting.h). Blocks, because
 * a per-CPU array of single slots would spend more on pointers than on counts. */
#define PC_SIZE_BLOCK 64
struct pc_size_block {
	__u64 packets[PC_SIZE_BLOCK];
};
_Static_assert(sizeof(struct pc_size_block) == 512, "pc_size_block is pinned ABI");

enum pc_xdp_mode { PC_XDP_NONE, PC_XDP_NATIVE, PC_XDP_SKB };
enum pc_tc_backend { PC_TC_NONE, PC_TC_CLSACT, PC_TC_TCX };

/* What an operator asked for and got: the state the interface is meant to be in. All zero: nothing
 * attached. */
struct pc_plan {
	__u8 xdp_mode;   /* enum pc_xdp_mode */
	__u8 tc_backend; /* enum pc_tc_backend */
	__u8 early_drop; /* XDP enforces the ingress policy as well */
	__u8 xdp_auto;   /* the mode was ours to choose */
	__u8 policies;   /* the programs know policies; else the built-in one, and are faster */
	__u8 zero[3];
};
_Static_assert(sizeof(struct pc_plan) == 8, "pc_plan is pinned ABI");

/* The single entry of pc_meta. */
struct pc_meta {
	__u32 abi; /* PC_ABI_VERSION */
	__u32 ifindex;
	__u64 netns_cookie; /* SO_NETNS_COOKIE: never reused while the machine is up */
	struct pc_plan plan;
	__u8 changing;     /* set while the interface is on its way to another plan */
	__u8 made_clsact;  /* set before we create the qdisc, so that a crash is healed */
	__u8 made_xdp_dir; /* the same for libxdp's directory on bpffs */
	__u8 zero[5];
};
_Static_assert(sizeof(struct pc_meta) == 32, "pc_meta is pinned ABI");

#endif
