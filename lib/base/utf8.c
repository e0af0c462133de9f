/* SPDX-License-Identifier: GPL-2.0-only */
/* UTF-8, one character at a time. */
#include "lib/base/utf8.h"

size_t utf8_take(const char *text, size_t len, uint32_t *ret_code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint8_t first = len ? (uint8_t)*text : 0xff;
	size_t size = first < 0x80             ? 1
	              : (first & 0xe0) == 0xc0 ? 2
	              : (first & 0xf0) == 0xe0 ? 3
	              : (first & 0xf8) == 0xf0 ? 4
	                                       : 0;
	uint32_t code;

	if (!size || size > len)
		return 0;
	code = size == 1 ? first : first & (0x7f >> size);
	for (size_t i = 1; i < size; i++) {
		if (((uint8_t)text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | ((uint8_t)text[i] & 0x3f);
	}
	if (code < least[size] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	*ret_code = code;
	return size;
}

bool utf8_is_harmless(uint32_t code)
{
	static const struct {
		uint32_t from, to;
	} harmful[] = {
		{ 0, 0x1f },        { 0x7f, 0x9f },     { 0xad, 0xad },        { 0x61c, 0x61c },
		{ 0x180e, 0x180e }, { 0x200b, 0x200f }, { 0x2028, 0x202e },    { 0x2060, 0x206f },
		{ 0xfeff, 0xfeff }, { 0xfff0, 0xffff }, { 0xe0000, 0x10ffff },
	};

	for (size_t i = 0; i < sizeof(harmful) / sizeof(*harmful); i++) {
		if (code >= harmful[i].from && code <= harmful[i].to)
			return false;
	}
	return true;
}
