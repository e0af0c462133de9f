/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/rules/image.c: what a compiled policy says of itself, also to those who cannot trust it; and
 * what of a policy stands in an image word for word. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/base/cleanup.h"
#include "lib/rules/compile.h"
#include "lib/rules/parse.h"
#include "lib/rules/policy.h"
#include "lib/rules/pool.h"
#include "lib/rules/print.h"
#include "tests/tap.h"
#include "tests/unit/parsed.h"
#include "tests/unit/sound.h"

/* Compiles the text; "" if that works, else the sentence, to be freed. */
static char *why_not(const char *text, int *ret_error)
{
	auto_policy struct policy policy = { 0 };
	auto_image struct image image = { 0 };
	const char *why = NULL;

	if (!parsed(text, &policy))
		return NULL;
	*ret_error = policy_compile(&policy, 1, &image, &why);
	return strdup(*ret_error ? why ?: "(none)" : "");
}

static const char *const sample = "default out drop\n"
				  "set feed = file \"feed.txt\"\n"
				  "set own = { 192.0.2.0/24 }\n"
				  "drop in src @feed\n"
				  "limit out udp dst port 53 rate 1000000/s burst 200\n"
				  "limit out dst @own rate 1/h burst 3 per src\n"
				  "count out len 100-200\n";

static int compile_sample(struct policy *policy, struct image *image)
{
	static const char *const feed = "198.51.100.0/24\n2001:db8::/32\n203.0.113.7\n";
	auto_diag struct diag diag = { 0 };
	const char *why = NULL;

	if (!parsed(sample, policy) ||
	    !tap_check_int(set_parse_file("feed.txt", feed, strlen(feed), &policy->sets[0], &diag),
	                   0))
		return -EINVAL;
	policy->rules[2].cell = 77;
	return policy_compile(policy, 5, image, &why);
}

static void parts(void)
{
	auto_policy struct policy policy = { 0 };
	auto_image struct image image = { 0 };
	auto_free char *text = NULL, *printed = NULL;
	const struct pc_image *header;
	const struct pc_rule *rules;

	tap_test("what stands in an image");
	if (!tap_check_int(compile_sample(&policy, &image), 0))
		return;
	header = image_header(&image);
	if (!tap_check(header))
		return;
	tap_check_int(header->front.generation, 5);
	tap_check_int(header->size, image.size);
	tap_check_int(header->n_rules, 4);
	tap_check_int(header->front.side[PC_IN].drops, 0);
	tap_check_int(header->front.side[PC_OUT].drops, 1);
	tap_check_int(header->front.side[PC_IN].has_counts, 0);
	tap_check_int(header->front.side[PC_OUT].has_counts, 1);
	tap_check_int(header->uses_limits, 1);
	tap_check_int(header->uses_sources, 1);
	rules = image_at(&image, header->front.rules);
	tap_check_int(rules[0].action, PC_ACTION_DROP);
	tap_check_int(rules[1].interval, 1000 * 1024);
	tap_check_int(rules[1].burst, 200);
	tap_check_int(rules[1].per_src, 0);
	tap_check_int(rules[2].interval, 3600ull * 1000000000 * 1024);
	tap_check_int(rules[2].per_src, 1);
	tap_check_int(rules[2].cell, 77);
	tap_check_int(rules[3].action, PC_ACTION_COUNT);
	text = image_text(&image);
	printed = policy_print(&policy);
	tap_check_str(text, printed);
}

/* PC_FEW rules for each kind of IPv4 and for ARP, all for one direction or both. */
static void print_rules(FILE *to, const char *direction)
{
	static const char *const matches[] = { "tcp dst port", "udp dst port", "sctp dst port",
		                               "proto 47 len", "arp len" };

	for (int i = 0; i < PC_FEW * 5; i++)
		fprintf(to, "drop %s %s %d\n", direction, matches[i % 5], 100 + i);
}

/* How many kinds of a direction have so many few entries; their trees are not asked. */
static int few_kinds(const struct pc_front_side *side, unsigned count)
{
	int n = 0;

	for (enum pc_kind kind = 0; kind < PC_KIND_COUNT; kind++)
		n += side->few[kind] && side->few[kind] % PC_FEW_ALIGN == count;
	return n;
}

static void front(const char *one, const char *other, int in, int out, int none)
{
	auto_policy struct policy policy = { 0 };
	auto_image struct image image = { 0 };
	auto_free char *text = NULL;
	const struct pc_front *front;
	const char *why = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	print_rules(to, one);
	if (other)
		print_rules(to, other);
	fclose(to);
	if (!parsed(text, &policy) || !tap_check_int(policy_compile(&policy, 1, &image, &why), 0) ||
	    !check_image(&image))
		return;
	front = &image_header(&image)->front;
	tap_check_int(few_kinds(&front->side[PC_IN], PC_FEW), in);
	tap_check_int(few_kinds(&front->side[PC_OUT], PC_FEW), out);
	tap_check_int(few_kinds(&front->side[PC_OUT], 0), none);
}

