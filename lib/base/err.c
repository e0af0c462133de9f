/* SPDX-License-Identifier: GPL-2.0-only */
/* An error is said once, where it is born, and passed up as a negative number. */
#include "lib/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int hushed;

static void say(const char *text, va_list args, int err)
{
	char line[1024];

	if (hushed)
		return;
	vsnprintf(line, sizeof(line), text, args);
	if (err)
		fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, line, strerror(err));
	else
		fprintf(stderr, "%s: %s\n", program_invocation_short_name, line);
}

int fail(int err, const char *what, ...)
{
	va_list args;

	err = abs(err) ?: EIO; /* a failure is never a success, whatever became of errno */
	va_start(args, what);
	say(what, args, err);
	va_end(args);
	return -err;
}

int fail_because(int err, const char *text, ...)
{
	va_list args;

	va_start(args, text);
	say(text, args, 0);
	va_end(args);
	return -(abs(err) ?: EIO);
}

void warn(const char *text, ...)
{
	va_list args;

	va_start(args, text);
	say(text, args, 0);
	va_end(args);
}

void err_hush(int on)
{
	hushed = on;
}

int err_exit_status(int result)
{
	switch (result) {
	case 0:
		return 0;
	case -ERR_USAGE:
		return 2;
	case -ERR_ABSENT:
		return 3;
	default:
		return 1;
	}
}
