/* SPDX-License-Identifier: GPL-2.0-only */
/* UTF-8, one character at a time. */
#ifndef LIB_BASE_UTF8_H
#define LIB_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The character that the `len` bytes at `text` begin with. Returns how many bytes it has, 1 to 4,
 * or 0 if they begin with none: cut short, overlong, a surrogate, beyond U+10FFFF. */
size_t utf8_take(const char *text, size_t len, uint32_t *ret_code);

/* Whether a terminal shows it and does nothing else: no control, no change of direction, nothing
 * without width. */
bool utf8_is_harmless(uint32_t code);

#endif
