/* SPDX-License-Identifier: GPL-2.0-only */
/* What is known of packets whose headers are cut short or lie. */
#include <stdlib.h>

#include "lib/packet/describe.h"
#include "lib/packet/dissect.h"
#include "lib/base/cleanup.h"
#include "tests/tap.h"

#define TCP4 "tcp 10.0.0.1:4000 > 10.0.0.2:80 flags syn len 60"
#define TCP6 "tcp [::1]:4000 > [::2]:80 flags syn len 80"
#define UDP4 "udp 10.0.0.1:4000 > 10.0.0.2:53 len 60"
#define FRAG "udp [::1]:1 > [::2]:2 fragment first len 80"
#define TAGS "udp 10.0.0.1:1 > 10.0.0.2:2 vlan 1 vlan 2 len 60"

/* A packet, then what is done to it: bytes written over, the rest cut off. */
static const struct {
	const char *packet;
	struct {
		size_t at;
		unsigned value, size; /* big endian; bytes, 0: nothing is written */
	} over;
	size_t cut; /* bytes that are left; 0: all */
	enum pc_reason reason;
	const char *text;
} rows[] = {
	{ TCP4, { 0 }, 13, PC_R_SHORT, "a frame len 13" },
	{ TCP4, { 0 }, 14, PC_R_SHORT, "EtherType 0x0800 len 14" },
	{ TCP4, { 0 }, 33, PC_R_SHORT, "EtherType 0x0800 len 33" },
	{ TCP4, { 14, 0x55, 1 }, 0, PC_R_IP4_VERSION, "EtherType 0x0800 len 60" },
	{ TCP4, { 14, 0x44, 1 }, 0, PC_R_IP4_IHL, "EtherType 0x0800 len 60" },
	{ TCP4, { 14, 0x4f, 1 }, 0, PC_R_SHORT, "tcp 10.0.0.1 > 10.0.0.2 len 60" },
	{ TCP4,
	  { 14, 0x46, 1 },
	  0,
	  PC_R_TCP_OFFSET,
	  "tcp 10.0.0.1:0 > 10.0.0.2:0 flags none len 60" },
	{ TCP4, { 16, 0, 2 }, 0, PC_R_IP4_LENGTH, TCP4 },
	{ TCP4, { 16, 19, 2 }, 0, PC_R_IP4_LENGTH, TCP4 },
	{ TCP4, { 16, 47, 2 }, 0, PC_R_IP4_LENGTH, TCP4 },
	{ TCP4, { 16, 20, 2 }, 0, PC_R_SHORT, TCP4 },
	{ TCP4, { 16, 39, 2 }, 0, PC_R_SHORT, TCP4 },
	{ TCP4, { 16, 40, 2 }, 0, PC_R_PASS, TCP4 },
	{ TCP4, { 46, 0x40, 1 }, 0, PC_R_TCP_OFFSET, TCP4 },
	{ TCP4, { 46, 0xf0, 1 }, 0, PC_R_TCP_OFFSET, TCP4 },
	{ TCP4, { 46, 0x60, 1 }, 0, PC_R_PASS, TCP4 },
	{ TCP4, { 16, 23, 2 }, 37, PC_R_SHORT, "tcp 10.0.0.1 > 10.0.0.2 len 37" },
	{ TCP4, { 0 }, 37, PC_R_IP4_LENGTH, "tcp 10.0.0.1 > 10.0.0.2 len 37" },
	{ TCP4, { 0 }, 38, PC_R_IP4_LENGTH, "tcp 10.0.0.1:4000 > 10.0.0.2:80 len 38" },
	{ TCP4, { 0 }, 48, PC_R_IP4_LENGTH, "tcp 10.0.0.1:4000 > 10.0.0.2:80 flags syn len 48" },
	{ TCP4, { 0 }, 54, PC_R_IP4_LENGTH, "tcp 10.0.0.1:4000 > 10.0.0.2:80 flags syn len 54" },
	{ TCP4, { 0 }, 47, PC_R_IP4_LENGTH, "tcp 10.0.0.1:4000 > 10.0.0.2:80 len 47" },
	{ TCP4,
	  { 20, 0x2000, 2 },
	  0,
	  PC_R_PASS,
	  "tcp 10.0.0.1:4000 > 10.0.0.2:80 flags syn fragment first len 60" },
	{ TCP4, { 20, 0x1fff, 2 }, 0, PC_R_PASS, "tcp 10.0.0.1 > 10.0.0.2 fragment len 60" },
	{ TCP4, { 20, 0x4000, 2 }, 0, PC_R_PASS, TCP4 },
	{ UDP4, { 38, 7, 2 }, 0, PC_R_UDP_LENGTH, UDP4 },
	{ UDP4, { 38, 27, 2 }, 0, PC_R_UDP_LENGTH, UDP4 },
	{ UDP4, { 38, 0, 2 }, 0, PC_R_UDP_LENGTH, UDP4 },
	{ UDP4, { 38, 8, 2 }, 0, PC_R_PASS, UDP4 },
	{ TCP6, { 0 }, 53, PC_R_SHORT, "EtherType 0x86dd len 53" },
	{ TCP6, { 14, 0x50, 1 }, 0, PC_R_IP6_VERSION, "EtherType 0x86dd len 80" },
	{ TCP6, { 18, 27, 2 }, 0, PC_R_IP6_LENGTH, TCP6 },
	{ TCP6, { 18, 0, 2 }, 0, PC_R_SHORT, TCP6 },
	{ TCP6, { 20, 135, 1 }, 0, PC_R_SHORT, "proto 15 ::1 > ::2 len 80" },
	{ TCP6, { 20, 0, 1 }, 55, PC_R_SHORT, "proto 0 ::1 > ::2 len 55" },
	{ FRAG, { 56, 0x0008, 2 }, 0, PC_R_PASS, "udp ::1 > ::2 fragment len 80" },
	{ FRAG, { 56, 0x0000, 2 }, 0, PC_R_PASS, "udp [::1]:1 > [::2]:2 len 80" },
	{ FRAG, { 66, 100, 2 }, 0, PC_R_PASS, FRAG },
	{ "udp [::1]:1 > [::2]:2 len 80",
	  { 58, 27, 2 },
	  0,
	  PC_R_UDP_LENGTH,
	  "udp [::1]:1 > [::2]:2 len 80" },
	{ "proto 47 ::1 > ::2 fragment len 80",
	  { 18, 8, 2 },
	  0,
	  PC_R_PASS,
	  "proto 47 ::1 > ::2 fragment len 80" },
	{ "proto 47 ::1 > ::2 fragment len 80",
	  { 18, 7, 2 },
	  0,
	  PC_R_SHORT,
	  "proto 47 ::1 > ::2 fragment len 80" },
	{ FRAG, { 0 }, 61, PC_R_SHORT, "proto 44 ::1 > ::2 len 61" },
	{ TAGS, { 20, 0x8100, 2 }, 0, PC_R_VLAN_DEPTH, "EtherType 0x0026 vlan 1 vlan 2 len 60" },
	{ TAGS, { 20, 0x8100, 2 }, 25, PC_R_VLAN_DEPTH, "a frame vlan 1 vlan 2 len 25" },
	{ TAGS, { 0 }, 17, PC_R_SHORT, "a frame len 17" },
	{ TAGS, { 0 }, 21, PC_R_SHORT, "a frame vlan 1 len 21" },
	{ "arp 1.2.3.4 > 1.2.3.5", { 0 }, 21, PC_R_SHORT, "arp len 21" },
	{ "arp 1.2.3.4 > 1.2.3.5", { 0 }, 22, PC_R_PASS, "arp len 22" },
	{ "icmp 1.2.3.4 > 1.2.3.5",
	  { 16, 27, 2 },
	  41,
	  PC_R_SHORT,
	  "icmp 1.2.3.4 > 1.2.3.5 type 8 len 41" },
	{ "sctp 1.2.3.4:1 > 1.2.3.5:2",
	  { 16, 31, 2 },
	  45,
	  PC_R_SHORT,
	  "sctp 1.2.3.4:1 > 1.2.3.5:2 len 45" },
};

