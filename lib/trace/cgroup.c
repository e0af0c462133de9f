/* SPDX-License-Identifier: GPL-2.0-only */
/* Control groups: the path behind the number an event carries, and the number behind a path. */
#include "lib/trace/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/trace/cgroup_mount.h"

#define FILEID_KERNFS \
	0xfe /* the kernel's include/linux/exportfs.h: a handle of 8 bytes, the ID \
	      */

/* More than any machine has: where a walk gives up, whatever is made meanwhile. */
#define WALK_MAX_CGROUPS (1 << 20)
#define WALK_MAX_PENDING (64 << 20) /* bytes of paths */

#define CLIMB_MAX 65536

static int mount_of(const struct cgroups *cgroups, enum pc_cgroup_hierarchy hierarchy)
{
	return (unsigned int)hierarchy < PC_CGROUP_HIERARCHIES ? cgroups->mounts[hierarchy] : -1;
}

/* A path below the root of a mount, without its first slash, as one of the hierarchy. */
static bool join(const char *root, const char *below, char ret_path[static PATH_MAX])
{
	const char *slash = *below || !*root ? "/" : "";

	return snprintf(ret_path, PATH_MAX, "%s%s%s", root, slash, below) < PATH_MAX;
}

/* --- every cgroup --- */

/* Paths that are still to be visited, one after the other, each ended by a NUL: the last first. One
 * directory is open at a time, however deep they nest. */
struct pending {
	char *text;
	size_t len, room;
};

static void pending_free(struct pending *pending)
{
	free(pending->text);
}
#define auto_pending __attribute__((cleanup(pending_free)))

static int push(struct pending *pending, const char *dir, const char *name)
{
	size_t dir_len = strlen(dir), size = dir_len + (dir_len ? 1 : 0) + strlen(name) + 1;

	if (size > PATH_MAX)
		return 0; /* cannot be opened either */
	if (pending->len + size > WALK_MAX_PENDING)
		return -E2BIG;
	if (pending->len + size > pending->room) {
		size_t room = 2 * (pending->room + size) + 4096;
		char *text = realloc(pending->text, room);

		if (!text)
			return -ENOMEM;
		pending->text = text;
		pending->room = room;
	}
	snprintf(pending->text + pending->len, size, "%s%s%s", dir, dir_len ? "/" : "", name);
	pending->len += size;
	return 0;
}

static void pop(struct pending *pending, char ret_path[static PATH_MAX])
{
	size_t start = pending->len - 1;

	while (start && pending->text[start - 1])
		start--;
	memcpy(ret_path, pending->text + start, pending->len - start);
	pending->len = start;
}

static int push_children(struct pending *pending, const char *path, int fd)
{
	auto_closedir DIR *dir = fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (!dir) {
		close(fd);
		return 0;
	}
	while (!r && (entry = readdir(dir))) {
		if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") &&
		    strcmp(entry->d_name, ".."))
			r = push(pending, path, entry->d_name);
	}
	return r;
}

/* One that is gone meanwhile, or is another file system, is passed over. */
static int visit_one(int mount, const struct stat *root, const char *path, struct stat *ret_st)
{
	auto_close int fd =
		openat(mount, *path ? path : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || fstat(fd, ret_st) || ret_st->st_dev != root->st_dev)
		return -1;
	return TAKE_FD(fd);
}

int cgroup_walk(const struct cgroups *cgroups, enum pc_cgroup_hierarchy hierarchy,
                int (*visit)(void *context, const char *path, uint64_t id), void *context)
{
	char root[PATH_MAX], below[PATH_MAX], path[PATH_MAX];
	int mount = mount_of(cgroups, hierarchy);
	auto_pending struct pending pending = { 0 };
	struct stat top;
	int r;

	if (mount < 0 || fstat(mount, &top))
		return 0;
	cgroup_mount_root(mount, root);
	r = push(&pending, "", "");
	for (int n = 0; !r && pending.len; n++) {
		struct stat st;
		int fd;

		pop(&pending, below);
		fd = visit_one(mount, &top, below, &st);
		if (fd < 0)
			continue;
		r = n < WALK_MAX_CGROUPS ? 0 : -E2BIG;
		if (!r && join(root, below, path))
			r = visit(context, path, st.st_ino);
		if (!r)
			r = push_children(&pending, below, fd);
		else
			close(fd);
	}
	return r;
}

/* --- from number to path --- */

