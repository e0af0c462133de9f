/* SPDX-License-Identifier: GPL-2.0-only */
/* What a rule says of a packet, and what it says the packet lacks. */

#include "lib/base/cleanup.h"
#include "lib/packet/describe.h"
#include "lib/rules/match.h"
#include "lib/rules/policy.h"
#include "tests/tap.h"
#include "tests/unit/parsed.h"

#define TCP  "tcp 10.0.0.1:4000 > 10.0.0.2:80"
#define TCP6 "tcp [2001:db8::1]:4000 > [2001:db8::2]:80"
#define UDP  "udp 10.0.0.1:53 > 10.0.0.2:4000"
#define ICMP "icmp 10.0.0.1 > 10.0.0.2"
#define ARP  "arp 10.0.0.1 > 10.0.0.2"
#define GRE  "proto 47 10.0.0.1 > 10.0.0.2"
#define LATE "udp 10.0.0.1 > 10.0.0.2 fragment"

#define SETS "set bad = { 10.0.0.0/30, 2001:db8::/32 }\nset good = { 192.0.2.0/24 }\n"

/* One rule and one packet on its way in. */
static const struct {
	const char *rule, *packet;
	const char *lacks; /* NULL: it matches */
} rows[] = {
	{ "drop", ARP, NULL },
	{ "drop in", TCP, NULL },
	{ "drop out", TCP, "it goes in, not out" },
	{ "drop in,out tcp dst port 80", TCP, NULL },
	{ "drop in tcp dst port 22", TCP, "dst port is 80, not 22" },
	{ "drop tcp dst port { 22, 8000-8099 }", TCP, "dst port is 80, not 22 or 8000-8099" },
	{ "drop dst port { 1, 3, 5, 7, 9 }", TCP, "dst port is 80, not one of 5" },
	{ "drop dst port { 1, 3, 80, 7, 9 }", TCP, NULL },
	{ "drop src port 80", TCP, "src port is 4000, not 80" },
	{ "drop port 4000", TCP, NULL },
	{ "drop port 80", TCP, NULL },
	{ "drop port 22", TCP, "ports are 4000 and 80, not 22" },
	{ "drop not port 22", TCP, NULL },
	{ "drop not port 80", TCP, "ports are 4000 and 80" },
	{ "drop not dst port 80", TCP, "dst port is 80" },
	{ "drop port 80", ICMP, "it has no ports" },
	{ "drop dst port 80", LATE, "it has no dst port" },
	{ "drop not dst port 80", LATE, NULL },
	{ "drop udp", TCP, "it is tcp, not udp" },
	{ "drop not tcp", TCP, "it is tcp" },
	{ "drop tcp", ARP, "it is arp, not tcp" },
	{ "drop tcp", GRE, "IP protocol is 47, not tcp" },
	{ "drop tcp", TCP6, NULL },
	{ "drop udp", LATE, NULL },
	{ "drop ip", TCP, NULL },
	{ "drop ip", TCP6, "it is ip6, not ip" },
	{ "drop ip6", ARP, "it is arp, not ip6" },
	{ "drop arp", TCP, "it is ip, not arp" },
	{ "drop icmp6", "icmp6 ::1 > ::2", NULL },
	{ "drop icmp", "icmp6 ::1 > ::2", "it is icmp6, not icmp" },
	{ "drop icmp6", ICMP, "it is icmp, not icmp6" },
	{ "drop proto 47", GRE, NULL },
	{ "drop proto 47", TCP, "IP protocol is 6, not 47" },
	{ "drop proto 47", ARP, "it has no IP protocol" },
	{ "drop src host 10.0.0.1", TCP, NULL },
	{ "drop dst host 10.0.0.1", TCP, "dst is 10.0.0.2, not 10.0.0.1" },
	{ "drop src net 10.0.0.2/31", TCP, "src is 10.0.0.1, not in 10.0.0.2/31" },
	{ "drop dst net 10.0.0.2/31", TCP, NULL },
	{ "drop dst net 2001:db8::2/127", TCP6, NULL },
	{ "drop src net 2001:db8::2/127", TCP6, "src is 2001:db8::1, not in 2001:db8::2/127" },
	{ "drop host 10.0.0.2", TCP, NULL },
	{ "drop host { 10.0.0.3, 10.0.0.5 }", TCP,
	  "addresses are 10.0.0.1 and 10.0.0.2, not 10.0.0.3 or 10.0.0.5" },
	{ "drop not host 10.0.0.2", TCP, "addresses are 10.0.0.1 and 10.0.0.2" },
	{ "drop net 0.0.0.0/0", TCP6,
	  "addresses are 2001:db8::1 and 2001:db8::2, not in 0.0.0.0/0" },
	{ "drop host 10.0.0.1", ARP, "it has no IP address" },
	{ "drop not host 10.0.0.1", ARP, NULL },
	{ "drop src @bad", TCP, NULL },
	{ "drop src @bad", TCP6, NULL },
	{ "drop src @good", TCP, "src is 10.0.0.1, not in @good" },
	{ "drop not dst @bad", TCP, "dst is 10.0.0.2" },
	{ "drop vlan", TCP, "it has no VLAN tag" },
	{ "drop not vlan", TCP, NULL },
	{ "drop vlan", TCP " vlan 7", NULL },
	{ "drop vlan 7", TCP " vlan 7", NULL },
	{ "drop vlan 8", TCP " vlan 7", "vlan is 7, not 8" },
	{ "drop vlan 8", TCP " vlan 7 vlan 8", NULL },
	{ "drop vlan 9", TCP " vlan 7 vlan 8", "vlans are 7 and 8, not 9" },
	{ "drop not vlan", TCP " vlan 7", "vlan is 7" },
	{ "drop flags syn/syn,ack", TCP, NULL },
	{ "drop flags syn/syn,ack", TCP " flags syn,ack", "flags are syn,ack, not syn/syn,ack" },
	{ "drop flags syn/syn", UDP, "it has no TCP flags" },
	{ "drop icmp-type 8", ICMP, NULL },
	{ "drop icmp-type 0", ICMP, "ICMP type is 8, not 0" },
	{ "drop icmp-type 8", TCP, "it has no ICMP type" },
	{ "drop len 54", TCP, NULL },
	{ "drop len 55-65535", TCP, "len is 54, not 55-65535" },
	{ "drop dscp 46", TCP " dscp 46", NULL },
	{ "drop dscp 46", TCP, "dscp is 0, not 46" },
	{ "drop dscp 0", ARP, "it has no dscp" },
	{ "drop fragment", LATE, NULL },
	{ "drop fragment", UDP " fragment first", NULL },
	{ "drop fragment", UDP, "it is no fragment" },
	{ "drop not fragment", LATE, "it is a fragment" },
	{ "drop established", TCP, "no socket here has its connection" },
	{ "drop not established", TCP, NULL },
	{ "drop established", ARP, NULL },
	{ "drop not established", ARP, "it finds neighbours" },
	{ "drop established", "icmp6 ::1 > ::2 type 135", NULL },
	{ "drop established", "icmp6 ::1 > ::2 type 137", "no socket here has its connection" },
	{ "drop established", ICMP, "no socket here has its connection" },
	{ "drop tcp dst port 80 src host 10.0.0.9 dst port 81", TCP,
	  "src is 10.0.0.1, not 10.0.0.9" },
};

