/* SPDX-License-Identifier: GPL-2.0-only */
/* The bytes of one packet, out of hex digits as people paste them. */
#include "lib/packet/frame.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int mistake_at(struct mistake *ret_mistake, const char *text, const char *at, const char *expected,
               ...)
{
	va_list args;

	ret_mistake->column = at - text + 1;
	va_start(args, expected);
	vsnprintf(ret_mistake->expected, sizeof(ret_mistake->expected), expected, args);
	va_end(args);
	return -EINVAL;
}

static unsigned hex_value(char digit)
{
	return isdigit((unsigned char)digit) ? digit - '0' : (digit | 0x20) - 'a' + 10;
}

int frame_from_hex(const char *text, struct frame *ret_frame, struct mistake *ret_mistake)
{
	const char *at = text + strspn(text, " \t\n");
	size_t digits = 0;

	if (at[0] == '0' && (at[1] | 0x20) == 'x')
		at += 2;
	for (; *at; at++) {
		uint8_t *byte = ret_frame->bytes + digits / 2;

		if (strchr(" \t\n:", *at))
			continue;
		if (!isxdigit((unsigned char)*at))
			return mistake_at(ret_mistake, text, at, "a hex digit");
		if (digits == 2 * sizeof(ret_frame->bytes))
			return mistake_at(ret_mistake, text, at, "%d bytes at most", FRAME_MAX);
		*byte = digits++ % 2 ? *byte << 4 | hex_value(*at) : hex_value(*at);
	}
	if (digits % 2)
		return mistake_at(ret_mistake, text, at, "a second digit of the last byte");
	if (digits < 2 * FRAME_HEADER_LEN)
		return mistake_at(ret_mistake, text, at,
		                  "a frame from its Ethernet header on, %d bytes or more",
		                  FRAME_HEADER_LEN);
	ret_frame->len = digits / 2;
	return 0;
}
