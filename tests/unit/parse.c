/* SPDX-License-Identifier: GPL-2.0-only */
/* The policy language: what each rule becomes, printed back, and what each mistake is told. */
#include <errno.h>
#include <stdlib.h>

#include "lib/base/cleanup.h"
#include "lib/rules/parse.h"
#include "lib/rules/policy.h"
#include "lib/rules/print.h"
#include "tests/tap.h"

#define SETS "set bad = { 10.0.0.0/8 }\nset feed = file \"x\"\n"

/* A rule, and how it is printed; NULL: just so. */
static const struct {
	const char *rule, *printed;
} rules[] = {
	{ "drop in,out tcp dst port 80", NULL },
	{ "drop", "drop in,out" },
	{ "pass out,in", "pass in,out" },
	{ "drop in , out tcp", "drop in,out tcp" },
	{ "count in ip", NULL },
	{ "count out not ip6", NULL },
	{ "drop in arp", NULL },
	{ "drop in sctp", NULL },
	{ "drop in icmp", NULL },
	{ "drop in icmp6", NULL },
	{ "drop in tcp and udp && not sctp", "drop in tcp udp not sctp" },
	{ "drop in !tcp", "drop in not tcp" },
	{ "drop in not not tcp", "drop in tcp" },
	{ "drop in proto 47", "drop in proto gre" },
	{ "drop in proto 200", NULL },
	{ "drop in proto { udp, tcp, 18-20 }", "drop in proto { tcp, 17-20 }" },
	{ "drop in host 10.0.0.1", NULL },
	{ "drop in src 10.0.0.1", "drop in src host 10.0.0.1" },
	{ "drop in dst 10.0.0.0/8", "drop in dst net 10.0.0.0/8" },
	{ "drop in src 10.0.0.1/32", "drop in src host 10.0.0.1" },
	{ "drop in net 10.0.0.1/32", "drop in net 10.0.0.1" },
	{ "drop in net 0.0.0.0/0", NULL },
	{ "drop in src net ::/0", NULL },
	{ "drop in src 2001:DB8:0:0::1", "drop in src host 2001:db8::1" },
	{ "drop in src { 10.2.0.1, ::1, 10.0.0.0/9, 10.1.0.0/16, ::1 }",
	  "drop in src net { 10.0.0.0/9, ::1 }" },
	{ "drop in not src { 10.0.0.1, 9.0.0.1, }", "drop in not src host { 9.0.0.1, 10.0.0.1 }" },
	{ "drop in src @bad dst @feed @bad", NULL },
	{ "drop in port 0", NULL },
	{ "drop in dst port { 443, 80, 81-90, 100, 85 }", "drop in dst port { 80-90, 100, 443 }" },
	{ "drop in src port 0-65535", NULL },
	{ "drop in port 7-7", "drop in port 7" },
	{ "drop in vlan", NULL },
	{ "drop in vlan tcp", NULL },
	{ "drop in vlan 4095", NULL },
	{ "drop in vlan { 1, 2, 5-9 }", "drop in vlan { 1-2, 5-9 }" },
	{ "drop in flags syn/syn,ack", NULL },
	{ "drop in flags syn , ack / fin", "!" },
	{ "drop in flags syn", "drop in flags syn/syn" },
	{ "drop in flags ack,syn", "drop in flags syn,ack/syn,ack" },
	{ "drop in flags none", "drop in flags none/all" },
	{ "drop in flags 0x02/0x12", "drop in flags syn/syn,ack" },
	{ "drop in flags syn/0xfF", "drop in flags syn/all" },
	{ "drop in icmp icmp-type icmp-echo", NULL },
	{ "drop in icmp-type 8", NULL },
	{ "drop in icmp6 icmp-type { 128, icmp6-redirect, 3-4 }",
	  "drop in icmp6 icmp-type { 3-4, icmp6-echo, icmp6-redirect }" },
	{ "drop in icmp icmp-type 129", NULL },
	{ "drop in len 0-65535", NULL },
	{ "drop in dscp { 46, af11, 1 }", "drop in dscp { 1, af11, ef }" },
	{ "drop in fragment established", NULL },
	{ "limit in udp rate 1000/s burst 200 per src", NULL },
	{ "limit in per src burst 9 rate 10k/m udp", "limit in udp rate 10000/m burst 9 per src" },
	{ "limit in rate 1M/s", "limit in rate 1000000/s burst 100000" },
	{ "limit in rate 5/h", "limit in rate 5/h burst 5" },
	{ "drop in port {\n22, # ssh\n\n80\n}", "drop in port { 22, 80 }" },
	{ "drop\tin\ttcp # why\r", "drop in tcp" },
};

