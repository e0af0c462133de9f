/* SPDX-License-Identifier: GPL-2.0-only */
/* The address space of a compiled policy: put together here, and read back. */
#ifndef LIB_RULES_IMAGE_H
#define LIB_RULES_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "abi/image.h"
#include "lib/rules/rule.h"

#define IMAGE_WHY_SIZE 160

/* `bytes` from address 0 on. One that is read back needs no more than the first two fields. */
struct image {
	uint8_t *bytes;
	size_t size;
	size_t room;              /* how many bytes there is memory for */
	uint32_t hole, hole_size; /* the end of a page that was too short for what came next */
	char why[IMAGE_WHY_SIZE]; /* why there is none: a sentence, see policy_compile() */
};

void image_free(struct image *image);

static inline void cleanup_image(struct image *image)
{
	image_free(image);
}
#define auto_image __attribute__((cleanup(cleanup_image)))

/* Makes room for `size` bytes, at most a page, all 0, which cross from no page into the next, nor,
 * if they fit one, from a cache line into the next. `align` is a power of two. Whatever image_at()
 * said before is no longer valid. Returns 0, -ENOMEM or, when the image is full, -ENOSPC. */
int image_alloc(struct image *image, size_t size, size_t align, uint32_t *ret_address);

/* The same at the end and of any size, for what the data plane does not read as one. */
int image_append(struct image *image, size_t size, size_t align, uint32_t *ret_address);

static inline void *image_at(const struct image *image, uint32_t address)
{
	return image->bytes + address;
}

/* The same for an image that may be anyone's: NULL if it does not have that many bytes there. */
const void *image_span(const struct image *image, uint32_t address, uint64_t size);

/* What an image says of itself, or NULL if that cannot be: wrong magic, or rules, text or sets that
 * are not inside of it, or not where such may begin. Trees and tables are not looked at. */
const struct pc_image *image_header(const struct image *image);

/* The policy's text, to be freed; NULL: no valid image, or no memory. */
char *image_text(const struct image *image);

/* Fills the sets that come from files and have no contents yet with those of the image, by name.
 * Returns 0, -ENOMEM, -EBADMSG (no valid image) or -ENOENT (a set the image does not have). */
int image_sets_into(const struct image *image, struct policy *policy);

#endif
