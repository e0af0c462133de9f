/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of addresses into tables of an image. */
#ifndef LIB_RULES_TABLE_H
#define LIB_RULES_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/table.h"
#include "lib/rules/nets.h"
#include "lib/rules/pool.h"

/* Puts a table of these addresses of `family` (4 or 6) into the image; one that is there already is
 * used again. Returns 0, -ENOMEM or, when the image is full, -ENOSPC. */
int table_build(struct pool *pool, const struct nets *nets, uint8_t family, uint32_t *ret_table);

/* Whether an address, in words of host byte order, is in a table. */
bool table_has(const struct image *image, uint32_t table, uint8_t family,
               const uint32_t address[static 4]);

#endif
