/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets out of capture files, of every kind that is in use. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/packet/capture.h"
#include "tests/tap.h"

#define PCAP_MICRO 0xa1b2c3d4
#define PCAP_NANO  0xa1b23c4d
#define ETHERNET   1
#define RAW_IP     101
#define PACKET_LEN 60
#define PCAPNG_SHB 0x0a0d0d0a
#define PCAPNG_BOM 0x1a2b3c4d
#define PCAPNG_IDB 1
#define PCAPNG_EPB 6

static char path[] = "/tmp/capture-XXXXXX";
static struct frame frame;
static bool swapped; /* files are written in the other byte order */

static void put32(FILE *to, uint32_t value)
{
	if (swapped)
		value = __builtin_bswap32(value);
	fwrite(&value, sizeof(value), 1, to);
}

static void put16(FILE *to, uint16_t value)
{
	if (swapped)
		value = __builtin_bswap16(value);
	fwrite(&value, sizeof(value), 1, to);
}

/* Packet n is n in every byte. */
static void put_bytes(FILE *to, int n, unsigned len)
{
	while (len--)
		fputc(n, to);
}

static void write_pcap(uint32_t magic, uint32_t link_type, unsigned captured)
{
	FILE *to = fopen(path, "w");

	put32(to, magic);
	put16(to, 2);
	put16(to, 4);
	put32(to, 0);
	put32(to, 0);
	put32(to, 65535);
	put32(to, link_type);
	for (int n = 1; n <= 3; n++) {
		put32(to, n);
		put32(to, 0);
		put32(to, captured);
		put32(to, PACKET_LEN);
		put_bytes(to, n, captured);
	}
	fclose(to);
}

static void write_pcapng(void)
{
	FILE *to = fopen(path, "w");

	put32(to, PCAPNG_SHB);
	put32(to, 28);
	put32(to, PCAPNG_BOM);
	put16(to, 1);
	put16(to, 0);
	put32(to, 0xffffffff);
	put32(to, 0xffffffff);
	put32(to, 28);
	put32(to, PCAPNG_IDB);
	put32(to, 20);
	put16(to, ETHERNET);
	put16(to, 0);
	put32(to, 65535);
	put32(to, 20);
	for (int n = 1; n <= 3; n++) {
		put32(to, PCAPNG_EPB);
		put32(to, 32 + PACKET_LEN);
		put32(to, 0);
		put32(to, 0);
		put32(to, n);
		put32(to, PACKET_LEN);
		put32(to, PACKET_LEN);
		put_bytes(to, n, PACKET_LEN);
		put32(to, 32 + PACKET_LEN);
	}
	fclose(to);
}

static void check_packets(void)
{
	for (int n = 3; n >= 1; n--) {
		if (!tap_check_int(capture_read(path, n, &frame), 0))
			return;
		tap_check_int(frame.len, PACKET_LEN);
		tap_check_int(frame.bytes[0], n);
		tap_check_int(frame.bytes[PACKET_LEN - 1], n);
	}
}

static void check_refused(int error)
{
	err_hush(true);
	tap_check_int(capture_read(path, 1, &frame), error);
	err_hush(false);
}

static void kinds(void)
{
	for (int i = 0; i < 2; i++) {
		swapped = i;
		tap_test("pcap%s", i ? " of the other byte order" : "");
		write_pcap(PCAP_MICRO, ETHERNET, PACKET_LEN);
		check_packets();
		tap_test("pcap with nanoseconds%s", i ? " of the other byte order" : "");
		write_pcap(PCAP_NANO, ETHERNET, PACKET_LEN);
		check_packets();
		tap_test("pcapng%s", i ? " of the other byte order" : "");
		write_pcapng();
		check_packets();
	}
	swapped = false;
}

static void cut_off(void)
{
	write_pcap(PCAP_MICRO, ETHERNET, 20);
	tap_check_int(capture_read(path, 2, &frame), 0);
	tap_check_int(frame.len, PACKET_LEN);
	tap_check_int(frame.bytes[19], 2);
	tap_check_int(frame.bytes[20], 0);
}

static void refused(void)
{
	write_pcap(PCAP_MICRO, ETHERNET, PACKET_LEN);
	err_hush(true);
	tap_check_int(capture_read(path, 4, &frame), -ERR_ABSENT);
	err_hush(false);
	write_pcap(PCAP_MICRO, RAW_IP, PACKET_LEN);
	check_refused(-EINVAL);
	write_pcap(0, ETHERNET, PACKET_LEN);
	check_refused(-EINVAL);
	write_pcap(PCAP_MICRO, ETHERNET, PACKET_LEN);
	if (!truncate(path, 24 + 16 + PACKET_LEN - 1))
		check_refused(-EINVAL);
	unlink(path);
	check_refused(-EINVAL);
}

int main(void)
{
	close(mkstemp(path));
	kinds();
	tap_test("what was not captured is zeros");
	cut_off();
	tap_test("no such packet, no Ethernet, no capture, cut short, no file");
	refused();
	unlink(path);
	return tap_done();
}
