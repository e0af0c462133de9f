/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/rules/table.c and nets.c: tables of random prefixes against the prefixes, one by one. */
#include <stdint.h>
#include <stdlib.h>

#include "lib/base/cleanup.h"
#include "lib/rules/table.h"
#include "tests/model/chance.h"
#include "tests/tap.h"

/* How the prefixes of a set lie: their length is `from` to `to`, and of each of their words only
 * the bits of `loose` differ. */
struct manner {
	const char *name;
	uint8_t family, from, to;
	uint32_t base, loose, last;
};

static void to_words(const struct prefix *prefix, uint32_t words[static 4])
{
	memset(words, 0, 16);
	for (unsigned i = 0; i < (prefix->family == 4 ? 4 : 16); i++)
		words[i / 4] |= (uint32_t)prefix->addr[i] << (24 - i % 4 * 8);
}

static struct prefix random_prefix(struct chance *c, const struct manner *m)
{
	struct prefix p = { .family = m->family, .len = m->from + roll(c) % (m->to - m->from + 1) };

	for (unsigned i = 0, last = m->family == 4 ? 0 : 12; i <= last; i += 4) {
		uint32_t word = m->base | (roll(c) & (i == last ? m->last : m->loose));

		for (unsigned j = 0; j < 4; j++)
			p.addr[i + j] = word >> (24 - 8 * j);
	}
	for (unsigned bit = p.len; bit < 128; bit++)
		p.addr[bit / 8] &= ~(128 >> bit % 8);
	return p;
}

static bool is_in(const struct prefix *prefixes, size_t n, const uint32_t *address)
{
	uint32_t words[4];

	for (size_t i = 0; i < n; i++) {
		uint32_t differ = 0;

		to_words(&prefixes[i], words);
		for (unsigned j = 0; j < 4; j++)
			differ |= (words[j] ^ address[j]) & net_mask(prefixes[i].len, j);
		if (!differ)
			return true;
	}
	return false;
}

/* The first or last address of a prefix, the one beside it, or one like it. */
static void address_near(struct chance *c, const struct manner *m, const struct prefix *prefix,
                         uint32_t words[static 4])
{
	unsigned last = m->family == 4 ? 0 : 3;
	struct prefix other = random_prefix(c, m);

	to_words(roll(c) % 4 ? prefix : &other, words);
	for (unsigned i = 0; roll(c) % 2 && i <= last; i++)
		words[i] |= ~net_mask(prefix->len, i) & (roll(c) % 2 ? ~0u : roll(c));
	words[last] += (int)(roll(c) % 3) - 1;
	if (roll(c) % 4 == 0)
		words[roll(c) % (last + 1)] ^= 1u << roll(c) % 32;
}

static void random_tables(const struct manner *m, size_t n, unsigned tables)
{
	struct chance c = { 0x9e3779b97f4a7c15 + n };
	auto_free struct prefix *prefixes = calloc(n, sizeof(*prefixes));
	unsigned yes = 0;

	tap_test("%s: %u tables of %zu prefixes", m->name, tables, n);
	for (unsigned t = 0; t < tables; t++) {
		auto_image struct image image = { 0 };
		auto_pool struct pool pool = { .image = &image };
		auto_nets struct nets nets = { 0 };
		uint32_t address[4], header, table;

		for (size_t i = 0; i < n; i++)
			prefixes[i] = random_prefix(&c, m);
		if (!tap_check_int(image_alloc(&image, 64, 64, &header), 0) ||
		    !tap_check_int(nets_set(&nets, prefixes, n, m->family), 0) ||
		    !tap_check_int(table_build(&pool, &nets, m->family, &table), 0))
			return;
		for (unsigned i = 0; i < 1000; i++) {
			address_near(&c, m, &prefixes[roll(&c) % n], address);
			if (m->family == 4)
				memset(address + 1, 0, 12);
			tap_note("table %u, address %08x %08x %08x %08x", t, address[0], address[1],
			         address[2], address[3]);
			if (!tap_check_int(table_has(&image, table, m->family, address),
			                   is_in(prefixes, n, address)))
				return;
			yes += table_has(&image, table, m->family, address);
		}
	}
	tap_check(yes > tables * 100);
}

/* One million of them: they fit, and quickly. */
static void large(const struct manner *m)
{
	const size_t n = 1000000;
	struct chance c = { 88172645463325252 };
	auto_free struct prefix *prefixes = calloc(n, sizeof(*prefixes));
	auto_image struct image image = { 0 };
	auto_pool struct pool pool = { .image = &image };
	auto_nets struct nets nets = { 0 };
	uint32_t address[4], header, table, again;
	size_t size;

	tap_test("%s: a table of %zu prefixes", m->name, n);
	for (size_t i = 0; i < n; i++)
		prefixes[i] = random_prefix(&c, m);
	if (!tap_check_int(image_alloc(&image, 64, 64, &header), 0) ||
	    !tap_check_int(nets_set(&nets, prefixes, n, m->family), 0) ||
	    !tap_check_int(table_build(&pool, &nets, m->family, &table), 0))
		return;
	size = image.size;
	tap_say("%zu KiB", size >> 10);
	tap_check(size < 100u << 20);
	for (size_t i = 0; i < n; i += 100) {
		to_words(&prefixes[i], address);
		if (!tap_check(table_has(&image, table, m->family, address)))
			return;
	}
	tap_check_int(table_build(&pool, &nets, m->family, &again), 0);
	tap_check_int(again, table);
	tap_check_int(image.size, size);
}

static void whole_words(void)
{
	static const struct prefix halves[] = { { .family = 4, .len = 1 },
		                                { .family = 4, .len = 1, .addr = { 128 } },
		                                { .family = 6, .len = 128, .addr = { 1 } } };
	auto_nets struct nets nets = { 0 };

	tap_test("both halves are everything");
	tap_check_int(nets_set(&nets, halves, 3, 4), 0);
	tap_check(nets_are_all(&nets));
	tap_check_int(nets_set(&nets, halves, 3, 6), 0);
	tap_check_int(nets.n, 1);
	tap_check_int(nets.at[0].len, 128);
}

int main(void)
{
	static const struct manner manners[] = {
		{ "IPv4 hosts", 4, 32, 32, 0, 0, ~0u },
		{ "IPv4 hosts close together", 4, 32, 32, 0x0a000000, 0, 0xfff },
		{ "IPv4 networks", 4, 8, 32, 0, 0, ~0u },
		{ "IPv4 networks that nest", 4, 1, 32, 0xc0a80000, 0, 0x3030f0f },
		{ "IPv6 networks", 6, 48, 64, 0x20000000, 0x1fffffff, ~0u },
		{ "IPv6 hosts close together", 6, 127, 128, 0x20010db8, 0, 0x3ff },
		{ "IPv6 hosts here and there", 6, 100, 128, 0x20010db8, 7, 7 },
		{ "IPv6 networks that nest", 6, 1, 128, 0x11111111, 0x03030000, 0x3030000 },
	};

	whole_words();
	for (size_t i = 0; i < sizeof(manners) / sizeof(*manners); i++) {
		random_tables(&manners[i], 1, 20);
		random_tables(&manners[i], 9, 20);
		random_tables(&manners[i], 300, 3);
	}
	large(&manners[0]);
	large(&manners[4]);
	return tap_done();
}
