/* SPDX-License-Identifier: GPL-2.0-only */
/* A policy read from files: its text, and the lists its sets are read from. */
#include "lib/store/source.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/rules/parse.h"

/* Grows by doubling, as pipes do not say how long they are. */
static int read_all(int fd, const char *name, char **ret_text, size_t *ret_len)
{
	auto_free char *text = NULL;
	size_t len = 0, room = 0;

	for (;;) {
		ssize_t got;

		if (len == room) {
			char *more;

			if (room >= SOURCE_MAX_SIZE)
				return fail(EFBIG, "%s", name);
			room = room ? room * 2 : 65536;
			more = realloc(text, room);
			if (!more)
				return fail(ENOMEM, "%s", name);
			text = more;
		}
		got = read(fd, text + len, room - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail(errno, "%s", name);
		if (!got)
			break;
		len += got;
	}
	*ret_text = TAKE_PTR(text);
	*ret_len = len;
	return 0;
}

static int read_file(const char *path, char **ret_text, size_t *ret_len)
{
	auto_close int fd = -1;

	if (!strcmp(path, "-"))
		return read_all(STDIN_FILENO, "standard input", ret_text, ret_len);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? fail(errno, "%s", path) : read_all(fd, path, ret_text, ret_len);
}

/* The parsers say what is wrong with a text in its diagnostics, and nothing else. */
static int said(int r, const char *name)
{
	return r == -ENOMEM ? fail(ENOMEM, "%s", name) : r;
}

static int read_set(struct set *set, struct diag *diag)
{
	auto_free char *text = NULL;
	size_t len = 0;
	int r = read_file(set->file, &text, &len);

	return r ? r : said(set_parse_file(set->file, text, len, set, diag), set->file);
}

/* All of them, so that one run reports every mistake. */
static int read_sets(struct policy *policy, struct diag *diag)
{
	int r = 0;

	for (size_t i = 0; i < policy->n_sets; i++) {
		int one = policy->sets[i].file ? read_set(&policy->sets[i], diag) : 0;

		r = r ? r : one;
	}
	return r;
}

/* Later commands run elsewhere: the paths of lists are made absolute. */
static int make_absolute(const char *dir, struct policy *policy)
{
	auto_free char *base = realpath(dir, NULL);

	if (!base)
		return fail(errno, "%s", dir);
	for (size_t i = 0; i < policy->n_sets; i++) {
		char *file = policy->sets[i].file, *absolute;

		if (!file || file[0] == '/')
			continue;
		if (asprintf(&absolute, "%s/%s", strcmp(base, "/") ? base : "", file) < 0)
			return fail(ENOMEM, "%s", file);
		free(file);
		policy->sets[i].file = absolute;
	}
	return 0;
}

int source_read(const char *path, struct policy *ret_policy, struct diag *diag)
{
	auto_free char *text = NULL, *copy = strdup(path);
	const char *name = strcmp(path, "-") ? path : "standard input";
	size_t len = 0;
	int r, sets;

	if (!copy)
		return fail(ENOMEM, "%s", path);
	r = read_file(path, &text, &len);
	if (r)
		return r;
	r = said(policy_parse(name, text, len, ret_policy, diag), name);
	if (r == -ENOMEM)
		return r;
	sets = make_absolute(dirname(copy), ret_policy);
	if (!sets)
		sets = read_sets(ret_policy, diag);
	r = r ? r : sets;
	if (r)
		policy_free(ret_policy);
	return r;
}
