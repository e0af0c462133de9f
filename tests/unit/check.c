/* SPDX-License-Identifier: GPL-2.0-only */
/* Warnings: those that have to be given, and that none is given without cause. */
#include <stdlib.h>
#include <time.h>

#include "lib/base/cleanup.h"
#include "lib/rules/check.h"
#include "lib/rules/match.h"
#include "lib/rules/policy.h"
#include "tests/tap.h"
#include "tests/unit/parsed.h"

/* A policy and its warnings, by what tells them apart: "LINE:COLUMN word", or nothing. */
static const struct {
	const char *text, *warnings[3];
} rows[] = {
	{ "drop tcp\ndrop udp", { NULL } },
	{ "drop tcp\ndrop tcp dst port 80", { "2:1 never reached: rule in line 1 decides" } },
	{ "web: drop tcp\npass in tcp", { "2:1 never reached: rule 'web' in line 1 decides" } },
	{ "a: pass tcp\n   b: pass tcp", { "2:7 says the same as rule 'a' in line 1" } },
	{ "drop in tcp\ndrop tcp", { NULL } },
	{ "drop tcp dst port 80\ndrop tcp", { NULL } },
	{ "drop src net 10.0.0.0/8\ndrop src 10.1.2.3 tcp", { "2:1 never reached" } },
	{ "drop src net 10.0.0.0/8\ndrop dst 10.1.2.3", { NULL } },
	{ "drop net 10.0.0.0/8\ndrop dst 10.1.2.3", { "2:1 never reached" } },
	{ "drop src 10.1.2.3\ndrop host 10.1.2.3", { NULL } },
	{ "drop src { 10.0.0.0/8, ::/0 }\ndrop src { 10.1.1.1, 2001:db8::/32 }", { "2:1 never" } },
	{ "drop src { 10.0.0.0/8, ::/1 }\ndrop src { 10.1.1.1, f000::/16 }", { NULL } },
	{ "drop not src net 10.0.0.0/8\ndrop not src net 10.0.0.0/7", { "2:1 never reached" } },
	{ "drop not src net 10.0.0.0/8\ndrop not src net 10.0.0.0/9", { NULL } },
	{ "drop not src net 10.0.0.0/8\ndrop src net 11.0.0.0/9", { "2:1 never reached" } },
	{ "drop not host 10.0.0.1\ndrop src 10.0.0.2", { NULL } },
	{ "drop ip\ndrop icmp", { "2:1 never reached" } },
	{ "drop ip\ndrop tcp", { NULL } },
	{ "drop ip\ndrop tcp src 10.0.0.1", { "2:1 never reached" } },
	{ "drop proto 6\ndrop tcp", { "2:1 never reached" } },
	{ "drop not tcp\ndrop arp", { "2:1 never reached" } },
	{ "drop not tcp\ndrop established", { NULL } },
	{ "drop not port 80\ndrop icmp", { "2:1 never reached" } },
	{ "drop proto { tcp, udp, sctp }\ndrop port 80", { "2:1 never reached" } },
	{ "drop dst port 1-100\ndrop dst port { 5, 9-80 }", { "2:1 never reached" } },
	{ "drop dst port 1-100\ndrop dst port { 5, 9-101 }", { NULL } },
	{ "drop vlan\ndrop vlan 5", { "2:1 never reached" } },
	{ "drop vlan 5\ndrop vlan", { NULL } },
	{ "drop flags syn/syn\ndrop flags syn/syn,ack", { "2:1 never reached" } },
	{ "drop flags syn/syn,ack\ndrop flags syn/syn", { NULL } },
	{ "set a = { 10.0.0.0/8 }\ndrop src @a\ndrop src 10.0.0.1", { "3:1 never reached" } },
	{ "set a = file \"x\"\ndrop src @a\ndrop src @a tcp",
	  { "1:5 set 'a' is empty", "3:1 never reached" } },
	{ "set a = file \"x\"\ndrop src @a\ndrop dst @a", { "1:5 set 'a' is empty" } },
	{ "limit udp rate 1/s\npass udp port 53", { "2:1 never reached" } },
	{ "count udp\npass udp port 53", { NULL } },
	{ "count udp\ncount udp port 53", { NULL } },
	{ "count udp\ncount udp", { "2:1 says the same" } },
	{ "pass udp\ncount udp port 53", { "2:1 never reached" } },
	{ "drop\ndrop tcp\ndrop udp",
	  { "2:1 no rule from here on is reached: the one in line 1" } },
	{ "drop in\ndrop out tcp", { NULL } },
	{ "drop tcp udp", { "1:1 never matches: no packet is 'tcp' and 'udp'" } },
	{ "drop ip src ::1", { "1:1 never matches" } },
	{ "drop src 10.0.0.1 dst ::1", { "1:1 never matches" } },
	{ "drop arp host 10.0.0.1",
	  { "1:1 never matches: no packet is 'arp' and 'host 10.0.0.1'" } },
	{ "drop icmp port 80", { "1:1 never matches" } },
	{ "drop proto gre port 80", { "1:1 never matches" } },
	{ "drop icmp6 ip", { "1:1 never matches" } },
	{ "drop udp flags syn", { "1:1 never matches" } },
	{ "drop tcp icmp-type 8", { "1:1 never matches" } },
	{ "drop src port 80 src port 443", { "1:1 never matches" } },
	{ "drop port 80 port 443", { NULL } },
	{ "drop vlan 80 vlan 443", { NULL } },
	{ "drop host 10.0.0.1 host 10.0.0.2", { NULL } },
	{ "drop src 10.0.0.1 src 10.0.0.2", { "1:1 never matches" } },
	{ "drop len 10-20 len 30-40", { "1:1 never matches" } },
	{ "drop dscp 1 dscp ef", { "1:1 never matches" } },
	{ "drop flags syn,ack/syn",
	  { "1:1 never matches: flags syn,ack/syn wants flags that the mask" } },
	{ "drop flags syn/syn flags none/syn", { "1:1 never matches" } },
	{ "drop tcp not proto tcp", { "1:1 never matches" } },
	{ "drop src 10.0.0.1 not src net 10.0.0.0/8", { "1:1 never matches" } },
	{ "drop src 10.0.0.0/8 not src 10.0.0.1", { NULL } },
	{ "set e = {}\ndrop src @e", { "2:1 never matches" } },
	{ "set e = {}", { "1:5 no rule uses set 'e'" } },
	{ "drop tcp udp\ndrop tcp udp port 1", { "1:1 never matches", "2:1 never matches" } },
};

