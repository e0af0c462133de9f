/* SPDX-License-Identifier: GPL-2.0-only */
/* The language as tables: every word of it stands here, once. */
#include "lib/rules/words.h"

#include <string.h>

#include "lib/packet/words.h"

const struct name words_statements[] = {
	{ "default", STATEMENT_DEFAULT },
	{ "set", STATEMENT_SET },
	{ 0 },
};

const struct name words_actions[] = {
	{ "pass", PC_ACTION_PASS },
	{ "drop", PC_ACTION_DROP },
	{ "count", PC_ACTION_COUNT },
	{ "limit", PC_ACTION_LIMIT },
	{ 0 },
};

const struct name words_verdicts[] = { { "pass", 0 }, { "drop", 1 }, { 0 } };

const struct name words_directions[] = { { "in", PC_IN }, { "out", PC_OUT }, { 0 } };

const struct name words_glue[] = {
	{ "not", GLUE_NOT },
	{ "src", GLUE_SRC },
	{ "dst", GLUE_DST },
	{ "and", GLUE_AND },
	{ "!", GLUE_NOT },
	{ "&&", GLUE_AND },
	{ 0 },
};

#define TYPE_NAME(id, word) { word, TYPE_##id },
const struct name words_types[] = { TYPE_WORDS(TYPE_NAME){ 0 } };

const struct name words_file[] = { { "file", 0 }, { 0 } };

/* `none` and `all` are no bits, and all of them. */
#define FLAG_NAME(bit, word) { word, 1u << (bit) },
const struct name words_flags[] = { { "none", 0 }, TCP_FLAGS(FLAG_NAME){ "all", 255 }, { 0 } };

static const struct name protocols[] = {
	{ "icmp", 1 },      { "igmp", 2 },  { "ipip", 4 },  { "tcp", 6 },    { "udp", 17 },
	{ "dccp", 33 },     { "ipv6", 41 }, { "gre", 47 },  { "esp", 50 },   { "ah", 51 },
	{ "icmp6", 58 },    { "ospf", 89 }, { "pim", 103 }, { "vrrp", 112 }, { "sctp", 132 },
	{ "udplite", 136 }, { 0 },
};

/* As pcap-filter calls them. */
static const struct name icmp_types[] = {
	{ "icmp-echoreply", 0 },
	{ "icmp-unreach", 3 },
	{ "icmp-redirect", 5 },
	{ "icmp-echo", 8 },
	{ "icmp-routeradvert", 9 },
	{ "icmp-routersolicit", 10 },
	{ "icmp-timxceed", 11 },
	{ "icmp-paramprob", 12 },
	{ "icmp-tstamp", 13 },
	{ "icmp-tstampreply", 14 },
	{ "icmp6-destinationunreach", 1 },
	{ "icmp6-packettoobig", 2 },
	{ "icmp6-timeexceeded", 3 },
	{ "icmp6-parameterproblem", 4 },
	{ "icmp6-echo", 128 },
	{ "icmp6-echoreply", 129 },
	{ "icmp6-multicastlistenerquery", 130 },
	{ "icmp6-routersolicit", 133 },
	{ "icmp6-routeradvert", 134 },
	{ "icmp6-neighborsolicit", 135 },
	{ "icmp6-neighboradvert", 136 },
	{ "icmp6-redirect", 137 },
	{ 0 },
};

/* RFC 2474, 2597, 3246. */
static const struct name dscps[] = {
	{ "cs0", 0 },   { "cs1", 8 },   { "cs2", 16 },  { "cs3", 24 },  { "cs4", 32 },
	{ "cs5", 40 },  { "cs6", 48 },  { "cs7", 56 },  { "af11", 10 }, { "af12", 12 },
	{ "af13", 14 }, { "af21", 18 }, { "af22", 20 }, { "af23", 22 }, { "af31", 26 },
	{ "af32", 28 }, { "af33", 30 }, { "af41", 34 }, { "af42", 36 }, { "af43", 38 },
	{ "ef", 46 },   { 0 },
};

