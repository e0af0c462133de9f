/* SPDX-License-Identifier: GPL-2.0-only */
/* A packet in words, read word by word. */
#include "lib/packet/describe.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <linux/in.h>
#include <linux/in6.h>

#include "lib/packet/words.h"

#define WORD_SIZE 64 /* with the NUL: longer than any word that makes sense */

#define ICMP_ECHO_REQUEST   8
#define ICMPV6_ECHO_REQUEST 128
#define FLAG_SYN            0x02

/* The word that is next, and the text it is part of. */
struct reader {
	const char *text, *at, *after;
	char word[WORD_SIZE]; /* "": the text has ended */
	struct mistake *mistake;
};

/* Words end at spaces; ">" is one wherever it stands. */
static void advance(struct reader *r)
{
	size_t len;

	r->at = r->after + strspn(r->after, " \t\n");
	len = *r->at == '>' ? 1 : strcspn(r->at, " \t\n>");
	r->after = r->at + len;
	if (len >= WORD_SIZE)
		len = WORD_SIZE - 1;
	memcpy(r->word, r->at, len);
	r->word[len] = '\0';
}

static bool next_is(const struct reader *r, const char *word)
{
	return !strcmp(r->word, word);
}

#define expected(r, at, ...) mistake_at((r)->mistake, (r)->text, at, __VA_ARGS__)

/* The whole of `word`, whose first byte is at `at` in the text, as a number. */
static int take_number(struct reader *r, const char *word, const char *at, const char *what,
                       unsigned max, unsigned *ret)
{
	char *end;
	unsigned long value = strtoul(word, &end, 10);

	if (!*word || word[strspn(word, "0123456789")] || strlen(word) > 9 || value > max)
		return expected(r, at, "%s, 0-%u", what, max);
	*ret = value;
	return 0;
}

/* The argument of a word: moves on over both. */
static int take_argument(struct reader *r, const char *what, unsigned max, unsigned *ret)
{
	int error;

	advance(r);
	error = take_number(r, r->word, r->at, what, max, ret);
	if (!error)
		advance(r);
	return error;
}

/* --- who sends it to whom */

struct endpoint {
	unsigned family;
	uint8_t address[16];
	bool has_port;
	uint16_t port;
	const char *port_at; /* in the text: where it is or would be */
};

/* Finds where the address ends and the port begins, and puts a NUL between them. */
static int split_port(struct reader *r, char **ret_address, char **ret_port)
{
	char *word = r->word, *end = strrchr(word, ':');

	*ret_address = word;
	*ret_port = NULL;
	if (*word == '[') {
		end = strchr(word, ']');
		if (!end || (end[1] && end[1] != ':'))
			return expected(r, r->at, "an IPv6 address in brackets, then :PORT");
		*ret_address = word + 1;
		*ret_port = end[1] ? end + 2 : NULL;
		*end = '\0';
	} else if (end && strchr(word, ':') == end) { /* one colon: not of an IPv6 address */
		*ret_port = end + 1;
		*end = '\0';
	}
	return 0;
}

static int take_endpoint(struct reader *r, unsigned family, struct endpoint *e)
{
	char *address = NULL, *port = NULL;
	unsigned number = 0;
	int error = split_port(r, &address, &port);

	if (error)
		return error;
	if (inet_pton(AF_INET, address, e->address) == 1)
		e->family = 4;
	else if (inet_pton(AF_INET6, address, e->address) == 1)
		e->family = 6;
	else
		return expected(r, r->at, "an address");
	if (family && e->family != family)
		return expected(r, r->at, "an IPv%u address", family);
	e->has_port = port;
	e->port_at = port ? r->at + (port - r->word) : r->after;
	if (port)
		error = take_number(r, port, e->port_at, "a port", UINT16_MAX, &number);
	e->port = number;
	advance(r);
	return error;
}

static int take_endpoints(struct reader *r, struct description *d, struct endpoint *src,
                          struct endpoint *dst)
{
	int error = take_endpoint(r, d->family, src);

	if (error)
		return error;
	if (!next_is(r, ">"))
		return expected(r, r->at, "'>' and where the packet goes, all of it in quotes");
	advance(r);
	error = take_endpoint(r, src->family, dst);
	d->family = src->family;
	memcpy(d->src, src->address, sizeof(d->src));
	memcpy(d->dst, dst->address, sizeof(d->dst));
	d->sport = src->port;
	d->dport = dst->port;
	return error;
}

