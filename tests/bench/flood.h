/* SPDX-License-Identifier: GPL-2.0-only */
/* What a trace is made of, for the program that sends it and the one that fills it. */
#ifndef TESTS_BENCH_FLOOD_H
#define TESTS_BENCH_FLOOD_H

#include <linux/types.h>

#define FLOOD_FLOWS 65536

/* All in network byte order. */
struct flow {
	__u32 saddr, daddr;
	__u16 sport, dport;
	__u16 check; /* of the IPv4 header */
	__u8 protocol, zero;
};

struct lpm_key {
	__u32 len; /* bits */
	__u32 address;
};

#endif
