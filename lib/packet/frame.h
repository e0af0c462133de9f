/* SPDX-License-Identifier: GPL-2.0-only */
/* The bytes of one packet, and what to say when a text that was to give them does not. */
#ifndef LIB_PACKET_FRAME_H
#define LIB_PACKET_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_HEADER_LEN 14    /* bytes of an Ethernet header: no frame is shorter */
#define FRAME_MAX        65535 /* bytes */

/* From the Ethernet header on, without FCS. */
struct frame {
	size_t len; /* bytes */
	uint8_t bytes[FRAME_MAX];
};

/* Where a text makes no sense, and what was expected there. */
struct mistake {
	size_t column; /* from 1, bytes */
	char expected[160];
};

/* Says so in *ret_mistake. Returns -EINVAL. */
int mistake_at(struct mistake *ret_mistake, const char *text, const char *at, const char *expected,
               ...) __attribute__((format(printf, 4, 5)));

/* A frame out of hex digits, with spaces, colons or a 0x in front as people paste them. 0 or
 * -EINVAL. */
int frame_from_hex(const char *text, struct frame *ret_frame, struct mistake *ret_mistake);

#endif