/* Once all is read, as the last word may say that it is a later fragment. */
static int check_port(struct reader *r, const struct description *d, const struct endpoint *e)
{
	bool may = !d->arp && protocol_has_ports(d->protocol);

	if (may && d->fragment != FRAGMENT_LATER && !e->has_port)
		return expected(r, e->port_at, "a port: %s",
		                e->family == 4 ? "ADDRESS:PORT" : "[ADDRESS]:PORT");
	if (e->has_port && !may)
		return expected(r, e->port_at, "no port, as only tcp, udp and sctp have any");
	if (e->has_port && d->fragment == FRAGMENT_LATER)
		return expected(r, e->port_at, "no port, as a later fragment has none");
	return 0;
}

/* --- what it is */

static int take_protocol(struct reader *r, struct description *d)
{
	const struct protocol_word *row = protocol_words;
	unsigned number = 0;
	int error;

	if (next_is(r, "proto")) {
		error = take_argument(r, "an IP protocol", UINT8_MAX, &number);
		d->protocol = number;
		return error;
	}
	while (row->word && !next_is(r, row->word))
		row++;
	d->arp = next_is(r, "arp");
	if (!row->word && !d->arp)
		return expected(r, r->at,
		                "tcp, udp, sctp, icmp, icmp6, arp, proto N, hex digits or pcap");
	d->protocol = row->number;
	d->family = d->arp ? 4 : row->family;
	advance(r);
	return 0;
}

static bool is_icmp(const struct description *d)
{
	return !d->arp && d->protocol == (d->family == 6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
}

/* --- what else is said of it */

static int take_flags(struct reader *r, struct description *d)
{
	char *rest = r->word, *name;

	advance(r);
	d->flags = 0;
	while (!next_is(r, "none") && (name = strsep(&rest, ","))) {
		int bit = 0;

		while (bit < 8 && strcmp(name, tcp_flag_names[bit]) != 0)
			bit++;
		if (bit == 8)
			return expected(r, r->at + (name - r->word),
			                "none, or of fin, syn, rst, psh, ack, urg, ece, cwr");
		d->flags |= 1 << bit;
	}
	advance(r);
	return 0;
}

static int take_vlan(struct reader *r, struct description *d)
{
	unsigned id = 0;
	int error;

	if (d->tags == DESCRIBE_TAGS)
		return expected(r, r->at, "%d VLAN tags at most", DESCRIBE_TAGS);
	error = take_argument(r, "a VLAN id", 4095, &id);
	if (!error)
		d->vlan[d->tags++] = id;
	return error;
}

static int take_fragment(struct reader *r, struct description *d)
{
	advance(r);
	d->fragment = next_is(r, "first") ? FRAGMENT_FIRST : FRAGMENT_LATER;
	if (d->fragment == FRAGMENT_FIRST)
		advance(r);
	return 0;
}

static int take_extra(struct reader *r, struct description *d)
{
	unsigned number = 0;
	int error;

	if (next_is(r, "vlan"))
		return take_vlan(r, d);
	if (next_is(r, "len")) {
		error = take_argument(r, "bytes from the Ethernet header on", UINT16_MAX, &number);
		d->len = number ?: 1; /* too short, as all below a header are */
		return error;
	}
	if (d->arp)
		return expected(r, r->at, "vlan, len or the end");
	if (next_is(r, "fragment"))
		return take_fragment(r, d);
	if (next_is(r, "dscp")) {
		error = take_argument(r, "a DSCP", 63, &number);
		d->dscp = number;
		return error;
	}
	if (d->protocol == IPPROTO_TCP && next_is(r, "flags"))
		return take_flags(r, d);
	if (is_icmp(d) && (next_is(r, "type") || next_is(r, "code"))) {
		uint8_t *field = next_is(r, "type") ? &d->type : &d->code;

		error = take_argument(r, "a number", UINT8_MAX, &number);
		*field = number;
		return error;
	}
	return expected(r, r->at, "%svlan, len, dscp, fragment or the end",
	                d->protocol == IPPROTO_TCP ? "flags, "
	                : is_icmp(d)               ? "type, code, "
	                                           : "");
}

int describe_packet(const char *text, struct description *ret_description,
                    struct mistake *ret_mistake)
{
	struct reader r = { .text = text, .after = text, .mistake = ret_mistake };
	struct description d = { .flags = FLAG_SYN };
	struct endpoint src = { 0 }, dst = { 0 };
	int error;

	advance(&r);
	error = take_protocol(&r, &d);
	if (!error)
		error = take_endpoints(&r, &d, &src, &dst);
	d.type = d.family == 6 ? ICMPV6_ECHO_REQUEST : ICMP_ECHO_REQUEST;
	while (!error && *r.word)
		error = take_extra(&r, &d);
	if (!error)
		error = check_port(&r, &d, &src);
	if (!error)
		error = check_port(&r, &d, &dst);
	if (error)
		return error;
	if (d.len && d.len < describe_len(&d))
		return expected(&r, r.at, "len %zu or more, as its headers take that",
		                describe_len(&d));
	*ret_description = d;
	return 0;
}
