/* SPDX-License-Identifier: GPL-2.0-only */
/* The address space of a compiled policy: put together here, and read back. */
#include "lib/rules/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"

#define CACHE_LINE 64
#define IMAGE_MAX  ((size_t)PC_IMAGE_PAGES * PC_PAGE_SIZE)

void image_free(struct image *image)
{
	free(image->bytes);
	*image = (struct image){ 0 };
}

static size_t round_up(size_t n, size_t unit)
{
	return (n + unit - 1) & ~(unit - 1);
}

/* Everything behind `size` is 0. */
static int grow(struct image *image, size_t size)
{
	size_t room = image->room ?: PC_PAGE_SIZE;
	uint8_t *bytes;

	if (size > IMAGE_MAX)
		return -ENOSPC;
	while (room < size)
		room *= 2;
	if (room > image->room) {
		bytes = realloc(image->bytes, room);
		if (!bytes)
			return -ENOMEM;
		memset(bytes + image->room, 0, room - image->room);
		image->bytes = bytes;
		image->room = room;
	}
	image->size = size;
	return 0;
}

/* The first address from `from` on where it may stand. */
static size_t place(size_t from, size_t size, size_t align)
{
	size_t at = round_up(from, align);

	if (size <= CACHE_LINE && at / CACHE_LINE != (at + size - 1) / CACHE_LINE)
		at = round_up(at, CACHE_LINE);
	if (at / PC_PAGE_SIZE != (at + size - 1) / PC_PAGE_SIZE)
		at = round_up(at, PC_PAGE_SIZE);
	return at;
}

int image_alloc(struct image *image, size_t size, size_t align, uint32_t *ret_address)
{
	size_t hole_end = (size_t)image->hole + image->hole_size;
	size_t at = place(image->hole, size, align);
	int r;

	if (at + size <= hole_end) {
		image->hole = at + size;
		image->hole_size = hole_end - image->hole;
		*ret_address = at;
		return 0;
	}
	at = place(image->size, size, align);
	if (at - image->size > image->hole_size) {
		image->hole = image->size;
		image->hole_size = at - image->size;
	}
	r = grow(image, at + size);
	if (r)
		return r;

	*ret_address = at;
	return 0;
}

int image_append(struct image *image, size_t size, size_t align, uint32_t *ret_address)
{
	size_t at = round_up(image->size, align);
	int r = grow(image, at + size);

	if (r)
		return r;

	*ret_address = at;
	return 0;
}

const void *image_span(const struct image *image, uint32_t address, uint64_t size)
{
	return size <= image->size && address <= image->size - size ? image->bytes + address : NULL;
}

const struct pc_image *image_header(const struct image *image)
{
	const struct pc_image *header = image_span(image, 0, sizeof(*header));

	if (!header || header->magic != PC_IMAGE_MAGIC || header->size > image->size ||
	    header->n_rules > PC_MAX_RULES)
		return NULL;
	if (header->front.rules % _Alignof(struct pc_rule) ||
	    header->sets % _Alignof(struct pc_image_set))
		return NULL;
	if (!image_span(image, header->front.rules, header->n_rules * sizeof(struct pc_rule)) ||
	    !image_span(image, header->text, header->text_len) ||
	    !image_span(image, header->sets,
	                header->n_sets * (uint64_t)sizeof(struct pc_image_set)))
		return NULL;
	return header;
}

char *image_text(const struct image *image)
{
	const struct pc_image *header = image_header(image);

	return header ? strndup(image_at(image, header->text), header->text_len) : NULL;
}

/* Appends `n` packed records of a family to prefixes. Returns whether they make sense. */
static bool read_records(const uint8_t *record, size_t n, uint8_t family, struct prefix *prefixes)
{
	size_t size = family == 4 ? 4 : 16;
	size_t i;

	for (i = 0; i < n; i++, record += 1 + size) {
		if (record[0] > size * 8)
			return false;
		prefixes[i] = (struct prefix){ .family = family, .len = record[0] };
		memcpy(prefixes[i].addr, record + 1, size);
	}
	return true;
}

static int read_set(const struct image *image, const struct pc_image_set *from, struct set *set)
{
	const uint8_t *ip4 = image_span(image, from->ip4, from->n_ip4 * 5ull);
	const uint8_t *ip6 = image_span(image, from->ip6, from->n_ip6 * 17ull);
	size_t n = (size_t)from->n_ip4 + from->n_ip6;
	auto_free struct prefix *prefixes = NULL;

	if (!ip4 || !ip6)
		return -EBADMSG;
	prefixes = calloc(n ?: 1, sizeof(*prefixes));
	if (!prefixes)
		return -ENOMEM;
	if (!read_records(ip4, from->n_ip4, 4, prefixes) ||
	    !read_records(ip6, from->n_ip6, 6, prefixes + from->n_ip4))
		return -EBADMSG;

	set->prefixes = TAKE_PTR(prefixes);
	set->n_prefixes = n;
	return 0;
}

int image_sets_into(const struct image *image, struct policy *policy)
{
	const struct pc_image *header = image_header(image);
	const struct pc_image_set *sets;
	struct set *set;
	size_t i;
	int r;

	if (!header)
		return -EBADMSG;
	sets = image_at(image, header->sets);
	for (set = policy->sets; set < policy->sets + policy->n_sets; set++) {
		if (!set->file || set->n_prefixes)
			continue;
		for (i = 0; i < header->n_sets; i++)
			if (!strncmp(sets[i].name, set->name, sizeof(sets[i].name)))
				break;
		if (i == header->n_sets)
			return -ENOENT;
		r = read_set(image, &sets[i], set);
		if (r)
			return r;
	}
	return 0;
}