static void each_rule(void)
{
	auto_policy struct policy policy = { 0 };
	auto_diag struct diag none = { 0 };

	policy_parse("sets", SETS, strlen(SETS), &policy, &none);
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		const char *text = rules[i].rule, *want = rules[i].printed ?: text;
		auto_diag struct diag diag = { 0 };
		auto_rule struct rule rule = { 0 };
		auto_free char *printed = NULL, *why = NULL;
		int r;

		tap_test("%s", text);
		if (strchr(tap.name, '\n'))
			tap_test("a rule over several lines");
		r = rule_parse("rule", text, strlen(text), &policy, &rule, &diag);
		if (*want == '!') {
			tap_check_int(r, -EINVAL);
			continue;
		}
		why = diag_text(&diag);
		if (r) {
			tap_fail("%s", why);
			continue;
		}
		printed = rule_print(&rule, &policy);
		tap_check_str(printed, want);
	}
}

/* Texts with mistakes: "LINE:COLUMN message" for each, all of them, in order; of the message the
 * beginning. */
static const struct {
	const char *text, *errors[5];
} mistakes[] = {
	{ "dorp in tcp",
	  { "1:1 'dorp' is not an action (pass, drop, count or limit); did you mean 'drop'?" } },
	{ "accept in",
	  { "1:1 'accept' is not an action (pass, drop, count or limit): write pass" } },
	{ "deny", { "1:1 'deny' is not an action (pass, drop, count or limit): write drop" } },
	{ "reject", { "1:1 'reject' is" } },
	{ "block", { "1:1 'block' is" } },
	{ "allow", { "1:1 'allow' is" } },
	{ "defualt in drop",
	  { "1:1 'defualt' is not an action (pass, drop, count or limit); did you mean "
	    "'default'?" } },
	{ "nothing like it here at all", { "1:1 'nothing' is not an action" } },
	{ "web drop in", { "1:1 a label ends with a colon: web:" } },
	{ "1a: drop", { "1:1 the name of a label is letters" } },
	{ "a\xc3\xa4: drop", { "1:1 the name of a label is letters" } },
	{ "a23456789012345678901234567890: drop\nb234567890123456789012345678901x: drop",
	  { "2:1 the name of a label has 31 characters at most" } },
	{ "a: drop\nb:pass\na: pass", { "3:1 a second rule 'a'; line 1 has one" } },
	{ "a:", { "1:3 an action (pass, drop, count or limit) is wanted here" } },
	{ "drop in tcp prot 80 dst port 70000 flgs syn",
	  { "1:13 'prot' is not something to match; did you mean 'proto'?",
	    "1:30 '70000' is not a port, 0-65535",
	    "1:36 'flgs' is not something to match; did you mean 'flags'?" } },
	{ "drop tcp or udp", { "1:10 'or' is not something to match: write a list in braces" } },
	{ "drop (tcp)",
	  { "1:6 '(' is not something to match: there are no parentheses",
	    "1:10 ')' is not something" } },
	{ "drop tcp in", { "1:10 'in' is not something to match: the direction stands once" } },
	{ "drop in, tcp", { "1:10 in or out is wanted" } },
	{ "drop sport 80", { "1:6 'sport' is not something to match: write src port" } },
	{ "drop port http", { "1:11 ports are numbers; http is 80" } },
	{ "drop port gopher", { "1:11 'gopher' is not a port, 0-65535" } },
	{ "drop port 80:90", { "1:11 '80:90' is not a port, 0-65535; a range is written LO-HI" } },
	{ "drop port 90-80", { "1:11 a range that runs backwards; did you mean 80-90?" } },
	{ "drop port 010", { "1:11 '010' is not a port" } },
	{ "drop port -5", { "1:11 '-5' is not a port" } },
	{ "drop port 5-", { "1:11 '5-' is not a port" } },
	{ "drop port 99999999999999999999", { "1:11 '99999999999999999999' is not a port" } },
	{ "drop port", { "1:10 a port, 0-65535 is wanted here" } },
	{ "drop port { }", { "1:11 a list without elements" } },
	{ "drop vlan { }", { "1:11 a list without elements" } },
	{ "drop port { 1 2, x }",
	  { "1:15 a ',' is missing before this", "1:18 'x' is not a port" } },
	{ "drop port { 1, , 2 }", { "1:16 ',' is not a port" } },
	{ "drop port { 1, 2 src 10.0.0.1 dscp 64",
	  { "1:11 the list that begins here is not closed", "1:36 '64' is not a DSCP" } },
	{ "drop port { 1,\n2,\npass in port 77777",
	  { "1:11 the list that begins here is not closed", "3:14 '77777' is not a port" } },
	{ "drop port { 1", { "1:11 the list that begins here is not closed" } },
	{ "drop port { { 1 } }",
	  { "1:13 '{' is not a port", "1:15 a ',' is missing before this",
	    "1:19 '}' is not something to match" } },
	{ "drop vlan 4096", { "1:11 '4096' is not a VLAN id, 0-4095" } },
	{ "drop proto 256", { "1:12 '256' is not an IP protocol" } },
	{ "drop proto tpc",
	  { "1:12 'tpc' is not an IP protocol, 0-255 or a name such as gre; did you mean "
	    "'tcp'?" } },
	{ "drop dscp 64", { "1:11 '64' is not a DSCP" } },
	{ "drop icmp-type 256", { "1:16 '256' is not an ICMP type" } },
	{ "drop len 70000", { "1:10 '70000' is not a size" } },
	{ "drop host 10.0.0.0/8",
	  { "1:11 '10.0.0.0/8' is a net, not a host: write net 10.0.0.0/8" } },
	{ "drop net 10.1.2.3/8",
	  { "1:10 bits behind the prefix are set; did you mean 10.0.0.0/8?" } },
	{ "drop src 2001:db8::1/32",
	  { "1:10 bits behind the prefix are set; did you mean 2001:db8::/32?" } },
	{ "drop net 10.0.0.0/33", { "1:10 the length of the prefix is not 0-32" } },
	{ "drop net ::/129", { "1:10 the length of the prefix is not 0-128" } },
	{ "drop host example.org",
	  { "1:11 'example.org' is not an address; names are not looked up" } },
	{ "drop host 10.0.0.256", { "1:11 '10.0.0.256' is not an address" } },
	{ "drop host 10.0.0.01", { "1:11 '10.0.0.01' is not an address" } },
	{ "drop 10.0.0.1", { "1:6 an address stands behind src, dst, host or net" } },
	{ "drop src tcp", { "1:10 'tcp' is not an address, host, net, port or @SET" } },
	{ "drop src", { "1:9 something to match is wanted here" } },
	{ "drop src vlan 4", { "1:10 src and dst go with host, net, port and @SET, not vlan" } },
	{ "drop src { @a }", { "1:12 a set stands alone" } },
	{ "drop not", { "1:9 something to match is wanted here" } },
	{ "drop flags sny",
	  { "1:12 'sny' is not TCP flags, such as syn/syn,ack or 0x02/0x12; did you mean "
	    "'syn'?" } },
	{ "drop flags syn/none", { "1:12 a mask without flags" } },
	{ "drop flags syn,/ack", { "1:16 TCP flags, such as" } },
	{ "drop flags syn/ack/fin", { "1:16 'ack/fin' is not TCP flags" } },
	{ "drop flags 0x123", { "1:12 '0x123' is not TCP flags" } },
	{ "limit in tcp", { "1:1 limit without a rate" } },
	{ "limit rate 0/s", { "1:12 a rate is 1 to 1000000000 packets" } },
	{ "limit rate 2000M/s", { "1:12 a rate is 1 to 1000000000 packets" } },
	{ "limit rate 10/d", { "1:12 a rate is per second, minute or hour" } },
	{ "limit rate 10", { "1:12 a rate is packets a second, minute or hour" } },
	{ "limit rate 10/s rate 10/s", { "1:17 a second rate in one rule" } },
	{ "limit rate 10/s burst 0", { "1:23 '0' is not a number of packets" } },
	{ "limit rate 1/h burst 1000", { "1:1 at this rate it takes more than a week" } },
	{ "limit rate 10/s per dst", { "1:21 'dst' is not src" } },
	{ "limit not rate 10/s", { "1:11 not goes with what a rule matches" } },
	{ "drop rate 10/s", { "1:1 only limit has a rate, a burst or per src" } },
	{ "default drp", { "1:9 'drp' is not pass or drop; did you mean 'drop'?" } },
	{ "default in drop\ndefault pass", { "2:1 a second default for in; line 1 has one" } },
	{ "default in drop tcp", { "1:17 nothing more is wanted in this line" } },
	{ "set a = { }\nset a = { }", { "2:5 a second set 'a'; line 1 has one" } },
	{ "set a { }", { "1:7 a '=' is missing before this" } },
	{ "set = { }", { "1:5 the name of a set is wanted here" } },
	{ "set a = 10.0.0.1", { "1:9 a list in braces or file \"PATH\" is wanted here" } },
	{ "set a = file x", { "1:14 a path in quotes is wanted here" } },
	{ "set a = file \"\"", { "1:14 a path without characters" } },
	{ "set a = file \"x", { "1:14 the closing quote is missing" } },
	{ "set a = file \"x\\\"", { "1:14 the closing quote is missing" } },
	{ "set a = { 10.0.0.1,\n 10.0.0.1/8, x }",
	  { "2:2 bits behind the prefix are set; did you mean 10.0.0.0/8?",
	    "2:14 'x' is not an address" } },
	{ "set black = { }\ndrop @blak\ndrop dst @blak",
	  { "2:6 there is no set 'blak'; did you mean 'black'?" } },
	{ "drop @", { "1:7 the name of a set is wanted here" } },
	{ "drop in\x01", { "1:8 a byte that is no text: 0x01" } },
	{ "drop in # \xc2\x9b\x33\x31m", { "1:11 a byte that is no text: 0xc2" } },
	{ "drop # \xff\ndorp", { "1:8 a byte that is no text: 0xff", "2:1 'dorp'" } },
	{ "drop \"x\"", { "1:6 '\"x\"' is not something to match" } },
	{ "} drop", { "1:1 '}' is not an action" } },
};

