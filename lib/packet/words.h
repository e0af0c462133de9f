/* SPDX-License-Identifier: GPL-2.0-only */
/* What protocols and TCP flags are called when people describe packets. */
#ifndef LIB_PACKET_WORDS_H
#define LIB_PACKET_WORDS_H

#include <stdbool.h>
#include <stdint.h>

/* RFC 9293 3.1 and RFC 3168: bit n of the byte that has the flags. */
#define TCP_FLAGS(X) \
	X(0, "fin") \
	X(1, "syn") \
	X(2, "rst") \
	X(3, "psh") \
	X(4, "ack") \
	X(5, "urg") \
	X(6, "ece") \
	X(7, "cwr")

extern const char *const tcp_flag_names[8];

#define TCP_FLAGS_TEXT_SIZE 40

/* "syn,ack"; "none". Returns `text`. */
const char *tcp_flags_text(uint8_t flags, char text[static TCP_FLAGS_TEXT_SIZE]);

/* "tcp": of both families, unless `family` is 4 or 6. */
struct protocol_word {
	const char *word;
	unsigned family;
	uint8_t number;
};

/* Ends with a row without a word. A protocol's first row is the one it is printed with. */
extern const struct protocol_word protocol_words[];

/* Whether TCP, UDP or SCTP. */
bool protocol_has_ports(uint8_t number);

#endif