const struct field words_fields[] = {
	{ "proto", OPERAND_RANGES, MATCH_PROTO, false, 255, protocols,
	  "an IP protocol, 0-255 or a name such as gre" },
	{ "host", OPERAND_HOST, MATCH_ADDR, true, 0, NULL, "an address" },
	{ "net", OPERAND_NET, MATCH_ADDR, true, 0, NULL, "a prefix such as 10.0.0.0/8" },
	{ "port", OPERAND_RANGES, MATCH_PORT, true, 65535, NULL, "a port, 0-65535" },
	{ "vlan", OPERAND_MAYBE_RANGES, MATCH_VLAN, false, 4095, NULL, "a VLAN id, 0-4095" },
	{ "flags", OPERAND_FLAGS, MATCH_FLAGS, false, 255, words_flags,
	  "TCP flags such as syn/syn,ack" },
	{ "icmp-type", OPERAND_RANGES, MATCH_ICMP_TYPE, false, 255, icmp_types,
	  "an ICMP type, 0-255 or a name such as icmp-echo" },
	{ "len", OPERAND_RANGES, MATCH_LEN, false, 65535, NULL, "a size in bytes, 0-65535" },
	{ "dscp", OPERAND_RANGES, MATCH_DSCP, false, 63, dscps,
	  "a DSCP, 0-63 or a name such as ef" },
	{ "fragment", OPERAND_NONE, MATCH_FRAGMENT, false, 0, NULL, NULL },
	{ "established", OPERAND_NONE, MATCH_ESTABLISHED, false, 0, NULL, NULL },
	{ "rate", OPERAND_RATE, 0, false, 0, NULL, "packets a second, minute or hour: 1000/s" },
	{ "burst", OPERAND_BURST, 0, false, 0, NULL, "a number of packets" },
	{ "per", OPERAND_PER, 0, false, 0, NULL, "src" },
	{ 0 },
};

/* Of other languages, or of none. */
static const struct {
	const char *word, *hint;
} hints[] = {
	{ "accept", "write pass" },
	{ "allow", "write pass" },
	{ "permit", "write pass" },
	{ "deny", "write drop" },
	{ "reject", "write drop: nothing is sent back" },
	{ "block", "write drop" },
	{ "discard", "write drop" },
	{ "log", "write count; netctl rule list says how often" },
	{ "ingress", "write in" },
	{ "inbound", "write in" },
	{ "input", "write in" },
	{ "egress", "write out" },
	{ "outbound", "write out" },
	{ "output", "write out" },
	{ "any", "leave out what may be anything" },
	{ "all", "leave out what may be anything" },
	{ "or", "write a list in braces, or a second rule" },
	{ "||", "write a list in braces, or a second rule" },
	{ "(", "there are no parentheses; write a list in braces, or a second rule" },
	{ ")", "there are no parentheses; write a list in braces, or a second rule" },
	{ "ipv4", "write ip" },
	{ "ip4", "write ip" },
	{ "inet", "write ip" },
	{ "ipv6", "write ip6" },
	{ "inet6", "write ip6" },
	{ "icmpv6", "write icmp6" },
	{ "saddr", "write src" },
	{ "daddr", "write dst" },
	{ "sport", "write src port" },
	{ "dport", "write dst port" },
	{ "from", "write src" },
	{ "to", "write dst" },
	{ "portrange", "write port" },
	{ "protocol", "write proto" },
	{ "dev", "a policy is of one interface" },
	{ "on", "a policy is of one interface" },
	{ "less", "write len 0-N" },
	{ "greater", "write len N-65535" },
	{ "mask", "write net 10.0.0.0/8" },
	{ "icmptype", "write icmp-type" },
	{ "state", "write established" },
	{ "ct", "write established" },
	{ "in", "the direction stands once, right behind the action: in, out or in,out" },
	{ "out", "the direction stands once, right behind the action: in, out or in,out" },
};

