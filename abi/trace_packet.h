/* SPDX-License-Identifier: GPL-2.0-only */
/* trace packet: the steps of packets, and which packets are wanted. */
#ifndef PC_ABI_TRACE_PACKET_H
#define PC_ABI_TRACE_PACKET_H

#include "abi/trace.h"

/* What happens to a packet on its way. Tokens are for people and programs. */
#define PC_PACKET_STEPS(X) \
	X(QUEUED, "queued")       /* a device is to send it */ \
	X(FORWARDED, "forwarded") /* the same, and it came in by one of the same namespace */ \
	X(SENT, "sent")           /* the device's driver was given it */ \
	X(RECEIVED, "received")   /* a device has it, the protocols are next */ \
	X(ACCEPTED, "accepted")   /* it has reached the socket of its TCP connection */ \
	X(DELIVERED, "delivered") /* a process has read it */ \
	X(CAPTURED, "captured")   /* a process that looks at others' packets has read it */ \
	X(COPIED, "copied")       /* XDP wants it elsewhere; told by where it was CONSUMED */ \
	X(DROPPED, "dropped")     /* nobody gets it */ \
	X(CONSUMED, "consumed")   /* nobody needs it any more */

#define PC_PACKET_STEP_ID(id, ...) PC_PACKET_##id,
enum pc_packet_step { PC_PACKET_STEPS(PC_PACKET_STEP_ID) PC_PACKET_STEP_COUNT };

enum pc_packet_direction { PC_PACKET_IN, PC_PACKET_OUT };

/* pc_code: array of struct pc_packet_insn, the filter that packets have to pass, as pcap_compile()
 * makes it for Ethernet. The variable `code_len` says how many there are. */
#define PC_PACKET_CODE     "pc_code"
#define PC_PACKET_MAX_CODE 4096 /* BPF_MAXINSNS */

struct pc_packet_insn {
	__u16 code;
	__u8 jt, jf;
	__u32 k;
};

/* Bytes of the beginning of a packet that are looked at. */
#define PC_PACKET_HEAD 256

struct pc_trace_packet {
	struct pc_trace_task task;
	__u64 id;           /* of the packet: all its steps have it */
	__u64 location;     /* DROPPED, CONSUMED: where in the kernel's text; 0: it does not say */
	__u64 netns_cookie; /* of the device's network namespace, as its inode number below */
	__u32 netns;
	__u32 ifindex; /* 0: no device has to do with it yet */
	__u32 size;    /* bytes, from the Ethernet header on if it has one */
	__u32 reason;  /* DROPPED: enum skb_drop_reason of this kernel */
	char ifname[16];
	__u8 step, direction;
	__u8 is_first; /* of its packet */
	__u8 added; /* bytes of the head that the packet does not have there: Ethernet's, a tag */
	__u32 head_len;
	__u8 head[PC_PACKET_HEAD]; /* from the Ethernet header on, VLAN tags where a wire has them
	                            */
};

_Static_assert(sizeof(struct pc_packet_insn) == 8, "as both sides have it");
_Static_assert(sizeof(struct pc_trace_packet) == 72 + 64 + 256, "as both sides have it");

#endif
