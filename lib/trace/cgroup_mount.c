/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the control group hierarchies are: mounts of this process, else of the machine. One of our
 * own is out of the question: a mount of version 2 sets options for the whole machine. */
#include "lib/trace/cgroup_mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/trace/cgroup.h"

#define ROOT_INO 1 /* of every kernfs, so of every hierarchy */

/* Whose mounts are looked through, and how one gets to them. A process that `ip netns exec` or a
 * sandbox started may have no /sys/fs/cgroup of its own. */
static const struct {
	const char *table, *through;
} views[] = {
	{ "/proc/self/mountinfo", "" },
	{ "/proc/1/mountinfo", "/proc/1/root" },
};

#define N_VIEWS (sizeof(views) / sizeof(*views))

struct mount {
	int id;
	dev_t dev;
	char *root, *where, *type, *options;
};

typedef int visit_mount(void *context, const struct mount *mount);

/* In place: blanks, newlines and backslashes are written as \ooo. */
static char *unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		if (from[0] == '\\' && from[1] && strspn(from + 1, "01234567") >= 3) {
			*to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
	return text;
}

/* "32 31 0:29 /root /where rw,relatime shared:1 - cgroup source rw,memory"; takes it apart. */
static bool read_mount(char *line, struct mount *ret_mount)
{
	char *fields[5], *type, *field;
	unsigned int major, minor;

	line[strcspn(line, "\n")] = '\0';
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		fields[i] = strsep(&line, " ");
		if (!fields[i])
			return false;
	}
	while ((field = strsep(&line, " ")) && strcmp(field, "-"))
		; /* of options and tags we want none */
	type = strsep(&line, " ");
	field = strsep(&line, " ");
	if (!field || !line || sscanf(fields[2], "%u:%u", &major, &minor) != 2)
		return false;
	*ret_mount = (struct mount){
		.id = (int)strtol(fields[0], NULL, 10),
		.dev = makedev(major, minor),
		.root = unescape(fields[3]),
		.where = unescape(fields[4]),
		.type = type,
		.options = line,
	};
	return true;
}

/* Until one returns other than 0; returns that. */
static int each_mount(const char *table, visit_mount *visit, void *context)
{
	auto_fclose FILE *file = fopen(table, "re");
	auto_free char *line = NULL;
	size_t room = 0;
	int r = 0;

	while (file && !r && getline(&line, &room, file) > 0) {
		struct mount mount;

		if (read_mount(line, &mount))
			r = visit(context, &mount);
	}
	return r;
}

/* --- the root of a mount --- */

struct wanted {
	int id;
	char *root;
};

static int take_root(void *context, const struct mount *mount)
{
	const struct wanted *wanted = context;

	if (mount->id != wanted->id)
		return 0;
	if (strcmp(mount->root, "/"))
		snprintf(wanted->root, PATH_MAX, "%s", mount->root);
	return 1;
}

static int mount_id(int fd)
{
	char path[64], line[128];
	auto_fclose FILE *file = NULL;
	int id = -1;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && id < 0 && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "mnt_id:", 7))
			id = (int)strtol(line + 7, NULL, 10);
	}
	return id;
}

void cgroup_mount_root(int mount, char ret_root[static PATH_MAX])
{
	struct wanted wanted = { .root = ret_root };
	struct stat st;

	ret_root[0] = '\0';
	if (!fstat(mount, &st) && st.st_ino == ROOT_INO)
		return;
	wanted.id = mount_id(mount);
	for (size_t i = 0; i < N_VIEWS; i++) {
		if (each_mount(views[i].table, take_root, &wanted))
			return;
	}
}

/* --- opening them --- */

struct search {
	const char *through;
	struct cgroups *cgroups;
	bool whole[PC_CGROUP_HIERARCHIES]; /* from the root: cannot be bettered */
};

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (; *list; list += strcspn(list, ",") + (list[strcspn(list, ",")] == ',')) {
		if (strcspn(list, ",") == len && !memcmp(list, word, len))
			return true;
	}
	return false;
}

static bool serves(const struct mount *mount, enum pc_cgroup_hierarchy hierarchy)
{
	if (hierarchy == PC_CGROUP_V2)
		return !strcmp(mount->type, "cgroup2");
	return !strcmp(mount->type, "cgroup") &&
	       has_word(mount->options, hierarchy == PC_CGROUP_MEMORY ? "memory" : "pids");
}

/* What is mounted there is seen only if nothing was mounted over it. */
static int open_mount(const char *through, const struct mount *mount, bool *ret_whole)
{
	char path[PATH_MAX];
	auto_close int fd = -1;
	struct stat st;

	if (snprintf(path, sizeof(path), "%s%s", through, mount->where) >= (int)sizeof(path))
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) || st.st_dev != mount->dev)
		return -1;
	*ret_whole = st.st_ino == ROOT_INO;
	return TAKE_FD(fd);
}

static int consider(void *context, const struct mount *mount)
{
	struct search *search = context;

	for (int i = 0; i < PC_CGROUP_HIERARCHIES; i++) {
		int *have = &search->cgroups->mounts[i];
		bool whole;
		int fd;

		if (search->whole[i] || !serves(mount, i))
			continue;
		fd = open_mount(search->through, mount, &whole);
		if (fd >= 0 && (*have < 0 || whole)) {
			cleanup_close(have);
			*have = fd;
			search->whole[i] = whole;
		} else {
			cleanup_close(&fd);
		}
	}
	return 0;
}

void cgroups_open(struct cgroups *ret_cgroups)
{
	struct search search = { .cgroups = ret_cgroups };

	for (int i = 0; i < PC_CGROUP_HIERARCHIES; i++)
		ret_cgroups->mounts[i] = -1;
	for (size_t i = 0; i < N_VIEWS; i++) {
		search.through = views[i].through;
		each_mount(views[i].table, consider, &search);
	}
}

void cgroups_close(struct cgroups *cgroups)
{
	for (int i = 0; i < PC_CGROUP_HIERARCHIES; i++) {
		cleanup_close(&cgroups->mounts[i]);
		cgroups->mounts[i] = -1;
	}
}