static const struct name services[] = {
	{ "ftp", 21 },     { "ssh", 22 },    { "telnet", 23 },       { "smtp", 25 },
	{ "dns", 53 },     { "domain", 53 }, { "http", 80 },         { "www", 80 },
	{ "pop3", 110 },   { "ntp", 123 },   { "imap", 143 },        { "snmp", 161 },
	{ "bgp", 179 },    { "ldap", 389 },  { "https", 443 },       { "imaps", 993 },
	{ "mysql", 3306 }, { "rdp", 3389 },  { "postgresql", 5432 }, { 0 },
};

static bool same(const char *word, const char *text, size_t len)
{
	return strlen(word) == len && !memcmp(word, text, len);
}

const struct name *name_find(const struct name *table, const char *text, size_t len)
{
	for (; table->text; table++) {
		if (same(table->text, text, len))
			return table;
	}
	return NULL;
}

const struct name *name_of(const struct name *table, uint32_t value)
{
	for (; table->text; table++) {
		if (table->value == value)
			return table;
	}
	return NULL;
}

const struct field *field_find(const char *text, size_t len)
{
	for (const struct field *field = words_fields; field->word; field++) {
		if (same(field->word, text, len))
			return field;
	}
	return NULL;
}

const struct field *field_of(enum match_kind kind)
{
	for (const struct field *field = words_fields; field->word; field++) {
		if (field->kind == kind && field->operand < OPERAND_RATE)
			return field;
	}
	return NULL;
}

const struct name *service_find(const char *text, size_t len)
{
	return name_find(services, text, len);
}

const char *word_hint(const char *text, size_t len)
{
	for (size_t i = 0; i < sizeof(hints) / sizeof(*hints); i++) {
		if (same(hints[i].word, text, len))
			return hints[i].hint;
	}
	return NULL;
}

#define MAX_WORD 32

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters have to be put in, left out, replaced or swapped with the next one. */
static size_t distance(const char *word, const char *text, size_t len)
{
	size_t rows[3][MAX_WORD + 1], word_len = strlen(word);

	for (size_t k = 0; k <= len; k++)
		rows[0][k] = k;
	for (size_t i = 1; i <= word_len; i++) {
		size_t *row = rows[i % 3], *above = rows[(i - 1) % 3], *top = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t k = 1; k <= len; k++) {
			row[k] = least(least(above[k], row[k - 1]) + 1,
			               above[k - 1] + (word[i - 1] != text[k - 1]));
			if (i > 1 && k > 1 && word[i - 1] == text[k - 2] &&
			    word[i - 2] == text[k - 1])
				row[k] = least(row[k], top[k - 2] + 1);
		}
	}
	return rows[word_len % 3][len];
}

struct likeness {
	const char *text;
	size_t len, distance;
	const char *word;
};

static void consider(struct likeness *best, const char *word)
{
	size_t away = distance(word, best->text, best->len);

	if (away < best->distance) {
		best->distance = away;
		best->word = word;
	}
}

const char *word_like(const char *text, size_t len, const struct name *const *tables,
                      bool fields_too)
{
	/* A third of the letters may be wrong; two letters are too few to guess from. */
	struct likeness best = { text, len, (len + 1) / 3 + 1, NULL };

	if (len > MAX_WORD)
		return NULL;
	for (; *tables; tables++) {
		for (const struct name *name = *tables; name->text; name++)
			consider(&best, name->text);
	}
	for (const struct field *field = words_fields; fields_too && field->word; field++)
		consider(&best, field->word);
	return best.distance < len ? best.word : NULL;
}

static const struct name *const tables_of_all[] = {
	words_statements, words_actions, words_directions, words_glue, words_types,
	words_flags,      words_file,    protocols,        icmp_types, dscps,
};

const char *word_at(size_t index)
{
	const struct field *field = words_fields;

	for (size_t i = 0; i < sizeof(tables_of_all) / sizeof(*tables_of_all); i++) {
		for (const struct name *name = tables_of_all[i]; name->text; name++) {
			if (!index--)
				return name->text;
		}
	}
	while (field->word && index--)
		field++;
	return field->word;
}
