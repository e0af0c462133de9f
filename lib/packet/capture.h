/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets out of capture files: pcap in both byte orders and with either fraction, and pcapng. */
#ifndef LIB_PACKET_CAPTURE_H
#define LIB_PACKET_CAPTURE_H

#include "lib/packet/frame.h"

/* Packet `number` of the file, from 1, as it was on the wire: what the capture cut off is zeros. A
 * link layer other than Ethernet is refused. 0, -ERR_ABSENT when there are not so many packets, or
 * a negative errno value, all said. */
int capture_read(const char *path, unsigned number, struct frame *ret_frame);

#endif
