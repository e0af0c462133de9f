/* SPDX-License-Identifier: GPL-2.0-only */
/* The steps of packets as people read them: those of one packet together, under a line that says
 * what it is and what became of it. */
#ifndef NETCTL_PACKET_GROUPS_H
#define NETCTL_PACKET_GROUPS_H

#include <stdbool.h>
#include <stdint.h>

#include "netctl/packet_step.h"

struct packet_groups;

/* `time`: begin with the time of day. NULL: no memory, said. */
struct packet_groups *packet_groups_new(bool time);
void packet_groups_free(struct packet_groups *groups);

/* Keeps a step until its packet's are printed. 0 or a negative errno value, said. */
int packet_groups_add(struct packet_groups *groups, const struct packet_step *step);

/* Prints the packets of which nothing has been seen for a while; `all`: every one. */
int packet_groups_print(struct packet_groups *groups, bool all);

#endif