static void each_mistake(void)
{
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(*mistakes); i++) {
		const char *text = mistakes[i].text;
		auto_policy struct policy policy = { 0 };
		auto_diag struct diag diag = { 0 };
		size_t n = 0;

		tap_test("mistake: %.*s", (int)strcspn(text, "\n#\x01"), text);
		tap_check_int(policy_parse("p", text, strlen(text), &policy, &diag), -EINVAL);
		for (; n < 5 && mistakes[i].errors[n]; n++) {
			const char *want = mistakes[i].errors[n];
			char got[600] = "(none)";

			if (n < diag.n_items)
				snprintf(got, sizeof(got), "%u:%u %s", diag.items[n].at.line,
				         diag.items[n].at.column, diag.items[n].message);
			if (strncmp(got, want, strlen(want)) != 0)
				tap_fail("\"%s\" does not begin as \"%s\"", got, want);
		}
		tap_check_int(diag.errors, n);
	}
}

static void nul_byte(void)
{
	auto_policy struct policy policy = { 0 };
	auto_diag struct diag diag = { 0 };

	tap_test("a NUL is an error, not an end");
	tap_check_int(policy_parse("p", "drop\0in\n", 8, &policy, &diag), -EINVAL);
	tap_check_int(diag.items[0].at.column, 5);
}

