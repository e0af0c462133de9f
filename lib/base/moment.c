/* SPDX-License-Identifier: GPL-2.0-only */
/* Moments in time, as people and programs read them. */
#include "lib/base/moment.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define NS 1000000000ull

static uint64_t now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * NS + time.tv_nsec;
}

static void local(uint64_t realtime, struct tm *ret_local)
{
	time_t seconds = realtime / NS;

	localtime_r(&seconds, ret_local);
}

const char *moment_rfc3339(char text[static MOMENT_SIZE], uint64_t realtime, bool microseconds)
{
	char fraction[8] = "", day[32], zone[8];
	struct tm tm;

	local(realtime, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	strftime(zone, sizeof(zone), "%z", &tm);
	if (microseconds)
		snprintf(fraction, sizeof(fraction), ".%06u", (unsigned)(realtime % NS / 1000));
	/* RFC 3339 wants a colon in the offset. */
	snprintf(text, MOMENT_SIZE, "%s%s%.3s:%s", day, fraction, zone, zone + 3);
	return text;
}

const char *moment_of_day(char text[static MOMENT_SIZE], uint64_t realtime)
{
	struct tm tm;
	size_t len;

	local(realtime, &tm);
	len = strftime(text, MOMENT_SIZE, "%H:%M:%S", &tm);
	snprintf(text + len, MOMENT_SIZE - len, ".%06u", (unsigned)(realtime % NS / 1000));
	return text;
}

uint64_t moment_now(void)
{
	return now(CLOCK_REALTIME);
}

uint64_t moment_monotonic(void)
{
	return now(CLOCK_MONOTONIC);
}

uint64_t moment_of_monotonic(uint64_t monotonic)
{
	return now(CLOCK_REALTIME) - (now(CLOCK_MONOTONIC) - monotonic);
}