/* The kernel finds a cgroup by its number as NFS would. */
static int open_by_number(int mount, uint64_t id)
{
	struct {
		struct file_handle handle;
		uint64_t id;
	} file = {
		.handle = { .handle_bytes = sizeof(id), .handle_type = FILEID_KERNFS },
	};
	int fd;

	_Static_assert(offsetof(struct file_handle, f_handle) == sizeof(struct file_handle),
	               "the ID follows at once");
	file.id = id;
	fd = open_by_handle_at(mount, &file.handle, O_PATH | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	if (errno == ESTALE || errno == ENOENT)
		return -ENOENT;
	return errno == ENOMEM || errno == EMFILE || errno == ENFILE ? -errno : -EOPNOTSUPP;
}

static int read_link(int fd, char ret_link[static PATH_MAX])
{
	char magic[64];
	ssize_t len;

	snprintf(magic, sizeof(magic), "/proc/self/fd/%d", fd);
	len = readlink(magic, ret_link, PATH_MAX - 1);
	if (len < 0)
		return errno == ENAMETOOLONG ? -ENAMETOOLONG : -EOPNOTSUPP;
	ret_link[len] = '\0';
	return 0;
}

/* Cgroups can nest deeper than a path can tell: then that of the nearest above that can be told, so
 * that nobody hides by digging. `fd` goes up. */
static int read_link_or_above(int *fd, char ret_link[static PATH_MAX])
{
	int r = read_link(*fd, ret_link);

	for (int n = 0; r == -ENAMETOOLONG && n < CLIMB_MAX; n++) {
		int above = openat(*fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (above < 0)
			return -errno;
		close(*fd);
		*fd = above;
		r = read_link(*fd, ret_link);
	}
	return r;
}

/* What the kernel appends to the path of a directory that was removed could be part of a name. */
static bool is_removed(int mount, const char *below, uint64_t id)
{
	static const char mark[] = " (deleted)";
	size_t len = strlen(below), mark_len = sizeof(mark) - 1;
	struct stat st;

	if (len < mark_len || strcmp(below + len - mark_len, mark))
		return false;
	return fstatat(mount, below, &st, AT_SYMLINK_NOFOLLOW) || st.st_ino != id;
}

/* The path of a file of the hierarchy as one from its root. A mount that begins further down tells
 * what is outside of it from the root on. */
static int strip_mount(int mount, const char *link, uint64_t id, char ret_path[static PATH_MAX])
{
	char base[PATH_MAX], root[PATH_MAX];
	size_t len;
	int r = read_link(mount, base);

	if (r)
		return r;
	len = strcmp(base, "/") ? strlen(base) : 0;
	if (strncmp(link, base, len) || (link[len] && link[len] != '/')) {
		len = 0;
		root[0] = '\0';
	} else {
		cgroup_mount_root(mount, root);
	}
	link += len;
	link += *link == '/';
	if (is_removed(mount, link, id))
		return -ENOENT;
	return join(root, link, ret_path) ? 0 : -ENAMETOOLONG;
}

/* -EOPNOTSUPP: not here. */
static int path_by_number(int mount, uint64_t id, char ret_path[static PATH_MAX])
{
	auto_close int fd = open_by_number(mount, id);
	char link[PATH_MAX];
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) || !S_ISDIR(st.st_mode) || st.st_ino != id)
		return -ENOENT; /* the number of a file in one */
	r = read_link_or_above(&fd, link);
	if (!r && fstat(fd, &st))
		r = -errno;
	return r ? r : strip_mount(mount, link, st.st_ino, ret_path);
}

struct sought {
	uint64_t id;
	char *path;
};

static int is_sought(void *context, const char *path, uint64_t id)
{
	const struct sought *sought = context;

	if (id != sought->id)
		return 0;
	memcpy(sought->path, path, strlen(path) + 1);
	return 1;
}

int cgroup_path(const struct cgroups *cgroups, enum pc_cgroup_hierarchy hierarchy, uint64_t id,
                char ret_path[static PATH_MAX])
{
	struct sought sought = { id, ret_path };
	int mount = mount_of(cgroups, hierarchy), r;

	if (mount < 0)
		return -ENOENT;
	r = path_by_number(mount, id, ret_path);
	if (r != -EOPNOTSUPP)
		return r;
	/* Not allowed, as in most containers; or no /proc. */
	r = cgroup_walk(cgroups, hierarchy, is_sought, &sought);
	return r == 1 ? 0 : r ? r : -ENOENT;
}

/* --- from path to number --- */

/* Whether that file is a cgroup of the hierarchy. */
static bool is_cgroup(int mount, const struct stat *st)
{
	struct stat root;

	return mount >= 0 && !fstat(mount, &root) && st->st_dev == root.st_dev &&
	       S_ISDIR(st->st_mode);
}

/* A path from the root of the hierarchy. */
static bool stat_below(int mount, const char *path, struct stat *ret_st)
{
	char root[PATH_MAX], whole[PATH_MAX];
	size_t len;

	cgroup_mount_root(mount, root);
	len = strlen(root);
	if (!join("", path + (*path == '/'), whole) || strncmp(whole, root, len) ||
	    (len && whole[len] && whole[len] != '/'))
		return false;
	path = whole + len;
	path += strspn(path, "/");
	return !fstatat(mount, *path ? path : ".", ret_st, AT_SYMLINK_NOFOLLOW) &&
	       is_cgroup(mount, ret_st);
}

int cgroup_find(const struct cgroups *cgroups, const char *path,
                enum pc_cgroup_hierarchy *ret_hierarchy, uint64_t *ret_id)
{
	struct stat file, st;
	bool is_file = *path && !stat(path, &file);

	for (int i = 0; *path && i < PC_CGROUP_HIERARCHIES; i++) {
		int mount = cgroups->mounts[i];

		if (mount < 0)
			continue;
		if (is_file && is_cgroup(mount, &file))
			st = file;
		else if (!stat_below(mount, path, &st))
			continue;
		*ret_hierarchy = i;
		*ret_id = st.st_ino;
		return 0;
	}
	return fail_because(ERR_ABSENT, "cgroup '%s': there is none of that path", path);
}
