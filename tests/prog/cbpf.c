/* SPDX-License-Identifier: GPL-2.0-only */
/* The classic BPF that tracers run in the kernel against libpcap's own: the same filters over the
 * same frames, whole, cut short and of random bytes. */
#include <stdlib.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/base/cleanup.h"
#include "lib/packet/describe.h"
#include "lib/trace/packet_filter.h"
#include "tests/prog/cbpf.skel.h"
#include "tests/tap.h"

#define RANDOM 200 /* frames for each filter */

/* libpcap's. Its header and libbpf's both define a struct bpf_insn; its one is as ours is. */
unsigned bpf_filter(const struct pc_packet_insn *code, const unsigned char *bytes,
                    unsigned wire_len, unsigned len);

/* As in trace_prog/cbpf.h, up to the bytes. */
struct frame_head {
	__u32 len, wire_len, skip, added;
	__u8 bytes[PC_PACKET_HEAD];
};

static const char *const filters[] = {
	"",
	"icmp",
	"tcp port 80",
	"tcp portrange 79-81 or udp dst port 53",
	"host 10.0.0.1 and not port 80",
	"net 10.0.0.0/8 or ip6 net 2001:db8::/32",
	"tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn",
	"tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x47455420",
	"ip[2:2] - ((ip[0] & 0xf) << 2) > 30",
	"ip[0] * 3 + 7 == 214 and ip[9] / 2 == 3 and ip[9] % 4 == 2",
	"(ether[0] ^ ether[1]) & 1 == 0 or -ether[2] == ether[3]",
	"ether[12:2] >> ether[14] > 3 or ether[20] << ether[21] == 0",
	"ip6 protochain 58",
	"vlan 7 and udp",
	"vlan and vlan and tcp",
	"greater 100",
	"arp or rarp or sctp",
	"icmp6 and (ip6[40] == 128 or ip6[40] == 129)",
};

static const char *const packets[] = {
	"icmp 10.0.0.1 > 10.0.0.2",
	"tcp 10.0.0.1:4000 > 10.0.0.2:80",
	"tcp 10.0.0.1:4000 > 10.0.0.2:80 flags ack len 200",
	"tcp [2001:db8::1]:4000 > [2001:db8::2]:80",
	"udp 192.0.2.1:4000 > 10.0.0.2:53",
	"udp 192.0.2.1:4000 > 10.0.0.2:53 vlan 7",
	"tcp 10.0.0.1:4000 > 10.0.0.2:80 vlan 7 vlan 8",
	"icmp6 2001:db8::1 > 2001:db8::2",
	"arp 10.0.0.1 > 10.0.0.2",
	"udp 192.0.2.1 > 10.0.0.2 fragment",
};

struct machine {
	struct tests_prog_cbpf *skel;
	const struct pc_packet_insn *code;
};

static void open_machine(struct machine *m, const struct pc_packet_insn *code, size_t count)
{
	m->code = code;
	m->skel = tests_prog_cbpf__open();
	if (!m->skel)
		return;
	m->skel->rodata->code_len = count;
	bpf_map__set_max_entries(m->skel->maps.pc_code, count);
	if (tests_prog_cbpf__load(m->skel)) {
		tests_prog_cbpf__destroy(m->skel);
		m->skel = NULL;
		return;
	}
	for (__u32 i = 0; i < count; i++)
		bpf_map_update_elem(bpf_map__fd(m->skel->maps.pc_code), &i, &code[i], BPF_ANY);
}

/* By the program; the map's value has more behind the head, which it makes itself. */
static bool kernel_matches(const struct machine *m, const struct frame_head *head)
{
	size_t size = bpf_map__value_size(m->skel->maps.pc_frame);
	auto_free __u8 *value = calloc(1, size);
	__u8 any[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = any, .data_size_in = sizeof(any));

	memcpy(value, head, sizeof(*head));
	bpf_map_update_elem(bpf_map__fd(m->skel->maps.pc_frame), &(__u32){ 0 }, value, BPF_ANY);
	tap_check(!bpf_prog_test_run_opts(bpf_program__fd(m->skel->progs.matches), &opts));
	return opts.retval;
}

static void compare(const struct machine *m, const __u8 *bytes, size_t len, size_t wire_len)
{
	struct frame_head head = { .len = len, .wire_len = wire_len };
	bool wanted = bpf_filter(m->code, bytes, wire_len, len);

	memcpy(head.bytes, bytes, len);
	if (kernel_matches(m, &head) != wanted)
		tap_fail("%zu of %zu bytes: libpcap says %d", len, wire_len, wanted);
}

static void compare_all(const struct machine *m)
{
	static struct frame frame;
	struct description description;
	struct mistake mistake;
	__u8 bytes[PC_PACKET_HEAD];

	for (size_t i = 0; i < sizeof(packets) / sizeof(*packets); i++) {
		tap_check(!describe_packet(packets[i], &description, &mistake));
		describe_build(&description, &frame);
		for (size_t len = 0; len <= frame.len && len <= PC_PACKET_HEAD; len += 3)
			compare(m, frame.bytes, len, frame.len);
		compare(m, frame.bytes, frame.len < PC_PACKET_HEAD ? frame.len : PC_PACKET_HEAD,
		        frame.len);
	}
	for (int i = 0; i < RANDOM; i++) {
		for (size_t at = 0; at < sizeof(bytes); at++)
			bytes[at] = rand() % 4 ? rand() % 8 : rand();
		memcpy(bytes + 12, rand() % 2 ? "\x08\x00\x45" : "\x86\xdd\x60", 3);
		compare(m, bytes, rand() % (PC_PACKET_HEAD + 1), 300);
	}
}

int main(void)
{
	static struct machine machine;

	srand(1);
	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
		auto_free struct pc_packet_insn *code = NULL;
		size_t count = 0;

		tap_test("filter '%s'", filters[i]);
		if (packet_filter_compile(filters[i], &code, &count)) {
			tap_fail("it does not compile");
			continue;
		}
		open_machine(&machine, code, count);
		if (!machine.skel) {
			tap_fail("it does not load");
			continue;
		}
		compare_all(&machine);
		tests_prog_cbpf__destroy(machine.skel);
	}
	return tap_done();
}