static struct frame frame;

static void row(size_t i)
{
	struct description d;
	struct mistake mistake;
	struct headers h;
	char text[HEADERS_TEXT_SIZE];

	tap_note("row %zu, %s", i, rows[i].packet);
	if (!tap_check_int(describe_packet(rows[i].packet, &d, &mistake), 0))
		return;
	describe_build(&d, &frame);
	for (unsigned b = 0; b < rows[i].over.size; b++)
		frame.bytes[rows[i].over.at + b] =
			rows[i].over.value >> 8 * (rows[i].over.size - 1 - b);

	/* Memory of just that size, so that a read past its end is noticed. */
	size_t len = rows[i].cut ?: frame.len;
	auto_free uint8_t *copy = malloc(len);

	memcpy(copy, frame.bytes, len);
	dissect(copy, len, &h);
	tap_check_int(h.reason, rows[i].reason);
	tap_check_str(headers_text(&h, text), rows[i].text);
}

/* More extension headers than a frame of 1500 bytes has room for. */
static void deep(void)
{
	for (int count = 256; count <= 257; count++) {
		struct description d;
		struct mistake mistake;
		struct headers h;
		uint8_t *at = frame.bytes + 54;

		tap_check(!describe_packet("proto 60 ::1 > ::2 len 5000", &d, &mistake));
		describe_build(&d, &frame);
		for (int i = 0; i < count; i++, at += 8)
			at[0] = i + 1 < count ? 60 : 17;
		at[1] = at[3] = 80;
		at[4] = (frame.len - (at - frame.bytes)) >> 8;
		at[5] = frame.len - (at - frame.bytes);
		dissect(frame.bytes, frame.len, &h);
		tap_check_int(h.reason, PC_R_PASS);
		tap_check_int(h.protocol, 17);
		tap_check_int(h.dport, 80);
	}
}

int main(void)
{
	tap_test("what a broken packet says as far as it goes is known");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		row(i);
	tap_test("extension headers are followed so far and no further");
	deep();
	return tap_done();
}
