/* SPDX-License-Identifier: GPL-2.0-only */
/* The test kit: a test is begun, checked and ended by the next one, and all come out as TAP 13. */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What to exit with when nothing could be tested. */
#define TAP_SKIPPED 77

static struct {
	int tests, failures, skips;
	bool open, failed; /* the test under way */
	char name[256], skip[256];
	char note[512]; /* where it has come to */
	size_t why_len;
	char why[8192]; /* its diagnostics, which have to come after its result */
} tap;

/* Adds to the diagnostics, every line of which becomes a comment; when they are full, no more. */
static inline void tap_explain(const char *file, int line, const char *format, va_list args)
{
	char text[2048], *rest = text, *one;
	int n;

	n = file ? snprintf(text, sizeof(text), "%s:%d: ", file, line) : 0;
	vsnprintf(text + n, sizeof(text) - n, format, args);
	while ((one = strsep(&rest, "\n"))) {
		size_t room = sizeof(tap.why) - tap.why_len;
		size_t used = snprintf(tap.why + tap.why_len, room, "# %s\n", one);

		if (used >= room) {
			tap.why[tap.why_len] = '\0';
			return;
		}
		tap.why_len += used;
	}
}

static inline void tap_end(void)
{
	if (!tap.open)
		return;
	tap.open = false;
	tap.tests++;
	tap.failures += tap.failed;
	tap.skips += !tap.failed && *tap.skip;
	printf("%s %d - %s", tap.failed ? "not ok" : "ok", tap.tests, tap.name);
	if (!tap.failed && *tap.skip)
		printf(" # SKIP %s", tap.skip);
	printf("\n%s", tap.why);
	fflush(stdout);
}

/* Begins a test, and ends the one before. */
__attribute__((format(printf, 1, 2))) static inline void tap_test(const char *format, ...)
{
	va_list args;

	if (!tap.tests && !tap.open)
		printf("TAP version 13\n");
	tap_end();
	va_start(args, format);
	vsnprintf(tap.name, sizeof(tap.name), format, args);
	va_end(args);
	tap.open = true;
	tap.failed = false;
	*tap.skip = *tap.note = *tap.why = '\0';
	tap.why_len = 0;
}

/* The test under way cannot run here, and why. */
__attribute__((format(printf, 1, 2))) static inline void tap_skip(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(tap.skip, sizeof(tap.skip), format, args);
	va_end(args);
}

/* Where the test under way has come to, to be said with the next check that fails. */
__attribute__((format(printf, 1, 2))) static inline void tap_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(tap.note, sizeof(tap.note), format, args);
	va_end(args);
}

/* Something to be said of the test under way whether it fails or not. */
__attribute__((format(printf, 1, 2))) static inline void tap_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tap_explain(NULL, 0, format, args);
	va_end(args);
}

__attribute__((format(printf, 3, 4))) static inline void tap_fail_at(const char *file, int line,
                                                                     const char *format, ...)
{
	va_list args;

	tap.failed = true;
	if (*tap.note)
		tap_say("%s", tap.note);
	*tap.note = '\0';
	va_start(args, format);
	tap_explain(file, line, format, args);
	va_end(args);
}
#define tap_fail(...) tap_fail_at(__FILE__, __LINE__, __VA_ARGS__)

/* The checks return whether they held, so that a test can give up where going on makes no sense. */
#define tap_check(condition) tap_check_at(__FILE__, __LINE__, !!(condition), #condition)
static inline bool tap_check_at(const char *file, int line, bool holds, const char *condition)
{
	if (!holds)
		tap_fail_at(file, line, "does not hold: %s", condition);
	return holds;
}

#define tap_check_int(got, want) tap_check_int_at(__FILE__, __LINE__, got, want, #got)
static inline bool tap_check_int_at(const char *file, int line, long long got, long long want,
                                    const char *what)
{
	if (got != want)
		tap_fail_at(file, line, "%s is %lld, not %lld", what, got, want);
	return got == want;
}

/* Either may be NULL. */
#define tap_check_str(got, want) tap_check_str_at(__FILE__, __LINE__, got, want, #got)
static inline bool tap_check_str_at(const char *file, int line, const char *got, const char *want,
                                    const char *what)
{
	bool same = got && want ? !strcmp(got, want) : got == want;

	if (!same)
		tap_fail_at(file, line, "%s is \"%s\", not \"%s\"", what, got ?: "(null)",
		            want ?: "(null)");
	return same;
}

/* Ends the last test and says how many there were. Returns what main() is to return. */
static inline int tap_done(void)
{
	tap_end();
	printf("1..%d\n", tap.tests);
	fflush(stdout);
	return tap.failures ? 1 : 0;
}

/* No test can run here, and why. Returns what main() is to return. */
__attribute__((format(printf, 1, 2))) static inline int tap_skip_all(const char *format, ...)
{
	va_list args;

	printf("TAP version 13\n1..0 # SKIP ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	return TAP_SKIPPED;
}

#endif
