/* SPDX-License-Identifier: GPL-2.0-only */
/* A packet's headers in the words packets are described with. */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>

#include <linux/if_ether.h>

#include "lib/packet/dissect.h"
#include "lib/packet/words.h"

struct writer {
	char *text;
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void say(struct writer *w, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(w->text + w->len, HEADERS_TEXT_SIZE - w->len, format, args);
	va_end(args);
	w->len += n;
	if (w->len >= HEADERS_TEXT_SIZE)
		w->len = HEADERS_TEXT_SIZE - 1;
}

/* NULL: there is none for it. */
static const char *protocol_word(const struct headers *h)
{
	const struct protocol_word *row = protocol_words;

	while (row->word &&
	       !(row->number == h->protocol && (!row->family || row->family == h->family)))
		row++;
	return row->word;
}

static void say_protocol(struct writer *w, const struct headers *h)
{
	const char *word = protocol_word(h);

	if (word)
		say(w, "%s", word);
	else
		say(w, "proto %u", h->protocol);
}

static void say_endpoint(struct writer *w, const struct headers *h, const uint8_t *address,
                         uint16_t port)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(h->family == 4 ? AF_INET : AF_INET6, address, text, sizeof(text));
	if (!h->has_ports)
		say(w, " %s", text);
	else if (h->family == 4)
		say(w, " %s:%u", text, port);
	else
		say(w, " [%s]:%u", text, port);
}

static void say_network(struct writer *w, const struct headers *h)
{
	say_protocol(w, h);
	say_endpoint(w, h, h->src, h->sport);
	say(w, " >");
	say_endpoint(w, h, h->dst, h->dport);
	if (h->has_flags) {
		char flags[TCP_FLAGS_TEXT_SIZE];

		say(w, " flags %s", tcp_flags_text(h->flags, flags));
	}
	if (h->has_type)
		say(w, " type %u", h->type);
	if (h->dscp)
		say(w, " dscp %u", h->dscp);
	if (h->fragment)
		say(w, " fragment%s", h->later ? "" : " first");
}

const char *headers_text(const struct headers *h, char text[static HEADERS_TEXT_SIZE])
{
	struct writer w = { .text = text };

	if (h->family)
		say_network(&w, h);
	else if (h->has_ethertype && h->ethertype == ETH_P_ARP)
		say(&w, "arp");
	else if (h->has_ethertype)
		say(&w, "EtherType 0x%04x", h->ethertype);
	else
		say(&w, "a frame");
	for (unsigned i = 0; i < h->tags; i++)
		say(&w, " vlan %u", h->vlan[i]);
	say(&w, " len %u", h->len);
	return text;
}

const char *headers_protocol(const struct headers *h, char text[static HEADERS_PROTOCOL_SIZE])
{
	const char *word = h->family ? protocol_word(h) : NULL;

	if (word)
		snprintf(text, HEADERS_PROTOCOL_SIZE, "%s", word);
	else if (h->family)
		snprintf(text, HEADERS_PROTOCOL_SIZE, "%u", h->protocol);
	else if (h->has_ethertype && h->ethertype == ETH_P_ARP)
		snprintf(text, HEADERS_PROTOCOL_SIZE, "arp");
	else
		snprintf(text, HEADERS_PROTOCOL_SIZE, "0x%04x", h->ethertype);
	return text;
}
