/* SPDX-License-Identifier: GPL-2.0-only */
/* One JSON document a line on stdout, flushed at once. */
#include "lib/base/json.h"

#include <errno.h>

#include "lib/base/err.h"

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
