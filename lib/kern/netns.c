/* SPDX-License-Identifier: GPL-2.0-only */
/* Network namespaces: enter one by name, tell which one this is. */
#include "lib/kern/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* asm-generic/socket.h */
#endif

/* A file descriptor, or a negative number, said. */
static int netns_open(const char *name)
{
	char path[PATH_MAX];
	int fd;

	if (strchr(name, '/') || strlen(name) > NAME_MAX)
		return fail_because(ERR_USAGE, "network namespace '%s': a name is wanted", name);
	snprintf(path, sizeof(path), NETNS_DIR "/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return fail_because(ERR_ABSENT,
		                    "network namespace '%s': there is none of that name", name);
	return fd < 0 ? fail(errno, "network namespace '%s'", name) : fd;
}

int netns_enter(const char *name)
{
	auto_close int fd = -1;

	if (!name || !*name)
		return 0;
	fd = netns_open(name);
	if (fd < 0)
		return fd;
	return setns(fd, CLONE_NEWNET) ? fail(errno, "network namespace '%s'", name) : 0;
}

int netns_number(const char *name, uint32_t *ret_number)
{
	auto_close int fd = netns_open(name);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st))
		return fail(errno, "network namespace '%s'", name);
	*ret_number = st.st_ino;
	return 0;
}

static int netns_here(void)
{
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? fail(errno, "/proc/self/ns/net") : fd;
}

int netns_return(int fd)
{
	int r = setns(fd, CLONE_NEWNET) ? fail(errno, "going back to the network namespace") : 0;

	close(fd);
	return r;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

int netns_name(char ret_name[static NETNS_NAME_SIZE])
{
	auto_closedir DIR *dir = NULL;
	struct stat here, other;
	struct dirent *entry;

	if (stat("/proc/self/ns/net", &here))
		return fail(errno, "/proc/self/ns/net");
	if (!stat("/proc/1/ns/net", &other) && same_file(&here, &other)) {
		ret_name[0] = '\0';
		return 0;
	}
	dir = opendir(NETNS_DIR);
	while (dir && (entry = readdir(dir))) {
		if (!fstatat(dirfd(dir), entry->d_name, &other, 0) && same_file(&here, &other)) {
			snprintf(ret_name, NETNS_NAME_SIZE, "%s", entry->d_name);
			return 0;
		}
	}
	snprintf(ret_name, NETNS_NAME_SIZE, "%lu", (unsigned long)here.st_ino);
	return 0;
}

/* A namespace without a name can be reached as long as a process lives in it. */
static int open_by_inode(const char *inode)
{
	auto_closedir DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		char path[PATH_MAX], number[32];
		struct stat st;

		snprintf(path, sizeof(path), "/proc/%s/ns/net", entry->d_name);
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || stat(path, &st))
			continue;
		snprintf(number, sizeof(number), "%lu", (unsigned long)st.st_ino);
		if (!strcmp(number, inode))
			return open(path, O_RDONLY | O_CLOEXEC);
	}
	return -1;
}

int netns_visit(const char *name)
{
	auto_close int back = netns_here();
	auto_close int fd = -1;
	char here[NETNS_NAME_SIZE], path[PATH_MAX];
	int r;

	if (back < 0)
		return back;
	r = netns_name(here);
	if (r)
		return r;
	if (!strcmp(name, here))
		return TAKE_FD(back);

	snprintf(path, sizeof(path), NETNS_DIR "/%s", name);
	fd = open(*name ? path : "/proc/1/ns/net", O_RDONLY | O_CLOEXEC);
	if (fd < 0 && name[strspn(name, "0123456789")] == '\0')
		fd = open_by_inode(name);
	if (fd < 0)
		return -ERR_ABSENT;
	if (setns(fd, CLONE_NEWNET))
		return fail(errno, "network namespace '%s'", name);
	return TAKE_FD(back);
}

int netns_cookie(uint64_t *ret_cookie)
{
	auto_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(*ret_cookie);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, ret_cookie, &len))
		return fail(errno, "network namespace cookie");
	return 0;
}