static void each_row(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		auto_policy struct policy policy = { 0 };
		auto_diag struct diag diag = { 0 };
		size_t n = 0;

		tap_test("policy %zu: %.*s", i, (int)strcspn(rows[i].text, "\n"), rows[i].text);
		if (!parsed(rows[i].text, &policy))
			continue;
		policy_check(&policy, "test", &diag);
		for (; n < 3 && rows[i].warnings[n]; n++) {
			const char *place = rows[i].warnings[n], *words = strchr(place, ' ') + 1;
			char got[600] = "(none)";

			if (n < diag.n_items)
				snprintf(got, sizeof(got), "%u:%u %s", diag.items[n].at.line,
				         diag.items[n].at.column, diag.items[n].message);
			if (strncmp(got, place, words - place) != 0 || !strstr(got, words))
				tap_fail("\"%s\" is not \"%s\"", got, place);
		}
		tap_check_int(diag.warnings, n);
		tap_check_int(diag.errors, 0);
	}
}

/* Few values, so that rules meet. */
static const char *const parts[] = {
	"ip",
	"ip6",
	"arp",
	"tcp",
	"udp",
	"sctp",
	"icmp",
	"icmp6",
	"proto 6",
	"proto { 1, 17 }",
	"proto 58",
	"host 10.0.0.1",
	"src 10.0.0.1",
	"dst 10.0.0.2",
	"src net 10.0.0.0/30",
	"net 10.0.0.0/31",
	"src { 10.0.0.1, ::1 }",
	"dst { ::/0, 10.0.0.3 }",
	"dst ::1",
	"src net ::/127",
	"src @a",
	"@a",
	"dst @b",
	"port 1",
	"src port 1-2",
	"dst port { 1, 3 }",
	"port { 2, 3 }",
	"dst port 2",
	"vlan",
	"vlan 1",
	"vlan { 1, 2 }",
	"flags syn",
	"flags syn/syn,ack",
	"flags none",
	"icmp-type 8",
	"icmp-type { 8, 128 }",
	"len 60-70",
	"len 65",
	"dscp 0",
	"dscp { 0, 46 }",
	"fragment",
	"established",
};
#define N(array) (sizeof(array) / sizeof(*(array)))

static unsigned any(unsigned n)
{
	static uint64_t state = 88172645463325252ull; /* xorshift64: the same in every run */

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 20) % n;
}

static void write_policy(char *text, size_t size)
{
	static const char *const ways[] = { "", "in", "out" };

	snprintf(text, size, "set a = { 10.0.0.2/31, ::1 }\nset b = { 10.0.0.1 }\n");
	for (int rule = 0; rule < 6; rule++) {
		int n = any(4);

		snprintf(text + strlen(text), size - strlen(text), "drop %s", ways[any(3)]);
		for (int i = 0; i < n; i++)
			snprintf(text + strlen(text), size - strlen(text), "%s %s",
			         any(4) ? "" : " not", parts[any(N(parts))]);
		snprintf(text + strlen(text), size - strlen(text), "\n");
	}
}

