/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers as people read them: three digits and an SI prefix. */
#ifndef LIB_BASE_UNITS_H
#define LIB_BASE_UNITS_H

#define UNITS_SIZE 32

/* 999 -> "999", 1234 -> "1.23k", 98765432 -> "98.8M": decimal prefixes, powers of 1000. Returns
 * `text`. */
const char *units_si(char text[static UNITS_SIZE], double value);

#endif