/* `times` times `text`, each with its number. */
static char *repeat(const char *before, const char *text, unsigned times, const char *after,
                    size_t *ret_len)
{
	char *all = NULL;
	FILE *to = open_memstream(&all, ret_len);

	fputs(before, to);
	for (unsigned i = 0; i < times; i++) {
		fprintf(to, text, i >> 8, i & 255);
	}
	fputs(after, to);
	fclose(to);
	return all;
}

static const struct {
	const char *name, *before, *text, *after;
	unsigned fits, too_many;
	const char *error;
} bounds[] = {
	{ "rules", "", "r%u.%u: drop in\n", "", PC_MAX_RULES, PC_MAX_RULES + 1,
	  "more than 16384 rules" },
	{ "sets", "", "set s%u.%u = { }\n", "", 256, 257, "more than 256 sets" },
	{ "elements", "drop in src {", "1.2.%u.%u,\n", "}", 65536, 65537,
	  "more than 65536 elements" },
	{ "elements of a set", "set s = {", "1.2.%u.%u,", "}", 65536, 65537,
	  "more than 65536 elements" },
	{ "things to match", "drop in", " port 1%u%u", "", 64, 65, "more than 64 things" },
	{ "bytes in a line", "drop #", "%u%u", "", 500000, 2000000, "a line longer than 4194304" },
};

