/* SPDX-License-Identifier: GPL-2.0-only */
/* Puts things into an image, and what is there already not twice. */
#ifndef LIB_RULES_POOL_H
#define LIB_RULES_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/rules/image.h"

struct pool_slot {
	uint32_t hash;
	uint32_t size; /* 0: free */
	uint32_t address;
};

struct pool {
	struct image *image;
	struct pool_slot *slots;
	size_t n, n_slots; /* n_slots: a power of two, or 0 */
};

void pool_free(struct pool *pool);

static inline void cleanup_pool(struct pool *pool)
{
	pool_free(pool);
}
#define auto_pool __attribute__((cleanup(cleanup_pool)))

/* Sees to it that these bytes, at most a page, are somewhere in the image, not across pages.
 * Returns 0, -ENOMEM or, when the image is full, -ENOSPC. */
int pool_put(struct pool *pool, const void *bytes, size_t size, size_t align,
             uint32_t *ret_address);

#endif
