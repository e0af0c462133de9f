/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parser finds out about a packet and the later stages use. */
#ifndef BPF_PACKET_H
#define BPF_PACKET_H

#include <stdbool.h>

#include "abi/types.h"

struct packet {
	enum pc_protocol protocol;
	bool has_ports;      /* the four port bytes were there; never so in a later fragment */
	__be16 sport, dport; /* 0 without ports */
	__u32 header_len; /* bytes from the Ethernet header to the payload of TCP, UDP or SCTP; 0:
	                     unknown */
	__u32 unwired;    /* bytes of header_len that leave the packet when it is segmented */
};

#endif