static void each_bound(void)
{
	for (size_t i = 0; i < sizeof(bounds) / sizeof(*bounds); i++) {
		for (int over = 0; over < 2; over++) {
			unsigned times = over ? bounds[i].too_many : bounds[i].fits;
			auto_policy struct policy policy = { 0 };
			auto_diag struct diag diag = { 0 };
			size_t len;
			auto_free char *text = repeat(bounds[i].before, bounds[i].text, times,
			                              bounds[i].after, &len);
			int r = policy_parse("p", text, len, &policy, &diag);

			tap_test("%s: %u %s", bounds[i].name, times, over ? "are too many" : "fit");
			tap_check_int(r, over ? -EINVAL : 0);
			tap_check_int(diag.errors, over);
			if (over && diag.n_items && !strstr(diag.items[0].message, bounds[i].error))
				tap_fail("%s", diag.items[0].message);
		}
	}
}

static void taken_label(void)
{
	auto_policy struct policy policy = { 0 };
	auto_diag struct diag diag = { 0 };
	struct rule rule;

	tap_test("a rule for a policy has no label that is taken, no set that is not there");
	policy_parse("p", "a: drop", 7, &policy, &diag);
	tap_check_int(rule_parse("r", "a: drop", 7, &policy, &rule, &diag), -EINVAL);
	tap_check_int(rule_parse("r", "drop @b", 7, &policy, &rule, &diag), -EINVAL);
	tap_check_int(rule_parse("r", "drop\npass", 9, &policy, &rule, &diag), -EINVAL);
	tap_check_int(rule_parse("r", " ", 1, &policy, &rule, &diag), -EINVAL);
	tap_check_int(diag.errors, 4);
}

int main(void)
{
	each_rule();
	each_mistake();
	nul_byte();
	each_bound();
	taken_label();
	return tap_done();
}
