/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether it was us who dropped a packet, and by which rule. */
#ifndef NETCTL_PACKET_BLAME_H
#define NETCTL_PACKET_BLAME_H

#include "lib/packet/frame.h"
#include "netctl/packet_step.h"

struct blamer;

/* `root` is where the pins are. NULL: no memory, said. */
struct blamer *blamer_open(const char *root);
void blamer_close(struct blamer *blamer);

/* Of a packet that was dropped: asks the programs attached to its interface, unless they were asked
 * about such a packet a moment ago. NULL: they do not say that they drop it, or are none, or were
 * asked too often lately. Valid until the next call. */
const struct blame *blame_of(struct blamer *blamer, const struct packet_step *step,
                             const struct frame *frame);

#endif
