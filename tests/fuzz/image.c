/* SPDX-License-Identifier: GPL-2.0-only */
/* A compiled policy with bytes of it changed, as one that is read back may be: what is found in it
 * is inside of it. Each five bytes are an address and what comes there. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/rules/compile.h"
#include "lib/rules/parse.h"
#include "lib/rules/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char text[] = "set feed = file \"feed.txt\"\nset more = file \"more.txt\"\n"
			   "drop in src @feed\nlimit out udp rate 9/s per src\ncount dst @more\n";
static const char feed[] = "198.51.100.0/24\n2001:db8::/32\n203.0.113.7\n";

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void parse(struct policy *ret_policy)
{
	auto_diag struct diag diag = { 0 };

	must(!policy_parse("text", text, sizeof(text) - 1, ret_policy, &diag));
}

static const struct image *whole(void)
{
	static struct image image;
	auto_policy struct policy policy = { 0 };
	auto_diag struct diag diag = { 0 };
	const char *why;

	if (image.size)
		return &image;
	parse(&policy);
	must(!set_parse_file("feed", feed, sizeof(feed) - 1, &policy.sets[0], &diag));
	must(!policy_compile(&policy, 1, &image, &why));
	return &image;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_image struct image image = { .size = whole()->size };
	auto_policy struct policy policy = { 0 };
	auto_free char *read = NULL;

	image.bytes = malloc(image.size);
	must(image.bytes != NULL);
	memcpy(image.bytes, whole()->bytes, image.size);
	for (; size >= 5; data += 5, size -= 5) {
		uint32_t at;

		memcpy(&at, data, sizeof(at));
		image.bytes[at % image.size] = data[4];
	}
	parse(&policy);
	read = image_text(&image);
	must(!read == !image_header(&image));
	image_sets_into(&image, &policy);
	for (size_t i = 0; i < policy.n_sets; i++) {
		for (size_t k = 0; k < policy.sets[i].n_prefixes; k++)
			must(policy.sets[i].prefixes[k].len <= 128);
	}
	return 0;
}
