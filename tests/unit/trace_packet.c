/* SPDX-License-Identifier: GPL-2.0-only */
/* What trace packet is made of, without a kernel: filters, places in the kernel, words. */
#include <pcap/pcap.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/packet/describe.h"
#include "lib/packet/dissect.h"
#include "lib/trace/kallsyms.h"
#include "lib/trace/packet_filter.h"
#include "tests/tap.h"

/* --- filters --- */

static const struct {
	const char *filter, *packet;
	bool matches;
} filters[] = {
	{ "icmp", "icmp 10.0.0.1 > 10.0.0.2", true },
	{ "icmp", "tcp 10.0.0.1:1 > 10.0.0.2:2", false },
	{ "tcp port 80", "tcp 10.0.0.1:1 > 10.0.0.2:80", true },
	{ "tcp port 80", "tcp [2001:db8::1]:1 > [2001:db8::2]:80", true },
	{ "tcp port 80", "udp 10.0.0.1:1 > 10.0.0.2:80", false },
	{ "src net 10.0.0.0/8 and not dst host 10.0.0.2", "udp 10.0.0.1:1 > 10.0.0.2:80", false },
	{ "tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn", "tcp 10.0.0.1:1 > 10.0.0.2:80", true },
	{ "vlan 7 and udp", "udp 10.0.0.1:1 > 10.0.0.2:80 vlan 7", true },
	{ "greater 100", "udp 10.0.0.1:1 > 10.0.0.2:80 len 99", false },
};

static bool matches(const struct pc_packet_insn *code, size_t count, const struct frame *frame)
{
	struct bpf_insn insns[64];

	if (count > 64)
		return false;
	for (size_t i = 0; i < count; i++)
		insns[i] = (struct bpf_insn){ code[i].code, code[i].jt, code[i].jf, code[i].k };
	return bpf_filter(insns, frame->bytes, frame->len, frame->len);
}

static void filter_is_compiled(void)
{
	static struct frame frame;
	struct description description;
	struct mistake mistake;

	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
		auto_free struct pc_packet_insn *code = NULL;
		size_t count = 0;

		tap_test("filter '%s', packet '%s'", filters[i].filter, filters[i].packet);
		tap_check(!describe_packet(filters[i].packet, &description, &mistake));
		describe_build(&description, &frame);
		tap_check(!packet_filter_compile(filters[i].filter, &code, &count));
		tap_check(code && matches(code, count, &frame) == filters[i].matches);
	}
}

static void filter_is_refused(void)
{
	static const char *const wrong[] = { "tcp port port", "(", "inbound", "no-such-word" };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct pc_packet_insn *code = NULL;
		size_t count;

		tap_test("filter '%s' is refused", wrong[i]);
		tap_check(packet_filter_compile(wrong[i], &code, &count) == -ERR_USAGE);
		tap_check(!code);
	}
}

/* --- places --- */

static const char list[] = "ffffffff81000100 T second\n"
			   "ffffffff81000000 T first\n"
			   "ffffffff810000f0 t __pfx_second\n"
			   "ffffffff81000180 D data\n"
			   "ffffffffa0000000 t of_a_module\t[module]\n"
			   "0000000000000000 T hidden\n"
			   "nonsense\n\n";

static const struct {
	uint64_t address;
	const char *text;
} places[] = {
	{ 0xffffffff81000000, "first+0x0" },        { 0xffffffff810000f8, "first+0xf8" },
	{ 0xffffffff81000152, "second+0x52" },      { 0xffffffff81000190, "second+0x90" },
	{ 0xffffffffa0000010, "of_a_module+0x10" }, { 0x1000, "0x1000" },
};

static void places_are_named(void)
{
	auto_fclose FILE *from = fmemopen((void *)list, sizeof(list) - 1, "r");
	struct kallsyms *symbols = kallsyms_read(from);
	struct kallsyms *none = kallsyms_read(NULL);
	char text[KALLSYM_SIZE];

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		tap_test("place %s", places[i].text);
		tap_check_str(kallsym_text(symbols, places[i].address, text), places[i].text);
	}
	tap_test("a place where the kernel hides its addresses");
	tap_check_str(kallsym_text(none, 0xffffffff81000000, text), "0xffffffff81000000");
	kallsyms_close(symbols);
	kallsyms_close(none);
}

/* --- words --- */

static void protocols_are_named(void)
{
	static const struct {
		struct headers headers;
		const char *word;
	} rows[] = {
		{ { .family = 4, .protocol = 6 }, "tcp" },
		{ { .family = 6, .protocol = 58 }, "icmp6" },
		{ { .family = 4, .protocol = 58 }, "58" },
		{ { .family = 4, .protocol = 47 }, "47" },
		{ { .has_ethertype = true, .ethertype = 0x0806 }, "arp" },
		{ { .has_ethertype = true, .ethertype = 0x88cc }, "0x88cc" },
	};
	char text[HEADERS_PROTOCOL_SIZE];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		tap_test("protocol %s", rows[i].word);
		tap_check_str(headers_protocol(&rows[i].headers, text), rows[i].word);
	}
}

int main(void)
{
	err_hush(1);
	filter_is_compiled();
	filter_is_refused();
	places_are_named();
	protocols_are_named();
	return tap_done();
}
