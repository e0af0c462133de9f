/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of addresses of one family, as prefixes in ascending order that do not overlap. */
#include "lib/rules/nets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

void nets_free(struct nets *nets)
{
	free(nets->at);
	*nets = (struct nets){ 0 };
}

static int make_room(struct nets *nets, size_t n)
{
	struct net *at;

	if (n <= nets->room)
		return 0;
	at = realloc(nets->at, n * sizeof(*at));
	if (!at)
		return -ENOMEM;
	nets->at = at;
	nets->room = n;
	return 0;
}

int nets_all(struct nets *nets)
{
	if (make_room(nets, 1))
		return -ENOMEM;
	nets->at[0] = (struct net){ 0 };
	nets->n = 1;
	return 0;
}

static struct net net_of(const struct prefix *prefix)
{
	struct net net = { .len = prefix->len };
	uint32_t words[4] = { 0 };
	unsigned i;

	memcpy(words, prefix->addr, prefix->family == 4 ? 4 : 16);
	for (i = 0; i < 4; i++)
		net.addr[i] = ntohl(words[i]) & net_mask(net.len, i);
	return net;
}

/* A prefix stands before those inside of it. */
static int by_address(const void *a, const void *b)
{
	const struct net *x = a, *y = b;
	unsigned i;

	for (i = 0; i < 4; i++)
		if (x->addr[i] != y->addr[i])
			return x->addr[i] < y->addr[i] ? -1 : 1;
	return x->len < y->len ? -1 : x->len > y->len;
}

static bool has(const struct net *outer, const struct net *inner)
{
	uint32_t differ = 0;
	unsigned i;

	for (i = 0; i < 4; i++)
		differ |= (outer->addr[i] ^ inner->addr[i]) & net_mask(outer->len, i);
	return outer->len <= inner->len && !differ;
}

/* Whether b is the other half of what a is the first half of. */
static bool halves(const struct net *a, const struct net *b)
{
	unsigned bit = a->len - 1;
	struct net second = *a;

	if (!a->len || a->len != b->len)
		return false;
	second.addr[bit / 32] ^= 1u << (31 - bit % 32);
	return !memcmp(second.addr, b->addr, sizeof(second.addr)) && by_address(a, b) < 0;
}

static void tidy(struct nets *nets)
{
	struct net *at = nets->at;
	size_t i, n = 0;

	for (i = 1; i < nets->n && by_address(&at[i - 1], &at[i]) <= 0; i++)
		;
	if (i < nets->n)
		qsort(at, nets->n, sizeof(*at), by_address);
	for (i = 0; i < nets->n; i++) {
		if (n && has(&at[n - 1], &at[i]))
			continue;
		at[n++] = at[i];
		while (n > 1 && halves(&at[n - 2], &at[n - 1])) {
			at[n - 2].len--;
			n--;
		}
	}
	nets->n = n;
}

int nets_set(struct nets *to, const struct prefix *from, size_t n, uint8_t family)
{
	size_t i;

	if (make_room(to, n))
		return -ENOMEM;
	to->n = 0;
	for (i = 0; i < n; i++)
		if (from[i].family == family)
			to->at[to->n++] = net_of(&from[i]);
	tidy(to);
	return 0;
}

int nets_intersect(struct nets *nets, const struct nets *with, struct nets *spare)
{
	struct nets result;
	size_t a = 0, b = 0;

	if (make_room(spare, nets->n + with->n))
		return -ENOMEM;
	spare->n = 0;
	while (a < nets->n && b < with->n) {
		const struct net *x = &nets->at[a], *y = &with->at[b];

		if (has(x, y))
			spare->at[spare->n++] = *y;
		else if (has(y, x))
			spare->at[spare->n++] = *x;
		/* The one inside of the other ends first. */
		if (has(x, y))
			b++;
		else if (has(y, x) || by_address(x, y) < 0)
			a++;
		else
			b++;
	}
	result = *spare;
	*spare = *nets;
	*nets = result;
	return 0;
}
