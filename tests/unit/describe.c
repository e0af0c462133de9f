/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets in words: what they become, what they are called again, and what is said of mistakes. */
#include <errno.h>
#include <stdlib.h>

#include "lib/packet/describe.h"
#include "lib/packet/dissect.h"
#include "tests/tap.h"

static struct frame frame;

/* Described, built and taken apart again: "" if it was not understood. */
static const char *again(const char *text, char ret_text[static HEADERS_TEXT_SIZE])
{
	struct description d;
	struct mistake mistake;
	struct headers h;

	*ret_text = '\0';
	if (describe_packet(text, &d, &mistake)) {
		tap_say("%s: column %zu: %s", text, mistake.column, mistake.expected);
		return ret_text;
	}
	describe_build(&d, &frame);
	dissect(frame.bytes, frame.len, &h);
	tap_check_int(h.reason, PC_R_PASS);
	return headers_text(&h, ret_text);
}

static void forms(void)
{
	static const struct {
		const char *text, *again; /* NULL: the same */
	} rows[] = {
		{ "tcp 10.0.0.1:4000 > 10.0.0.2:80",
		  "tcp 10.0.0.1:4000 > 10.0.0.2:80 flags syn len 54" },
		{ "tcp 10.0.0.1:4000>10.0.0.2:80 flags none",
		  "tcp 10.0.0.1:4000 > 10.0.0.2:80 flags none len 54" },
		{ "tcp 10.0.0.1:0 > 10.0.0.2:65535 flags fin,psh,cwr len 1514", NULL },
		{ "tcp6 [2001:db8::1]:4000 > [2001:db8::2]:80 flags syn,ack",
		  "tcp [2001:db8::1]:4000 > [2001:db8::2]:80 flags syn,ack len 74" },
		{ "tcp [2001:db8::1]:4000 > [::]:80 flags syn len 74", NULL },
		{ "udp 10.0.0.1:53 > 10.0.0.2:53 dscp 46 vlan 7 len 46", NULL },
		{ "udp6 [::1]:1 > [::2]:2 dscp 63 vlan 0 vlan 4095",
		  "udp [::1]:1 > [::2]:2 dscp 63 vlan 0 vlan 4095 len 70" },
		{ "sctp 10.0.0.1:1 > 10.0.0.2:2 len 46", NULL },
		{ "icmp 10.0.0.1 > 10.0.0.2", "icmp 10.0.0.1 > 10.0.0.2 type 8 len 42" },
		{ "icmp 10.0.0.1 > 10.0.0.2 type 3 code 4",
		  "icmp 10.0.0.1 > 10.0.0.2 type 3 len 42" },
		{ "icmp6 ::1 > [::2]", "icmp6 ::1 > ::2 type 128 len 62" },
		{ "arp 10.0.0.1 > 10.0.0.2", "arp len 42" },
		{ "proto 47 10.0.0.1 > 10.0.0.2 len 34", NULL },
		{ "proto 47 ::1 > ::2 len 54", NULL },
		{ "proto 6 10.0.0.1:1 > 10.0.0.2:2",
		  "tcp 10.0.0.1:1 > 10.0.0.2:2 flags syn len 54" },
		{ "proto 1 ::1 > ::2 len 54", NULL },
		{ "udp 10.0.0.1 > 10.0.0.2 fragment len 34", NULL },
		{ "udp 10.0.0.1:1 > 10.0.0.2:2 fragment first len 42", NULL },
		{ "tcp ::1 > ::2 fragment len 62", NULL },
		{ "tcp [::1]:1 > [::2]:2 flags rst fragment first len 82", NULL },
		{ "tcp ::ffff:10.0.0.1 > ::2 fragment len 62", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[HEADERS_TEXT_SIZE];

		tap_check_str(again(rows[i].text, text), rows[i].again ?: rows[i].text);
	}
}

static void mistakes(void)
{
	static const struct {
		const char *text;
		size_t column;
		const char *expected; /* how it begins */
	} rows[] = {
		{ "", 1, "tcp, udp" },
		{ "http 10.0.0.1:1 > 10.0.0.2:2", 1, "tcp, udp" },
		{ "tcp", 4, "an address" },
		{ "tcp 10.0.0.1:1", 15, "'>'" },
		{ "tcp 10.0.0.1:1 10.0.0.2:2", 16, "'>'" },
		{ "tcp 10.0.0.1:1 >", 17, "an address" },
		{ "tcp 10.0.0.256:1 > 10.0.0.2:2", 5, "an address" },
		{ "tcp 10.0.0.1:70000 > 10.0.0.2:2", 14, "a port, 0-65535" },
		{ "tcp 10.0.0.1: > 10.0.0.2:2", 14, "a port, 0-65535" },
		{ "tcp 10.0.0.1:http > 10.0.0.2:2", 14, "a port, 0-65535" },
		{ "tcp 10.0.0.1:4294967297 > 10.0.0.2:2", 14, "a port, 0-65535" },
		{ "tcp 10.0.0.1 > 10.0.0.2:2", 13, "a port: ADDRESS:PORT" },
		{ "tcp ::1 > [::2]:2", 8, "a port: [ADDRESS]:PORT" },
		{ "tcp [::1 > [::2]:2", 5, "an IPv6 address in brackets" },
		{ "tcp [::1]2 > [::2]:2", 5, "an IPv6 address in brackets" },
		{ "tcp 10.0.0.1:1 > [::2]:2", 18, "an IPv4 address" },
		{ "tcp6 10.0.0.1:1 > 10.0.0.2:2", 6, "an IPv6 address" },
		{ "icmp ::1 > ::2", 6, "an IPv4 address" },
		{ "icmp 10.0.0.1:1 > 10.0.0.2", 15, "no port" },
		{ "arp ::1 > ::2", 5, "an IPv4 address" },
		{ "proto 256 10.0.0.1 > 10.0.0.2", 7, "an IP protocol, 0-255" },
		{ "proto -1 10.0.0.1 > 10.0.0.2", 7, "an IP protocol, 0-255" },
		{ "proto", 6, "an IP protocol" },
		{ "udp 10.0.0.1:1 > 10.0.0.2:2 flags syn", 29, "vlan, len" },
		{ "tcp 10.0.0.1:1 > 10.0.0.2:2 flags", 34, "none, or of fin" },
		{ "tcp 10.0.0.1:1 > 10.0.0.2:2 flags syn,x", 39, "none, or of fin" },
		{ "tcp 10.0.0.1:1 > 10.0.0.2:2 type 1", 29, "flags, vlan" },
		{ "icmp 10.0.0.1 > 10.0.0.2 type 256", 31, "a number, 0-255" },
		{ "arp 10.0.0.1 > 10.0.0.2 dscp 1", 25, "vlan, len" },
		{ "udp 10.0.0.1:1 > 10.0.0.2:2 vlan 4096", 34, "a VLAN id, 0-4095" },
		{ "udp 10.0.0.1:1 > 10.0.0.2:2 vlan 1 vlan 2 vlan 3", 43, "2 VLAN tags" },
		{ "udp 10.0.0.1:1 > 10.0.0.2:2 dscp 64", 34, "a DSCP, 0-63" },
		{ "udp 10.0.0.1:1 > 10.0.0.2:2 fragment", 14, "no port" },
		{ "udp 10.0.0.1 > 10.0.0.2 fragment first", 13, "a port" },
		{ "udp 10.0.0.1:1 > 10.0.0.2:2 len 41", 35, "len 42 or more" },
		{ "udp 10.0.0.1:1 > 10.0.0.2:2 len 0", 34, "len 42 or more" },
		{ "udp 10.0.0.1:1 > 10.0.0.2:2 len 65536", 33, "bytes from" },
		{ "udp 10.0.0.1:1 > 10.0.0.2:2 > 10.0.0.3:3", 29, "vlan, len" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct description d;
		struct mistake mistake = { 0 };

		tap_note("%s", rows[i].text);
		tap_check_int(describe_packet(rows[i].text, &d, &mistake), -EINVAL);
		tap_check_int(mistake.column, rows[i].column);
		if (strncmp(mistake.expected, rows[i].expected, strlen(rows[i].expected)) != 0)
			tap_check_str(mistake.expected, rows[i].expected);
	}
}

/* Whatever is pasted into it, it is not to be overrun. */
static void garbage(void)
{
	static const char *const words[] = {
		"tcp",        "udp6",    "icmp",           "arp",     "proto",
		"47",         "::1",     "[::1]:80",       "1.2.3.4", ">",
		"flags",      "syn,ack", "vlan",           "len",     "65535",
		"]",          ":",       "fragment",       "[",       "first",
		"dscp",       "63",      "1.2.3.4:5",      "vlan 7",  "len 60",
		"flags none", "dscp 1",  "fragment first", "type 3",
	};
	unsigned seed = 1, understood = 0;

	for (int turn = 0; turn < 100000; turn++) {
		const char *start = turn % 2 ? "" : "tcp 1.2.3.4:5 > 1.2.3.4:5 ";
		char text[400];
		size_t len = snprintf(text, sizeof(text), "%s", start);
		struct description d;
		struct mistake mistake;

		for (int i = rand_r(&seed) % 9; i >= 0; i--)
			len += snprintf(text + len, sizeof(text) - len, "%s%s",
			                words[rand_r(&seed) % (sizeof(words) / sizeof(*words))],
			                rand_r(&seed) % 8 ? " " : "");
		if (describe_packet(text, &d, &mistake)) {
			tap_check(mistake.column <= strlen(text) + 1 && *mistake.expected);
			continue;
		}
		understood++;
		describe_build(&d, &frame);
		tap_check(frame.len >= describe_len(&d) && frame.len <= FRAME_MAX);
	}
	tap_check(understood > 100);
}

static void long_words(void)
{
	char text[5000];
	struct description d;
	struct mistake mistake;

	memset(text, 'a', sizeof(text));
	memcpy(text, "tcp ", 4);
	text[sizeof(text) - 1] = '\0';
	tap_check_int(describe_packet(text, &d, &mistake), -EINVAL);
	tap_check_int(mistake.column, 5);
}

static void hex(void)
{
	static const struct {
		const char *text;
		int len;       /* of the frame; -1: a mistake */
		size_t column; /* of it */
	} rows[] = {
		{ "000102030405060708090a0b0806", 14, 0 },
		{ " 0x00:01:02:03:04:05 06 07 08 09 0A 0b 0806\n45", 15, 0 },
		{ "0X000102030405060708090a0b0806", 14, 0 },
		{ "000102030405060708090a0b08064", -1, 30 },
		{ "000102030405060708090a0b08", -1, 27 },
		{ "000102030405060708090a0b080g", -1, 28 },
		{ "", -1, 1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct mistake mistake = { 0 };
		int r = frame_from_hex(rows[i].text, &frame, &mistake);

		tap_note("%s", rows[i].text);
		tap_check_int(r ? -1 : (int)frame.len, rows[i].len);
		tap_check_int(mistake.column, rows[i].column);
		tap_check(r || !memcmp(frame.bytes, "\0\1\2\3\4\5\6\7\x8\x9\xa\xb\x8\6", 14));
	}
}

static void hex_too_long(void)
{
	size_t len = 2 * (FRAME_MAX + 1);
	char *text = calloc(1, len + 1);
	struct mistake mistake;

	memset(text, '5', len);
	tap_check_int(frame_from_hex(text, &frame, &mistake), -EINVAL);
	tap_check_int(mistake.column, len - 1);
	text[len - 2] = '\0';
	tap_check_int(frame_from_hex(text, &frame, &mistake), 0);
	tap_check_int(frame.len, FRAME_MAX);
	free(text);
}

int main(void)
{
	tap_test("a packet in words is what was said");
	forms();
	tap_test("a mistake is where it is");
	mistakes();
	tap_test("words at random are a packet or a mistake");
	garbage();
	tap_test("a word without an end is a mistake");
	long_words();
	tap_test("hex digits as people paste them are a frame");
	hex();
	tap_test("too many hex digits are a mistake");
	hex_too_long();
	return tap_done();
}
