/* SPDX-License-Identifier: GPL-2.0-only */
/* One JSON document a line on stdout, flushed at once. */
#include "lib/base/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/base/utf8.h"

int json_print(json_t *value)
{
	int r;

	if (!value)
		return fail(ENOMEM, "JSON");
	r = json_dumpf(value, stdout, JSON_COMPACT | JSON_REAL_PRECISION(12) | JSON_ENCODE_ANY);
	json_decref(value);
	if (r || putchar('\n') == EOF || fflush(stdout))
		return fail(errno ? errno : EIO, "standard output");
	return 0;
}

json_t *json_text(const char *text)
{
	return text && *text ? json_string(text) : json_null();
}

json_t *json_bytes(const char *bytes, size_t len)
{
	static const char unknown[] = "\xef\xbf\xbd"; /* U+FFFD */
	auto_free char *text = malloc(len * (sizeof(unknown) - 1) + 1);
	size_t size = 0;
	uint32_t code;

	if (!text)
		return NULL;
	for (size_t i = 0; i < len;) {
		size_t taken = utf8_take(bytes + i, len - i, &code);

		memcpy(text + size, taken ? bytes + i : unknown,
		       taken ? taken : sizeof(unknown) - 1);
		size += taken ? taken : sizeof(unknown) - 1;
		i += taken ? taken : 1;
	}
	return json_stringn(text, size);
}