static bool seen(const char *text, struct match_packet *ret_packet)
{
	static struct frame frame;
	struct description d;
	struct mistake mistake;

	if (describe_packet(text, &d, &mistake)) {
		tap_fail("%s: column %zu: %s", text, mistake.column, mistake.expected);
		return false;
	}
	describe_build(&d, &frame);
	*ret_packet = (struct match_packet){ .direction = PC_IN };
	dissect(frame.bytes, frame.len, &ret_packet->headers);
	return true;
}

static void row(size_t i)
{
	auto_policy struct policy policy = { 0 };
	struct match_packet packet;
	char text[256], why[MATCH_WHY_SIZE] = "";
	bool matches;

	tap_note("%s: %s", rows[i].rule, rows[i].packet);
	snprintf(text, sizeof(text), SETS "%s\n", rows[i].rule);
	if (!parsed(text, &policy) || !seen(rows[i].packet, &packet))
		return;
	matches = match_rule(&policy, &policy.rules[0], &packet, why);
	tap_check_str(matches ? NULL : why, rows[i].lacks);
}

/* The way out is another way, and a connection is what the caller says it is. */
static void said_by_caller(void)
{
	auto_policy struct policy policy = { 0 };
	struct match_packet packet;
	char why[MATCH_WHY_SIZE] = "";

	if (!parsed("pass in established\ndrop out not established\n", &policy) ||
	    !seen(TCP, &packet))
		return;
	packet.established = true;
	tap_check(match_rule(&policy, &policy.rules[0], &packet, why));
	packet.direction = PC_OUT;
	tap_check(!match_rule(&policy, &policy.rules[0], &packet, why));
	tap_check_str(why, "it goes out, not in");
	tap_check(!match_rule(&policy, &policy.rules[1], &packet, why));
	tap_check_str(why, "a socket here has its connection");
}

static void first_decides(void)
{
	static const struct {
		const char *packet;
		size_t index;
	} packets[] = { { TCP, 2 }, { UDP, 3 }, { ICMP, 5 }, { ARP, 6 } };
	auto_policy struct policy policy = { 0 };
	struct match_packet packet;

	if (!parsed("count\ndrop out\npass tcp\nlimit udp rate 1/s\ndrop tcp\ndrop icmp\n",
	            &policy))
		return;
	for (size_t i = 0; i < sizeof(packets) / sizeof(*packets); i++) {
		if (seen(packets[i].packet, &packet))
			tap_check_int(match_policy(&policy, &packet), packets[i].index);
	}
}

int main(void)
{
	tap_test("a rule matches, or says what the packet lacks");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		row(i);
	tap_test("direction and connection are the caller's to say");
	said_by_caller();
	tap_test("the first rule that matches and does not only count decides");
	first_decides();
	return tap_done();
}
