/* SPDX-License-Identifier: GPL-2.0-only */
/* An error is said once, where it is born, and passed up as a negative number. */
#ifndef LIB_BASE_ERR_H
#define LIB_BASE_ERR_H

/* Beside errno's values, which end at 4095 (kernel: include/linux/err.h). */
enum {
	ERR_USAGE = 4096, /* the command line makes no sense */
	ERR_ABSENT,       /* the thing the user named is not there */
};

/* Says "PROGRAM: what: why" on stderr, why being errno value `err` in words. Returns -err. */
int fail(int err, const char *what, ...) __attribute__((format(printf, 2, 3)));

/* The same where the words for `err` would not help: the text says what and why itself. */
int fail_because(int err, const char *text, ...) __attribute__((format(printf, 2, 3)));

/* Says "PROGRAM: text" on stderr: worth knowing, but nothing failed. */
void warn(const char *text, ...) __attribute__((format(printf, 1, 2)));

/* While on, failures are not said: for undoing after a failure that has been said. */
void err_hush(int on);

/* The exit status for a result: 0 done, 1 failed, 2 wrong usage, 3 not there. */
int err_exit_status(int result);

#endif
