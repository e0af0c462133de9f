/* SPDX-License-Identifier: GPL-2.0-only */
/* What an image says of a packet: the walk of the data plane, in user space. */
#ifndef LIB_RULES_LOOKUP_H
#define LIB_RULES_LOOKUP_H

#include <stddef.h>
#include <stdint.h>

#include "lib/rules/image.h"

#define PROBE_TAGS 3

/* A packet as trees and conditions see it. */
struct probe {
	enum pc_kind kind;
	uint32_t word[PC_WORDS];
	int32_t field[PC_FIELD_COUNT]; /* -1: it does not have it; not for VLAN, SADDR, DADDR */
	uint16_t vlan[PROBE_TAGS];
	unsigned n_vlans;
};

/* What a walk took, to judge trees by. */
struct walk {
	unsigned nodes, entries; /* inner nodes gone through, entries compared */
	unsigned depth;          /* the most inner nodes in one tree */
};

/* The index of the rule that decides, or -1: the default does. The rules that count the packet go
 * to `counted`, which has room for all rules of the image, lowest first, unless it is NULL; so does
 * what it took to `walk`. The image is one that image_header() accepts; whatever else may be wrong
 * with it, nothing outside of it is read. */
long image_lookup(const struct image *image, enum pc_direction direction, const struct probe *probe,
                  uint16_t *counted, size_t *n_counted, struct walk *walk);

#endif
