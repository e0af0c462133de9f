/* SPDX-License-Identifier: GPL-2.0-only */
/* What protocols and TCP flags are called when people describe packets. */
#include "lib/packet/words.h"

#include <stdio.h>

#include <linux/in.h>
#include <linux/in6.h>

#define FLAG_NAME(bit, word) [bit] = (word),
const char *const tcp_flag_names[8] = { TCP_FLAGS(FLAG_NAME) };

const char *tcp_flags_text(uint8_t flags, char text[static TCP_FLAGS_TEXT_SIZE])
{
	size_t len = 0;

	snprintf(text, TCP_FLAGS_TEXT_SIZE, "none");
	for (int bit = 0; bit < 8; bit++) {
		if (flags >> bit & 1)
			len += snprintf(text + len, TCP_FLAGS_TEXT_SIZE - len, "%s%s",
			                len ? "," : "", tcp_flag_names[bit]);
	}
	return text;
}

const struct protocol_word protocol_words[] = {
	{ "tcp", 0, IPPROTO_TCP },      { "tcp6", 6, IPPROTO_TCP },  { "udp", 0, IPPROTO_UDP },
	{ "udp6", 6, IPPROTO_UDP },     { "sctp", 0, IPPROTO_SCTP }, { "sctp6", 6, IPPROTO_SCTP },
	{ "icmp6", 6, IPPROTO_ICMPV6 }, { "icmp", 4, IPPROTO_ICMP }, { 0 },
};

bool protocol_has_ports(uint8_t number)
{
	return number == IPPROTO_TCP || number == IPPROTO_UDP || number == IPPROTO_SCTP;
}
