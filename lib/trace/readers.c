/* SPDX-License-Identifier: GPL-2.0-only */
/* The files whose readline() is to be watched. */
#include "lib/trace/readers.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/trace/symbol.h"

#define FUNCTION "readline"
#define LIBRARY  "libreadline.so"
#define SHELL    "/bin/bash"

/* --- the list --- */

/* Not by device: what an overlay shows in two containers is one file, which would be watched, and
 * heard, twice. The overlay hands on all these from it, and two files do not agree in all. */
static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static bool has(const struct readers *readers, const struct stat *status)
{
	for (size_t i = 0; i < readers->count; i++) {
		if (is_same_file(&readers->items[i].status, status))
			return true;
	}
	return false;
}

/* Adds the file if it has such a function, and is not there yet. -ENOENT, -ENOEXEC or -ENOMEM,
 * unsaid. */
static int add(struct readers *readers, int fd, const char *path, bool asked_for)
{
	struct reader reader = { .asked_for = asked_for };
	struct reader *items;
	int r;

	if (fstat(fd, &reader.status))
		return -errno;
	if (!S_ISREG(reader.status.st_mode))
		return -ENOEXEC;
	if (has(readers, &reader.status))
		return 0;
	r = symbol_find(fd, FUNCTION, &reader.offset);
	if (r)
		return r;
	items = reallocarray(readers->items, readers->count + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	readers->items = items;
	reader.path = strdup(path);
	if (!reader.path)
		return -ENOMEM;
	reader.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (reader.fd < 0) {
		r = -errno;
		free(reader.path);
		return r;
	}
	items[readers->count++] = reader;
	return 0;
}

void readers_free(struct readers *readers)
{
	for (size_t i = 0; i < readers->count; i++) {
		close(readers->items[i].fd);
		free(readers->items[i].path);
	}
	free(readers->items);
	*readers = (struct readers){ 0 };
}

/* --- a file --- */

static int add_its_library(struct readers *readers, int fd, bool asked_for)
{
	auto_close int library = -1;
	char name[NAME_MAX + 1], path[PATH_MAX];
	int r = symbol_needs(fd, LIBRARY, name);

	if (r)
		return r;
	library = symbol_open_library(fd, name, path);
	return library < 0 ? library : add(readers, library, path, asked_for);
}

static int add_file(struct readers *readers, const char *path, bool asked_for)
{
	/* Somebody's FIFO is not to keep us waiting. */
	auto_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = add(readers, fd, path, asked_for);
	return r == -ENOENT ? add_its_library(readers, fd, asked_for) : r;
}

static int say(int r, const char *what)
{
	if (r == -ENOENT)
		return fail_because(
			ENOENT, "%s: neither it nor a " LIBRARY " it needs has " FUNCTION, what);
	if (r == -ENOEXEC)
		return fail_because(ENOEXEC, "%s: no program or library, or a damaged one", what);
	return r ? fail(-r, "%s", what) : 0;
}

int readers_named(struct readers *readers, const char *paths)
{
	auto_free char *copy = strdup(paths);
	char *rest = copy, *path;
	int r = copy ? 0 : fail(ENOMEM, "%s", paths);

	while (!r && (path = strsep(&rest, ","))) {
		if (access(path, F_OK))
			r = fail_because(ERR_ABSENT, "%s: there is no such file", path);
		else
			r = say(add_file(readers, path, true), path);
	}
	return r;
}

/* --- a process --- */

/* The path of what a link in a process' directory leads to, without what the kernel says of a file
 * that has been removed. */
static int read_link(const char *link, char ret_path[static PATH_MAX])
{
	static const char removed[] = " (deleted)";
	ssize_t len = readlink(link, ret_path, PATH_MAX - 1);
	ssize_t end = len - (ssize_t)strlen(removed);

	if (len < 0)
		return -errno;
	ret_path[len] = '\0';
	if (end > 0 && !strcmp(ret_path + end, removed))
		ret_path[end] = '\0';
	return 0;
}

static int add_link(struct readers *readers, const char *link, bool asked_for)
{
	auto_close int fd = open(link, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char path[PATH_MAX];
	int r = fd < 0 ? -errno : read_link(link, path);

	return r ? r : add(readers, fd, path, asked_for);
}

/* By the file that it has mapped, not by its path, which may lead elsewhere for us. */
static int add_loaded_library(struct readers *readers, uint32_t pid, bool asked_for)
{
	char line[PATH_MAX + 128], link[96], path[32];
	auto_fclose FILE *maps = NULL;
	unsigned long from, to;
	const char *slash;

	snprintf(path, sizeof(path), "/proc/%u/maps", pid);
	maps = fopen(path, "re");
	if (!maps)
		return -errno;
	while (fgets(line, sizeof(line), maps)) {
		slash = strrchr(line, '/');
		if (!slash || strncmp(slash + 1, LIBRARY, strlen(LIBRARY)) != 0 ||
		    sscanf(line, "%lx-%lx ", &from, &to) != 2)
			continue;
		snprintf(link, sizeof(link), "/proc/%u/map_files/%lx-%lx", pid, from, to);
		return add_link(readers, link, asked_for);
	}
	return -ENOENT;
}

static int add_process(struct readers *readers, uint32_t pid, bool asked_for)
{
	char link[32];
	int r;

	snprintf(link, sizeof(link), "/proc/%u/exe", pid);
	r = add_link(readers, link, asked_for);
	return r == -ENOENT ? add_loaded_library(readers, pid, asked_for) : r;
}

int readers_of(struct readers *readers, const uint32_t *pids, size_t count)
{
	char what[48];
	int r = 0;

	for (size_t i = 0; !r && i < count; i++) {
		snprintf(what, sizeof(what), "/proc/%u", pids[i]);
		if (access(what, F_OK))
			return fail_because(ERR_ABSENT, "process %u: there is none", pids[i]);
		r = add_process(readers, pids[i], true);
		if (r == -ENOENT)
			return fail_because(ENOENT, "process %u: no " FUNCTION " in it", pids[i]);
		snprintf(what, sizeof(what), "process %u", pids[i]);
		r = say(r, what);
	}
	return r;
}

/* --- every shell --- */

static bool runs_bash(const char *pid)
{
	char link[NAME_MAX + 16], path[PATH_MAX];
	const char *slash;

	snprintf(link, sizeof(link), "/proc/%s/exe", pid);
	if (read_link(link, path))
		return false;
	slash = strrchr(path, '/');
	return slash && !strcmp(slash, strrchr(SHELL, '/'));
}

int readers_shells(struct readers *readers)
{
	auto_closedir DIR *processes = opendir("/proc");
	const struct dirent *entry;

	/* What cannot be had of these is no failure: nobody has asked for it by name. */
	add_file(readers, SHELL, false);
	while (processes && (entry = readdir(processes))) {
		if (isdigit((unsigned char)entry->d_name[0]) && runs_bash(entry->d_name))
			add_process(readers, (uint32_t)strtoul(entry->d_name, NULL, 10), false);
	}
	if (!readers->count)
		return fail_because(ENOENT, "no bash is to be found here with a " FUNCTION
		                            " in it: --path or --pid says where else");
	return 0;
}
