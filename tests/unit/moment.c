/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/base/moment: moments as RFC 3339 has them, in whatever zone; bytes from anywhere as JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/json.h"
#include "lib/base/moment.h"
#include "tests/tap.h"

#define SECOND 1000000000ull

static const struct {
	const char *zone; /* POSIX: the sign is the other way round */
	uint64_t realtime;
	bool microseconds;
	const char *wanted, *of_day;
} rows[] = {
	{ "UTC", 0, false, "1970-01-01T00:00:00+00:00", "00:00:00.000000" },
	{ "UTC", 951782400 * SECOND + 1999, true, "2000-02-29T00:00:00.000001+00:00",
	  "00:00:00.000001" },
	{ "IST-05:30", 951782399 * SECOND + 999999999, true, "2000-02-29T05:29:59.999999+05:30",
	  "05:29:59.999999" },
	{ "NST+03:30", 951782400 * SECOND, false, "2000-02-28T20:30:00-03:30", "20:30:00.000000" },
};

static void zones(void)
{
	char text[MOMENT_SIZE];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		setenv("TZ", rows[i].zone, 1);
		tzset();
		tap_check_str(moment_rfc3339(text, rows[i].realtime, rows[i].microseconds),
		              rows[i].wanted);
		tap_check_str(moment_of_day(text, rows[i].realtime), rows[i].of_day);
	}
}

static void clocks(void)
{
	struct timespec now;
	uint64_t before = moment_now(), then;

	clock_gettime(CLOCK_MONOTONIC, &now);
	then = moment_of_monotonic(now.tv_sec * SECOND + now.tv_nsec);
	/* Between two readings of the same clock, give or take how far the two clocks were read
	 * apart. */
	tap_check(then + SECOND >= before && then <= moment_now() + SECOND);
}

static void bytes(void)
{
	static const char mixed[] = "a\xff\xc3\xa4\xe2\x82";
	json_t *text = json_bytes(mixed, sizeof(mixed) - 1);

	tap_check_str(json_string_value(text), "a\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd");
	json_decref(text);
	text = json_bytes("a\0b", 3);
	tap_check(json_string_length(text) == 3);
	json_decref(text);
}

int main(void)
{
	tap_test("the zone's offset has a colon and the right sign");
	zones();
	tap_test("a moment of the monotonic clock is one of the wall clock");
	clocks();
	tap_test("what is no UTF-8 becomes U+FFFD, byte by byte");
	bytes();
	return tap_done();
}
