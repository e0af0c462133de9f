/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses, prefixes and ranges: from text and back, and lists of them in their one order. */
#include "lib/rules/prefix.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What inet_pton() takes, in a tenth of its time: there may be millions. Leading zeros are refused,
 * because some read them as octal. */
static bool parse_ip4(const char *text, size_t len, uint8_t addr[static 4])
{
	const char *end = text + len;

	for (int i = 0; i < 4; i++) {
		unsigned value = 0;
		const char *digits = text;

		while (text < end && *text >= '0' && *text <= '9' && text - digits < 3)
			value = value * 10 + (*text++ - '0');
		if (text == digits || value > 255 || (*digits == '0' && text - digits > 1))
			return false;
		if (i < 3 && (text == end || *text++ != '.'))
			return false;
		addr[i] = value;
	}
	return text == end;
}

static bool parse_ip6(const char *text, size_t len, uint8_t addr[static 16])
{
	char copy[INET6_ADDRSTRLEN];

	if (len >= sizeof(copy) || !memchr(text, ':', len) || memchr(text, '\0', len))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return inet_pton(AF_INET6, copy, addr) == 1;
}

static bool parse_length(const char *text, size_t len, unsigned most, uint8_t *ret)
{
	unsigned value = 0;

	if (!len || len > 3 || (*text == '0' && len > 1))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (text[i] - '0');
	}
	if (value > most)
		return false;
	*ret = value;
	return true;
}

/* Clears what is behind the prefix. Returns whether it was clear already. */
static bool clear_host_bits(struct prefix *prefix)
{
	unsigned bytes = prefix_bits(prefix->family) / 8;
	bool clear = true;

	for (unsigned i = prefix->len / 8; i < bytes; i++) {
		uint8_t host = i == prefix->len / 8 ? 0xff >> prefix->len % 8 : 0xff;

		clear &= !(prefix->addr[i] & host);
		prefix->addr[i] &= ~host;
	}
	return clear;
}

enum prefix_error prefix_parse(const char *text, size_t len, struct prefix *ret_prefix)
{
	const char *slash = memchr(text, '/', len);
	size_t addr_len = slash ? (size_t)(slash - text) : len;
	struct prefix prefix = { .family = 4 };

	if (!parse_ip4(text, addr_len, prefix.addr)) {
		prefix = (struct prefix){ .family = 6 };
		if (!parse_ip6(text, addr_len, prefix.addr))
			return PREFIX_NO_ADDRESS;
	}
	prefix.len = prefix_bits(prefix.family);
	*ret_prefix = prefix;
	if (slash && !parse_length(slash + 1, len - addr_len - 1, prefix.len, &ret_prefix->len))
		return PREFIX_BAD_LENGTH;
	return clear_host_bits(ret_prefix) ? PREFIX_OK : PREFIX_HOST_BITS;
}

const char *prefix_print(char text[static PREFIX_TEXT_SIZE], const struct prefix *prefix)
{
	inet_ntop(prefix->family == 4 ? AF_INET : AF_INET6, prefix->addr, text, PREFIX_TEXT_SIZE);
	if (prefix->len < prefix_bits(prefix->family)) {
		size_t len = strlen(text);

		snprintf(text + len, PREFIX_TEXT_SIZE - len, "/%u", prefix->len);
	}
	return text;
}

bool prefix_contains(const struct prefix *outer, const struct prefix *inner)
{
	unsigned bytes = outer->len / 8, bits = outer->len % 8;

	if (outer->family != inner->family || outer->len > inner->len ||
	    memcmp(outer->addr, inner->addr, bytes) != 0)
		return false;
	return !bits || !((outer->addr[bytes] ^ inner->addr[bytes]) >> (8 - bits));
}

/* A prefix comes before those it contains. */
static int compare_prefixes(const void *one, const void *other)
{
	const struct prefix *a = one, *b = other;
	int order;

	if (a->family != b->family)
		return a->family - b->family;
	order = memcmp(a->addr, b->addr, sizeof(a->addr));
	return order ?: a->len - b->len;
}

bool prefixes_contain(const struct prefix *outer, size_t n_outer, const struct prefix *inner,
                      size_t n_inner)
{
	size_t o = 0;

	for (size_t i = 0; i < n_inner; i++) {
		/* None in a list contains another, so one that is behind can be left behind. */
		while (o < n_outer && !prefix_contains(&outer[o], &inner[i]) &&
		       compare_prefixes(&outer[o], &inner[i]) < 0)
			o++;
		if (o == n_outer || !prefix_contains(&outer[o], &inner[i]))
			return false;
	}
	return true;
}

bool prefixes_meet(const struct prefix *a, size_t n_a, const struct prefix *b, size_t n_b)
{
	for (size_t i = 0, k = 0; i < n_a && k < n_b;) {
		if (prefix_contains(&a[i], &b[k]) || prefix_contains(&b[k], &a[i]))
			return true;
		if (compare_prefixes(&a[i], &b[k]) < 0)
			i++;
		else
			k++;
	}
	return false;
}

size_t prefixes_sort(struct prefix *prefixes, size_t n)
{
	size_t kept = 0, sorted = 1;

	while (sorted < n && compare_prefixes(&prefixes[sorted - 1], &prefixes[sorted]) <= 0)
		sorted++;
	if (sorted < n)
		qsort(prefixes, n, sizeof(*prefixes), compare_prefixes);
	for (size_t i = 0; i < n; i++) {
		if (!kept || !prefix_contains(&prefixes[kept - 1], &prefixes[i]))
			prefixes[kept++] = prefixes[i];
	}
	return kept;
}

static int compare_ranges(const void *one, const void *other)
{
	const struct range *a = one, *b = other;

	return a->lo < b->lo ? -1 : a->lo > b->lo;
}

size_t ranges_sort(struct range *ranges, size_t n)
{
	size_t kept = 0;

	if (n > 1)
		qsort(ranges, n, sizeof(*ranges), compare_ranges);
	for (size_t i = 0; i < n; i++) {
		if (!kept || ranges[i].lo > (uint64_t)ranges[kept - 1].hi + 1)
			ranges[kept++] = ranges[i];
		else if (ranges[i].hi > ranges[kept - 1].hi)
			ranges[kept - 1].hi = ranges[i].hi;
	}
	return kept;
}

bool ranges_contain(const struct range *outer, size_t n_outer, const struct range *inner,
                    size_t n_inner)
{
	size_t o = 0;

	for (size_t i = 0; i < n_inner; i++) {
		while (o < n_outer && outer[o].hi < inner[i].lo)
			o++;
		if (o == n_outer || outer[o].lo > inner[i].lo || outer[o].hi < inner[i].hi)
			return false;
	}
	return true;
}

bool ranges_meet(const struct range *a, size_t n_a, const struct range *b, size_t n_b)
{
	for (size_t i = 0, k = 0; i < n_a && k < n_b;) {
		if (a[i].hi < b[k].lo)
			i++;
		else if (b[k].hi < a[i].lo)
			k++;
		else
			return true;
	}
	return false;
}
