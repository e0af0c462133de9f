/* SPDX-License-Identifier: GPL-2.0-only */
/* Arrays that grow at their end. */
#ifndef LIB_RULES_ARRAY_H
#define LIB_RULES_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

/* Room for one more behind the `n` elements of `*array`, which has been grown by nothing else: its
 * capacity is the power of two at or above n. False: no memory, nothing has changed. */
static inline bool array_reserve(void *array, size_t n, size_t element_size)
{
	void **elements = array;
	void *larger;

	if (n & (n - 1))
		return true;
	larger = realloc(*elements, (n ? 2 * n : 1) * element_size);
	if (!larger)
		return false;
	*elements = larger;
	return true;
}

#define ARRAY_RESERVE(array, n) array_reserve(&(array), (n), sizeof(*(array)))

#endif
