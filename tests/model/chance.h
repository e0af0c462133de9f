/* SPDX-License-Identifier: GPL-2.0-only */
/* Chance, the same for the same seed. */
#ifndef TESTS_MODEL_CHANCE_H
#define TESTS_MODEL_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

struct chance {
	uint64_t state; /* the seed, at first */
};

static inline uint32_t roll(struct chance *c) /* splitmix64 */
{
	uint64_t z = c->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31) >> 16;
}

static inline unsigned below(struct chance *c, unsigned n)
{
	return roll(c) % n;
}

static inline bool percent(struct chance *c, unsigned n)
{
	return below(c, 100) < n;
}

#define one_of(c, array) ((array)[below((c), sizeof(array) / sizeof(*(array)))])

#endif
