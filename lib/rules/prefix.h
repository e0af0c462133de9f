/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses, prefixes and ranges: from text and back, and lists of them in their one order. */
#ifndef LIB_RULES_PREFIX_H
#define LIB_RULES_PREFIX_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/rules/rule.h"

#define PREFIX_TEXT_SIZE 64

enum prefix_error {
	PREFIX_OK,
	PREFIX_NO_ADDRESS, /* what stands before the slash, if there is one, is no address */
	PREFIX_BAD_LENGTH, /* what stands behind it is not 0-32 or 0-128 */
	PREFIX_HOST_BITS,  /* bits behind the prefix are set; they are 0 in what is returned */
};

/* An address of either family, alone or with /LENGTH. Without an address there is no prefix; with a
 * bad length it is that of the address alone. */
enum prefix_error prefix_parse(const char *text, size_t len, struct prefix *ret_prefix);

/* A prefix, an address alone where it is one. Returns `text`. */
const char *prefix_print(char text[static PREFIX_TEXT_SIZE], const struct prefix *prefix);

/* The bits of an address of this family: 32 or 128. */
static inline unsigned prefix_bits(uint8_t family)
{
	return family == 4 ? 32 : 128;
}

/* Whether every address of `inner` is one of `outer`. */
bool prefix_contains(const struct prefix *outer, const struct prefix *inner);

/* Whether each of these prefixes is contained in one of those; both lists in their one order. */
bool prefixes_contain(const struct prefix *outer, size_t n_outer, const struct prefix *inner,
                      size_t n_inner);

/* Whether there is an address in both; both lists in their one order. */
bool prefixes_meet(const struct prefix *a, size_t n_a, const struct prefix *b, size_t n_b);

/* Puts them into their one order, IPv4 first, by address, without those that are contained in
 * another. Returns how many are left. */
size_t prefixes_sort(struct prefix *prefixes, size_t n);

/* The same for ranges: ascending, and a gap between each and the next. */
size_t ranges_sort(struct range *ranges, size_t n);

bool ranges_contain(const struct range *outer, size_t n_outer, const struct range *inner,
                    size_t n_inner);
bool ranges_meet(const struct range *a, size_t n_a, const struct range *b, size_t n_b);

#endif