static void fill_ip(struct headers *h)
{
	static const uint8_t protocols[] = { 1, 6, 17, 47, 58, 132 };

	h->family = h->ethertype == 0x86dd ? 6 : 4;
	for (int side = 0; side < 2; side++) {
		uint8_t *addr = side ? h->dst : h->src;

		if (h->family == 4)
			memcpy(addr, (uint8_t[]){ 10, 0, 0, any(6) }, 4);
		else
			addr[15] = any(3);
	}
	h->dscp = (const uint8_t[]){ 0, 46, 10 }[any(3)];
	h->protocol = protocols[any(N(protocols))];
	h->fragment = any(4) == 0;
	h->later = h->fragment && any(2);
	if (h->later || !any(10))
		return;
	h->has_ports = h->protocol == 6 || h->protocol == 17 || h->protocol == 132;
	h->sport = h->has_ports ? any(4) : 0;
	h->dport = h->has_ports ? any(4) : 0;
	h->has_flags = h->protocol == 6;
	h->flags = h->has_flags ? (const uint8_t[]){ 0, 2, 16, 18 }[any(4)] : 0;
	h->has_type = h->protocol == (h->family == 4 ? 1 : 58);
	h->type = h->has_type ? (const uint8_t[]){ 8, 128, 0 }[any(3)] : 0;
}

static struct match_packet any_packet(void)
{
	static const uint16_t ethertypes[] = { 0x0800, 0x0800, 0x86dd, 0x86dd, 0x0806, 0x88cc };
	struct match_packet packet = { .direction = any(2) };
	struct headers *h = &packet.headers;

	h->len = 60 + any(12);
	h->has_ethertype = any(20) != 0;
	h->ethertype = h->has_ethertype ? ethertypes[any(6)] : 0;
	h->tags = any(3);
	for (unsigned i = 0; i < h->tags; i++)
		h->vlan[i] = any(4);
	if ((h->ethertype == 0x0800 || h->ethertype == 0x86dd) && any(10))
		fill_ip(h);
	packet.established = h->has_ports && h->protocol != 132 && any(2);
	return packet;
}

/* A rule that is said to be never reached, or never to match, decides about no packet at all. */
static unsigned check_claims(const struct policy *policy, const struct diag *diag, const char *text)
{
	bool claimed[16] = { false };
	unsigned claims = 0;

	for (size_t i = 0; i < diag->n_items; i++) {
		for (size_t k = 0; k < policy->n_rules; k++) {
			bool and_after = strstr(diag->items[i].message, "from here on") != NULL;

			claimed[k] |=
				policy->rules[k].at.line == diag->items[i].at.line ||
				(and_after && policy->rules[k].at.line > diag->items[i].at.line);
			claims += claimed[k];
		}
	}
	for (int i = 0; i < 200 && claims; i++) {
		struct match_packet packet = any_packet();
		size_t rule = match_policy(policy, &packet);

		if (rule < policy->n_rules && claimed[rule]) {
			tap_fail("rule %zu does decide:\n%s", rule + 1, text);
			break;
		}
	}
	return claims;
}

static void sound(void)
{
	unsigned claims = 0;

	tap_test("no rule that decides about a packet is said not to");
	for (int i = 0; i < 3000 && !tap.failed; i++) {
		auto_policy struct policy policy = { 0 };
		auto_diag struct diag diag = { 0 };
		char text[2000];

		write_policy(text, sizeof(text));
		if (!parsed(text, &policy))
			return;
		policy_check(&policy, "test", &diag);
		claims += check_claims(&policy, &diag, text);
	}
	tap_say("%u claims", claims);
	tap_check(claims > 1000);
}

static void write_addresses(FILE *to, unsigned i)
{
	fprintf(to, "drop src 10.0.0.0/8 dst 10.1.%u.%u tcp dst port %u\n", i >> 8, i & 255, i);
}

static void write_ports(FILE *to, unsigned i)
{
	fprintf(to, "drop udp src port 1-9 dst port %u\n", i);
}

/* 16,384 rules of which none is like another, and one at the end that one covers. */
static void many(const char *name, void (*write_rule)(FILE *to, unsigned i), const char *last)
{
	auto_policy struct policy policy = { 0 };
	auto_diag struct diag diag = { 0 };
	auto_free char *text = NULL;
	struct timespec begin, end;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	tap_test("%d rules: %s", PC_MAX_RULES, name);
	for (unsigned i = 0; i < PC_MAX_RULES - 1; i++)
		write_rule(to, i);
	fputs(last, to);
	fclose(to);
	if (!parsed(text, &policy))
		return;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	policy_check(&policy, "test", &diag);
	clock_gettime(CLOCK_MONOTONIC, &end);
	tap_say("%ld ms",
	        (end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000);
	tap_check_int(diag.warnings, 1);
}

int main(void)
{
	each_row();
	sound();
	many("addresses and a port", write_addresses,
	     "pass src 10.9.9.9 dst 10.1.20.20 tcp dst port 5140");
	many("ports", write_ports, "pass udp src port 3 dst port 4711");
	return tap_done();
}
