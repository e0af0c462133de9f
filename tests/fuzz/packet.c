/* SPDX-License-Identifier: GPL-2.0-only */
/* Any bytes as a frame, as hex digits and as a packet in words; what comes out is asked of every
 * primitive, and its headers in words must be the same headers. The first byte chooses which. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/packet/describe.h"
#include "lib/packet/dissect.h"
#include "lib/rules/diag.h"
#include "lib/rules/match.h"
#include "lib/rules/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char rules[] =
	"set s = { 10.0.0.0/8, 2001:db8::/32 }\n"
	"count ip not ip6 not arp\ncount tcp\ncount udp sctp icmp\ncount icmp6\n"
	"count proto { 1, 40-60 }\ncount host 10.0.0.1\ncount not dst net ::/1\n"
	"count src @s\ncount port { 0-1023, 8080 }\ncount src port 53\n"
	"count vlan 1-7\ncount not vlan\ncount flags syn/syn,ack\n"
	"count icmp-type 1-128\ncount len 64-1500\ncount dscp 46\n"
	"count fragment\ncount established\n";

static void must(bool holds)
{
	if (!holds)
		abort();
}

static const struct policy *policy(void)
{
	static struct policy all;
	static struct diag diag;

	if (!all.n_rules)
		must(!policy_parse("all", rules, sizeof(rules) - 1, &all, &diag));
	return &all;
}

/* Those that say the same in words are the same, as far as the words go. */
static void try_words_of(const struct headers *h)
{
	static struct frame frame;
	char text[HEADERS_TEXT_SIZE], again[HEADERS_TEXT_SIZE];
	struct description d;
	struct mistake mistake;
	struct headers same;

	headers_text(h, text);
	if (h->reason != PC_R_PASS || describe_packet(text, &d, &mistake))
		return;
	describe_build(&d, &frame);
	dissect(frame.bytes, frame.len, &same);
	must(!strcmp(headers_text(&same, again), text));
}

static void try_frame(const uint8_t *bytes, size_t len)
{
	struct match_packet packet = { .direction = len % 2 ? PC_IN : PC_OUT };
	char why[MATCH_WHY_SIZE];

	dissect(bytes, len, &packet.headers);
	try_words_of(&packet.headers);
	for (size_t i = 0; i < policy()->n_rules; i++) {
		if (!match_rule(policy(), &policy()->rules[i], &packet, why))
			must(strlen(why) > 0);
	}
}

static void try_text(const char *text, bool hex)
{
	static struct frame frame;
	struct description d;
	struct mistake mistake = { 0 };
	int r = hex ? frame_from_hex(text, &frame, &mistake) : describe_packet(text, &d, &mistake);

	if (r) {
		must(mistake.column >= 1 && mistake.column <= strlen(text) + 1);
		return;
	}
	if (!hex) {
		must(!d.len || d.len >= describe_len(&d));
		describe_build(&d, &frame);
	}
	try_frame(frame.bytes, frame.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy: reading one byte beyond it is noticed. */
	auto_free char *text = malloc(size ?: 1);

	if (!size || !text)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	if (*data == 'f') {
		auto_free uint8_t *frame = malloc(size);

		must(frame != NULL);
		memcpy(frame + 1, data + 1, size - 1);
		try_frame(frame + 1, size - 1);
	} else {
		try_text(text, *data == 'h');
	}
	return 0;
}
