/* SPDX-License-Identifier: GPL-2.0-only */
/* A step of a packet's way: what it says of the packet. */
#include "netctl/packet_step.h"

#include <string.h>

#include "lib/packet/frame.h"

#define FATE_WORD(id, word) [FATE_##id] = (word),
const char *const fate_words[FATE_COUNT] = { FATES(FATE_WORD) };

#define STEP_WORD(id, word) [PC_PACKET_##id] = (word),
const char *const packet_step_words[PC_PACKET_STEP_COUNT] = { PC_PACKET_STEPS(STEP_WORD) };

enum pc_packet_step packet_step_of(const struct packet_step *step)
{
	/* skb_pp_cow_data(), skb_cow_data_for_xdp() */
	if (step->event->step == PC_PACKET_CONSUMED && strstr(step->location, "_cow_data"))
		return PC_PACKET_COPIED;
	return step->event->step;
}

bool packet_is_trial(const struct packet_step *step)
{
	static const char where[] = "bpf_prog_test_run_skb+";

	return !strncmp(step->location, where, strlen(where));
}

enum fate packet_fate(const struct packet_step *step)
{
	switch (step->step) {
	case PC_PACKET_SENT:
		return FATE_SENT;
	case PC_PACKET_FORWARDED:
		return FATE_FORWARDED;
	case PC_PACKET_RECEIVED:
		return FATE_RECEIVED;
	case PC_PACKET_ACCEPTED:
		return FATE_TAKEN;
	case PC_PACKET_CONSUMED:
		return step->event->direction == PC_PACKET_IN ? FATE_TAKEN : FATE_OPEN;
	case PC_PACKET_DROPPED:
		return FATE_DROPPED;
	case PC_PACKET_DELIVERED:
		return FATE_DELIVERED;
	default:
		return FATE_OPEN;
	}
}

bool fate_is_final(enum fate fate)
{
	return fate >= FATE_TAKEN;
}

enum fate fate_after(enum fate one, enum fate other)
{
	if (other == FATE_OPEN || (one == FATE_FORWARDED && other == FATE_SENT))
		return one;
	if (fate_is_final(one) && other < one)
		return one;
	return other;
}

static size_t at_most(size_t value, size_t limit)
{
	return value < limit ? value : limit;
}

void packet_frame(const struct pc_trace_packet *event, struct frame *ret_frame)
{
	size_t known = at_most(event->head_len, sizeof(event->head));

	ret_frame->len = at_most((size_t)event->size + event->added, sizeof(ret_frame->bytes));
	memset(ret_frame->bytes, 0, ret_frame->len);
	memcpy(ret_frame->bytes, event->head, at_most(known, ret_frame->len));
}
