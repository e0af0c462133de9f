/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory policies live in, pc_pages: images written and read whole, pages mapped. */
#ifndef LIB_KERN_PAGES_H
#define LIB_KERN_PAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "abi/policy.h"
#include "lib/rules/image.h"

/* All but the first take the file descriptor of pc_pages, say what went wrong and return 0 or a
 * negative errno. */

/* Makes pc_pages, empty. A file descriptor. */
int pages_create(void);

/* Puts an image where no program reads. */
int pages_write_image(int pages, enum pc_choice choice, const struct image *image);

/* Copies an image out, checked. -ENOENT, unsaid: there is none. */
int pages_read_image(int pages, enum pc_choice choice, struct image *ret_image);

/* Whether an image is there that was not retired. */
bool pages_image_there(int pages, enum pc_choice choice);

/* The generation of the image that is or last was there; 0: never one. */
uint32_t pages_generation(int pages, enum pc_choice choice);

/* Gives the memory of an image back, once no program reads it any more. What is left says which
 * generation it was. */
int pages_retire_image(int pages, enum pc_choice choice);

/* Returns when every program that was running when it was called has ended. */
int pages_wait(int pages);

/* Makes sure of pages; new ones are zero. */
int pages_need(int pages, const __u32 *keys, size_t count);

/* Maps a page for reading and writing. NULL, unsaid: there is none. */
struct pc_page *pages_map(int pages, __u32 index);
void pages_unmap(struct pc_page *page);

#endif
