/* SPDX-License-Identifier: GPL-2.0-only */
/* The front of an image: what every packet asks of it. */
#include "lib/rules/front.h"

#include <string.h>

#include "lib/rules/ask.h"

static struct pc_few few_entry(const struct pc_entry4 *e, const struct pc_rule *rules)
{
	return (struct pc_few){
		.addresses = (uint64_t)e->daddr << 32 | e->saddr,
		.mask = (uint64_t)e->dmask << 32 | e->smask,
		.low = pc_lanes(e->sport_lo, e->dport_lo, e->proto),
		.high = pc_lanes(e->sport_hi, e->dport_hi, e->proto | (uint8_t)~e->proto_mask),
		.deed = pc_deed(&rules[e->rule], e->rule),
		.cond = e->cond,
		.rule = e->rule,
	};
}

/* Where these are among the n that a front has, or n. */
static size_t find(const struct pc_front *front, size_t n, const struct pc_few *few, size_t count)
{
	for (size_t at = 0; at + count <= n; at++) {
		if (!memcmp(&front->few[at], few, count * sizeof(*few)))
			return at;
	}
	return n;
}

/* Where these are in a front, put there if need be. */
static uint32_t put(struct pc_front *front, size_t *n, const struct pc_few *few, size_t count)
{
	size_t at = find(front, *n, few, count);

	if (at == *n) {
		memcpy(&front->few[at], few, count * sizeof(*few));
		*n += count;
	}
	return offsetof(struct pc_front, few) + at * sizeof(*few);
}

/* See struct pc_front. */
static uint32_t few_of(const struct image *image, const struct pc_forest *forest, uint8_t family,
                       size_t *n)
{
	const struct pc_node *leaf = image_at(image, forest->root[0]);
	struct pc_image *header = image_at(image, 0);
	struct pc_few few[PC_FEW] = { 0 };
	const struct pc_entry4 *entries;

	if (!forest->root[0])
		return offsetof(struct pc_front, few); /* wherever: none is looked at */
	if (family == 6 || forest->root[1] || !leaf->leaf || leaf->mask > PC_FEW)
		return 0;
	entries = image_at(image, leaf->base);
	for (size_t i = 0; i < leaf->mask; i++)
		few[i] = few_entry(&entries[i], image_at(image, header->front.rules));
	return put(&header->front, n, few, leaf->mask) | leaf->mask;
}

void front_put_few(struct image *image)
{
	struct pc_image *header = image_at(image, 0);
	size_t n = 0;

	for (unsigned i = 0; i < PC_DIRECTION_COUNT * PC_KIND_COUNT; i++) {
		enum pc_direction d = i / PC_KIND_COUNT;
		enum pc_kind kind = i % PC_KIND_COUNT;

		header->front.side[d].few[kind] =
			few_of(image, &header->side[d].verdicts[kind], kind_of(kind)->family, &n);
	}
}
