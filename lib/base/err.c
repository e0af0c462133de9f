/* SPDX-License-Identifier: GPL-2.0-only */
/* An error is said once, where it is born, and passed up as a negative number. */
#include "lib/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/utf8.h"

static int hushed;

/* Names of others' making are in what is said, and a terminal does what it reads. */
static void make_harmless(char *line)
{
	size_t len = strlen(line);
	uint32_t code;

	for (size_t i = 0; i < len;) {
		size_t taken = utf8_take(line + i, len - i, &code);

		if (taken && (utf8_is_harmless(code) || code == '\n' || code == '\t'))
			i += taken;
		else
			line[i++] = '?';
	}
}

static void say(const char *text, va_list args, int err)
{
	char line[1024];

	if (hushed)
		return;
	vsnprintf(line, sizeof(line), text, args);
	make_harmless(line);
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
