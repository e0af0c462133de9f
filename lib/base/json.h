/* SPDX-License-Identifier: GPL-2.0-only */
/* One JSON document a line on stdout, flushed at once. */
#ifndef LIB_BASE_JSON_H
#define LIB_BASE_JSON_H

#include <jansson.h>

/* Prints and releases `value`; keys keep the order they were set in. NULL stands for memory that
 * ran out while it was built. Returns 0 or a negative errno value, said. */
int json_print(json_t *value);

/* A string, or null for NULL or "". */
json_t *json_text(const char *text);

/* A string of `len` bytes from anywhere: what is no UTF-8 becomes U+FFFD, a byte at a time. */
json_t *json_bytes(const char *bytes, size_t len);

#endif
