/* SPDX-License-Identifier: GPL-2.0-only */
/* The way of events to user space; those that find no room are counted. */
#ifndef TRACE_PROG_RING_H
#define TRACE_PROG_RING_H

#include "abi/trace.h"
#include "trace_prog/kernel.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096); /* user space says how large */
} pc_ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} pc_lost SEC(".maps");

static __always_inline void ring_lose(void)
{
	__u64 *lost = bpf_map_lookup_elem(&pc_lost, &(__u32){ 0 });

	/* A task may be interrupted by one of its own CPU that loses an event as well. */
	if (lost)
		__sync_fetch_and_add(lost, 1);
}

/* Room for an event of a size known when this is compiled. NULL: there is none, and it is counted
 * as lost. To be followed by ring_submit() or bpf_ringbuf_discard(). */
static __always_inline void *ring_reserve(__u64 size)
{
	void *event = bpf_ringbuf_reserve(&pc_ring, size, 0);

	if (!event)
		ring_lose();
	return event;
}

/* To wake the reader takes longer than all else that an event takes. One that comes alone does it;
 * those that come at its heels are found when the reader is done with it, or looks by itself. */
#define RING_PAUSE 10000000 /* ns */

__u64 ring_woken; /* CLOCK_MONOTONIC, ns */

static __always_inline void ring_submit(void *event)
{
	__u64 now = bpf_ktime_get_ns();
	bool wake = now - ring_woken > RING_PAUSE;

	if (wake)
		ring_woken = now;
	bpf_ringbuf_submit(event, wake ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

#endif
