/* SPDX-License-Identifier: GPL-2.0-only */
/* The traces of the benchmarks: headers that a ruleset speaks of, as flows. */
#ifndef TESTS_BENCH_TRACE_H
#define TESTS_BENCH_TRACE_H

#include <arpa/inet.h>
#include <string.h>

#include "tests/bench/flood.h"
#include "tests/model/ruleset.h"

/* The smallest frame without its FCS, whatever it carries: length and checksum stay right while the
 * trace changes the rest. */
#define TRACE_FRAME 60

static inline __u16 trace_checksum(const __u8 *header)
{
	__u32 sum = 0;

	for (int i = 0; i < 20; i += 2)
		sum += header[i] << 8 | header[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	return htons(~((sum & 0xffff) + (sum >> 16)));
}

/* A frame of UDP, as long as IP says. */
static inline void trace_frame(const struct header *h, __u8 ret_frame[static HEADER_FRAME_MAX])
{
	header_frame(h, ret_frame);
	ret_frame[17] = TRACE_FRAME - 14;
	ret_frame[39] = TRACE_FRAME - 34;
	ret_frame[46] = 5 << 4; /* as TCP it is whole, too */
}

static inline struct flow trace_flow(const struct header *h)
{
	__u8 frame[HEADER_FRAME_MAX];
	struct flow flow = { .sport = htons(h->sport), .dport = htons(h->dport) };

	trace_frame(h, frame);
	flow.protocol = h->protocol;
	flow.check = trace_checksum(frame + 14);
	memcpy(&flow.saddr, h->src, sizeof(flow.saddr));
	memcpy(&flow.daddr, h->dst, sizeof(flow.daddr));
	return flow;
}

#endif