static void fronts(void)
{
	tap_test("the front has the entries of small forests");
	front("in,out", NULL, 5, 5, 0);
	front("in", "out", 5, 5, 0);
	front("in", NULL, 5, 0, PC_KIND_COUNT);
}

static void sets_come_back(void)
{
	auto_policy struct policy policy = { 0 }, again = { 0 };
	auto_image struct image image = { 0 };
	auto_free char *text = NULL;

	tap_test("sets come back from an image");
	if (!tap_check_int(compile_sample(&policy, &image), 0))
		return;
	text = image_text(&image);
	if (!tap_check(text) || !parsed(text, &again))
		return;
	tap_check_int(again.sets[0].n_prefixes, 0);
	tap_check_int(image_sets_into(&image, &again), 0);
	tap_check_int(again.sets[0].n_prefixes, 3);
	for (size_t i = 0; i < policy.n_rules; i++)
		tap_check(rule_equal(&policy.rules[i], &policy, &again.rules[i], &again));
	policy_free(&again);
	if (parsed("set other = file \"x\"\ndrop in src @other\n", &again))
		tap_check_int(image_sets_into(&image, &again), -ENOENT);
}

static void nobodys_image(void)
{
	auto_policy struct policy policy = { 0 }, again = { 0 };
	auto_image struct image image = { 0 };
	struct pc_image *header, kept;
	struct pc_image_set *set;

	tap_test("an image that cannot be is none");
	if (!tap_check_int(compile_sample(&policy, &image), 0) || !parsed(sample, &again))
		return;
	header = image_at(&image, 0);
	kept = *header;
	header->magic++;
	tap_check(!image_header(&image));
	*header = kept;
	header->text_len = image.size;
	tap_check(!image_header(&image) && !image_text(&image));
	*header = kept;
	header->front.rules = ~0u - 16;
	tap_check(!image_header(&image));
	*header = kept;
	header->n_sets = ~0u;
	tap_check(!image_header(&image));
	*header = kept;
	tap_check(image_header(&image));
	set = image_at(&image, header->sets);
	set->n_ip6 = ~0u;
	tap_check_int(image_sets_into(&image, &again), -EBADMSG);
	set->n_ip6 = 1;
	*(uint8_t *)image_at(&image, set->ip4) = 33;
	tap_check_int(image_sets_into(&image, &again), -EBADMSG);
	image.size = sizeof(kept) - 1;
	tap_check(!image_header(&image));
	image.size = 0;
	tap_check(!image_header(&image));
}

/* What is put into an image keeps off the ends of pages and cache lines. */
static void placing(void)
{
	auto_image struct image image = { 0 };
	auto_pool struct pool pool = { .image = &image };
	uint64_t state = 1;
	uint32_t address = 0, twice;

	tap_test("nothing crosses a page");
	for (unsigned i = 0; i < 3000; i++) {
		uint32_t bytes[1024] = { i };
		size_t size;

		state = state * 6364136223846793005 + 1;
		size = 4 + (state >> 40) % (state >> 63 ? 16 : sizeof(bytes) / 4) * 4;
		if (!tap_check_int(pool_put(&pool, bytes, size, 8, &address), 0) ||
		    !tap_check_int(pool_put(&pool, bytes, size, 8, &twice), 0) ||
		    !tap_check_int(address, twice) ||
		    !tap_check(!memcmp(image_at(&image, address), bytes, size)) ||
		    !tap_check_int(address / PC_PAGE_SIZE, (address + size - 1) / PC_PAGE_SIZE) ||
		    !tap_check_int(address % 8, 0) ||
		    !tap_check(size > 64 || address / 64 == (address + size - 1) / 64))
			return;
	}
	tap_check(image.size > 4 * PC_PAGE_SIZE);
	tap_check_int(image_append(&image, (size_t)PC_IMAGE_PAGES * PC_PAGE_SIZE, 1, &address),
	              -ENOSPC);
}

static void excess(void)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "drop\ndrop port 1 port 1 port 1 port 1 port 1 port 1 port 1 port 1\n", "" },
		{ "drop\ndrop port 1 port 1 port 1 port 1 port 1 port 1 port 1 port 1 port 1\n",
		  "rule 2 expands to more than 256 entries" },
		{ "drop vlan 1 vlan 2 vlan 3 vlan 4 vlan 5 vlan 6 vlan 7 vlan 8 vlan 9 vlan 10 "
		  "vlan 11 vlan 12 vlan 13 vlan 14 vlan 15 vlan 16 vlan 17\n",
		  "rule 1 has more than 16 conditions" },
	};
	int error = 0;

	tap_test("what is too much is said to be");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		auto_free char *why = why_not(rows[i].text, &error);

		tap_check_str(why, rows[i].why);
		tap_check_int(error, *rows[i].why ? -E2BIG : 0);
	}
}

int main(void)
{
	parts();
	fronts();
	sets_come_back();
	nobodys_image();
	placing();
	excess();
	return tap_done();
}
