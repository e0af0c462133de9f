/* SPDX-License-Identifier: GPL-2.0-only */
/* Prints a ruleset in the language of one of the contestants.
 *
 * usage: rules KIND COUNT portcullis|nft|iptables
 *        rules set COUNT portcullis|nft|addresses
 *
 * A set is of addresses; that of the packet that the last rule of a ruleset speaks of is in it. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "tests/model/ruleset.h"

struct language {
	const char *name;
	const char *src, *dst;          /* with %s for a prefix */
	const char *sport, *dport, *to; /* with %s for the ports, `to` between first and last */
	const char *tcp, *udp, *any;    /* a protocol that ports do not say; any with %d */
	const char *first, *last;       /* what is before a rule and behind it */
};

static const struct language languages[] = {
	{ .name = "portcullis",
	  .first = "drop in",
	  .tcp = " tcp",
	  .udp = " udp",
	  .any = " proto %d",
	  .src = " src net %s",
	  .dst = " dst net %s",
	  .sport = " src port %s",
	  .dport = " dst port %s",
	  .to = "-",
	  .last = "" },
	{ .name = "nft",
	  .first = "",
	  .tcp = "meta l4proto tcp",
	  .udp = "meta l4proto udp",
	  .any = "meta l4proto %d",
	  .src = " ip saddr %s",
	  .dst = " ip daddr %s",
	  .sport = " th sport %s",
	  .dport = " th dport %s",
	  .to = "-",
	  .last = " drop" },
	{ .name = "iptables",
	  .first = "-A INPUT",
	  .tcp = " -p tcp",
	  .udp = " -p udp",
	  .any = " -p %d",
	  .src = " -s %s",
	  .dst = " -d %s",
	  .sport = " --sport %s",
	  .dport = " --dport %s",
	  .to = ":",
	  .last = " -j DROP" },
};
#define LANGUAGES (sizeof(languages) / sizeof(*languages))

#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static void print_prefix(const char *format, const struct prefix *p)
{
	char address[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 4];

	if (!p->len)
		return;
	inet_ntop(p->family == 4 ? AF_INET : AF_INET6, p->addr, address, sizeof(address));
	snprintf(text, sizeof(text), "%s/%u", address, p->len);
	printf(format, text);
}

static void print_range(const char *format, const char *to, const struct range *r)
{
	char text[32];

	if (r->lo == 0 && r->hi == 65535)
		return;
	snprintf(text, sizeof(text), r->lo == r->hi ? "%u" : "%u%s%u", r->lo, to, r->hi);
	printf(format, text);
}

static void print_rule(const struct language *l, const struct ruleset_rule *r)
{
	fputs(l->first, stdout);
	if (r->protocol == 6)
		fputs(l->tcp, stdout);
	else if (r->protocol == 17)
		fputs(l->udp, stdout);
	else if (r->protocol >= 0)
		printf(l->any, r->protocol);
	print_prefix(l->src, &r->src);
	print_prefix(l->dst, &r->dst);
	print_range(l->sport, l->to, &r->sport);
	print_range(l->dport, l->to, &r->dport);
	puts(l->last);
}

static void print_address(struct chance *c, size_t i, const char *before)
{
	const struct header last = ruleset_last_header(RULESET_ACL);
	char text[INET_ADDRSTRLEN];
	uint32_t address = htonl((11 + below(c, 100)) << 24 | (roll(c) & 0xffffff));

	inet_ntop(AF_INET, i ? (void *)&address : (void *)last.src, text, sizeof(text));
	printf("%s%s", before, text);
}

static int print_set(size_t count, const char *format)
{
	bool alone = !strcmp(format, "addresses"), ours = !strcmp(format, "portcullis");
	struct chance c = { .state = 7 };

	if (!alone)
		printf(ours ? "set s = {" : "set s { type ipv4_addr; elements = {");
	for (size_t i = 0; i < count; i++)
		print_address(&c, i, alone ? (i ? "\n" : "") : i ? ", " : " ");
	puts(alone ? "" : ours ? " }\ndrop in src @s" : " } }");
	return 0;
}

static int print_rules(const char *kind_name, size_t count, const char *format)
{
	const struct language *l = languages;
	auto_free struct ruleset_rule *rules = NULL;
	enum ruleset_kind kind = 0;

	while (kind < RULESET_KINDS && strcmp(ruleset_names[kind], kind_name))
		kind++;
	while (l < languages + LANGUAGES && strcmp(l->name, format))
		l++;
	if (kind == RULESET_KINDS || l == languages + LANGUAGES)
		return fail_because(ERR_USAGE, "no such ruleset or language");
	rules = ruleset_make(kind, count);
	if (!rules)
		return fail(ENOMEM, "rules");
	for (size_t i = 0; i < count; i++)
		print_rule(l, &rules[i]);
	return 0;
}

int main(int argc, char **argv)
{
	size_t count = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;

	if (!count)
		return err_exit_status(fail_because(ERR_USAGE, "KIND COUNT LANGUAGE"));
	return err_exit_status(!strcmp(argv[1], "set") ? print_set(count, argv[3])
	                                               : print_rules(argv[1], count, argv[3]));
}
