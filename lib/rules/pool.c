/* SPDX-License-Identifier: GPL-2.0-only */
/* Puts things into an image, and what is there already not twice. */
#include "lib/rules/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void pool_free(struct pool *pool)
{
	free(pool->slots);
	*pool = (struct pool){ 0 };
}

static uint64_t mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15ull;
	return h ^ h >> 32;
}

static uint32_t hash(const uint8_t *bytes, size_t size)
{
	uint64_t h = size, word;
	size_t i;

	for (i = 0; i + sizeof(word) <= size; i += sizeof(word)) {
		memcpy(&word, bytes + i, sizeof(word));
		h = mix(h, word);
	}
	for (; i < size; i++)
		h = mix(h, bytes[i]);
	return h;
}

static int grow(struct pool *pool)
{
	size_t n = pool->n_slots ? pool->n_slots * 2 : 1024;
	struct pool_slot *slots = calloc(n, sizeof(*slots));
	size_t i, at;

	if (!slots)
		return -ENOMEM;
	for (i = 0; i < pool->n_slots; i++) {
		if (!pool->slots[i].size)
			continue;
		at = pool->slots[i].hash & (n - 1);
		while (slots[at].size)
			at = (at + 1) & (n - 1);
		slots[at] = pool->slots[i];
	}
	free(pool->slots);
	pool->slots = slots;
	pool->n_slots = n;
	return 0;
}

int pool_put(struct pool *pool, const void *bytes, size_t size, size_t align, uint32_t *ret_address)
{
	uint32_t wanted = hash(bytes, size);
	struct pool_slot *slot;
	size_t at;
	int r;

	if (pool->n * 2 >= pool->n_slots) {
		r = grow(pool);
		if (r)
			return r;
	}
	for (at = wanted & (pool->n_slots - 1); pool->slots[at].size;
	     at = (at + 1) & (pool->n_slots - 1)) {
		slot = &pool->slots[at];
		if (slot->hash == wanted && slot->size == size && slot->address % align == 0 &&
		    !memcmp(image_at(pool->image, slot->address), bytes, size)) {
			*ret_address = slot->address;
			return 0;
		}
	}
	slot = &pool->slots[at];
	r = image_alloc(pool->image, size, align, &slot->address);
	if (r)
		return r;

	memcpy(image_at(pool->image, slot->address), bytes, size);
	slot->hash = wanted;
	slot->size = size;
	pool->n++;
	*ret_address = slot->address;
	return 0;
}
