/* SPDX-License-Identifier: GPL-2.0-only */
/* A step of a packet's way, with all that netctl finds out about it. */
#ifndef NETCTL_PACKET_STEP_H
#define NETCTL_PACKET_STEP_H

#include <stdbool.h>

#include "abi/trace_packet.h"
#include "lib/packet/dissect.h"
#include "lib/packet/frame.h"
#include "lib/trace/drop_reason.h"
#include "lib/trace/kallsyms.h"

/* What became of a packet. */
#define FATES(X) \
	X(OPEN, NULL) \
	X(SENT, "sent") \
	X(FORWARDED, "forwarded") \
	X(RECEIVED, "received") \
	X(TAKEN, "delivered") /* to the kernel: an echo request, a SYN, what is for a socket */ \
	X(DROPPED, "dropped") \
	X(DELIVERED, "delivered") /* to a process */

#define FATE_ID(id, ...) FATE_##id,
enum fate { FATES(FATE_ID) FATE_COUNT };

extern const char *const fate_words[FATE_COUNT];
extern const char *const packet_step_words[PC_PACKET_STEP_COUNT];

/* A drop that was ours: what the attached programs say of the packet. */
struct blame {
	const char *hook, *reason;
	size_t rule; /* as rule list counts; 0: the default */
	char *label, *text;
};

struct packet_step {
	const struct pc_trace_packet *event;
	enum pc_packet_step step;
	struct headers headers;
	const char *netns_name; /* NULL: none */
	enum fate fate;
	char location[KALLSYM_SIZE];   /* "": it does not say */
	char reason[DROP_REASON_SIZE]; /* the kernel's; "" unless DROPPED */
	const struct blame *blame;     /* NULL: it was not us */
};

/* What it is, as far as the event and its location say it. */
enum pc_packet_step packet_step_of(const struct packet_step *step);

/* Whether it is a trial of a program, such as netctl explain makes, and no packet at all. */
bool packet_is_trial(const struct packet_step *step);

enum fate packet_fate(const struct packet_step *step);

/* What is to be said of a packet that came to `one` and then to `other`: of one that goes to
 * several, having been read says more than having been dropped. */
enum fate fate_after(enum fate one, enum fate other);

/* Whether nothing is to come after it, for one who has it. */
bool fate_is_final(enum fate fate);

/* The packet as it would be on a wire, in bytes from the Ethernet header on: what is not known of
 * it is zeros. Returns its length. */
struct frame;
void packet_frame(const struct pc_trace_packet *event, struct frame *ret_frame);

#endif
