/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/trace: cgroups from number to path and back, on cgroups made for it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/trace/cgroup.h"
#include "tests/tap.h"

#define LONG_NAME \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" \
	"0123456789abcde"

static const char *const made[] = {
	"",
	"/plain",
	"/plain/below",
	"/gone (deleted)",
	"/a b\\040\tc\"",
	"/\xff\x01\xc3",
	"/" LONG_NAME,
};

#define N_MADE (sizeof(made) / sizeof(*made))

static char top[64];
static struct cgroups cgroups;

static const char *in_top(const char *name)
{
	static char path[sizeof(top) + NAME_MAX + 1];

	snprintf(path, sizeof(path), "%s%s", top, name);
	return path;
}

static uint64_t number_of(enum pc_cgroup_hierarchy hierarchy, const char *name)
{
	struct stat st = { 0 };

	fstatat(cgroups.mounts[hierarchy], in_top(name), &st, 0);
	return st.st_ino;
}

static bool make(enum pc_cgroup_hierarchy hierarchy)
{
	int mount = cgroups.mounts[hierarchy];

	for (size_t i = 0; i < N_MADE; i++) {
		if (mount < 0 || mkdirat(mount, in_top(made[i]), 0755))
			return false;
	}
	return true;
}

static void unmake(enum pc_cgroup_hierarchy hierarchy)
{
	for (size_t i = N_MADE; i-- && cgroups.mounts[hierarchy] >= 0;)
		unlinkat(cgroups.mounts[hierarchy], in_top(made[i]), AT_REMOVEDIR);
}

/* --- there and back --- */

static void check_paths(enum pc_cgroup_hierarchy hierarchy)
{
	char path[PATH_MAX] = "";

	for (size_t i = 0; i < N_MADE; i++) {
		tap_note("%s", made[i]);
		tap_check_int(cgroup_path(&cgroups, hierarchy, number_of(hierarchy, made[i]), path),
		              0);
		tap_check(path[0] == '/');
		tap_check_str(path + 1, in_top(made[i]));
	}
	tap_note("%s", "");
}

static void check_numbers(enum pc_cgroup_hierarchy hierarchy)
{
	for (size_t i = 0; i < N_MADE; i++) {
		enum pc_cgroup_hierarchy found = PC_CGROUP_HIERARCHIES;
		char path[PATH_MAX], base[64];
		uint64_t id = 0, mounted = 0;

		snprintf(base, sizeof(base), "/proc/self/fd/%d/", cgroups.mounts[hierarchy]);
		snprintf(path, sizeof(path), "/%s", in_top(made[i]));
		tap_check_int(cgroup_find(&cgroups, path, &found, &id), 0);
		tap_check_int(found, hierarchy);
		tap_check_int(id, number_of(hierarchy, made[i]));
		snprintf(path, sizeof(path), "%s%s", base, in_top(made[i]));
		tap_check_int(cgroup_find(&cgroups, path, &found, &mounted), 0);
		tap_check_int(mounted, id);
	}
}

struct seen {
	const char *top;
	uint64_t below;
	int n;
	bool parent_first;
};

static int look(void *context, const char *path, uint64_t id)
{
	struct seen *seen = context;
	size_t len = strlen(seen->top);

	if (strncmp(path + 1, seen->top, len))
		return 0;
	if (!path[1 + len])
		seen->parent_first = !seen->n;
	seen->n++;
	return id == seen->below ? 7 : 0;
}

static void check_walk(enum pc_cgroup_hierarchy hierarchy)
{
	struct seen seen = { .top = top };

	tap_check_int(cgroup_walk(&cgroups, hierarchy, look, &seen), 0);
	tap_check_int(seen.n, N_MADE);
	tap_check(seen.parent_first);
	seen = (struct seen){ .top = top, .below = number_of(hierarchy, "/plain/below") };
	tap_check_int(cgroup_walk(&cgroups, hierarchy, look, &seen), 7);
}

/* Without the right to open by number, as in a container. */
static void check_walked(enum pc_cgroup_hierarchy hierarchy)
{
	char path[PATH_MAX];

	if (tap_check(!seteuid(65534))) {
		check_paths(hierarchy);
		tap_check_int(cgroup_path(&cgroups, hierarchy, 1ULL << 60, path), -ENOENT);
	}
	tap_check(!seteuid(0));
}

static void check_gone(enum pc_cgroup_hierarchy hierarchy)
{
	uint64_t plain = number_of(hierarchy, "/plain");
	uint64_t gone = number_of(hierarchy, "/gone (deleted)"), file;
	char path[PATH_MAX] = "untouched";

	file = number_of(hierarchy, "/plain/cgroup.procs");
	tap_check(file != 0);
	tap_check_int(cgroup_path(&cgroups, hierarchy, file, path), -ENOENT);
	unmake(hierarchy);
	tap_check_int(cgroup_path(&cgroups, hierarchy, plain, path), -ENOENT);
	tap_check_int(cgroup_path(&cgroups, hierarchy, gone, path), -ENOENT);
	tap_check_int(cgroup_path(&cgroups, hierarchy, 0, path), -ENOENT);
	tap_check_int(cgroup_path(&cgroups, hierarchy, UINT64_MAX, path), -ENOENT);
	tap_check_str(path, "untouched");
}

static void there_and_back(enum pc_cgroup_hierarchy hierarchy)
{
	if (!make(hierarchy)) {
		tap_skip("no cgroups can be made in it here");
		unmake(hierarchy);
		return;
	}
	check_paths(hierarchy);
	check_numbers(hierarchy);
	check_walk(hierarchy);
	check_walked(hierarchy);
	check_gone(hierarchy);
}

/* --- what is not there --- */

static void absent(void)
{
	static const char *const wanted[] = {
		"",      "/no/such", "no such", "/etc",
		"/proc", "/..",      "/../etc", "/sys/fs/cgroup/no such",
	};
	enum pc_cgroup_hierarchy hierarchy;
	struct cgroups none = { .mounts = { -1, -1, -1 } };
	struct seen seen = { .top = "" };
	char path[PATH_MAX], longer[2 * PATH_MAX];
	uint64_t id;

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	err_hush(1);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		tap_note("'%s'", wanted[i]);
		tap_check_int(cgroup_find(&cgroups, wanted[i], &hierarchy, &id), -ERR_ABSENT);
	}
	tap_check_int(cgroup_find(&cgroups, longer, &hierarchy, &id), -ERR_ABSENT);
	tap_check_int(cgroup_find(&none, "/", &hierarchy, &id), -ERR_ABSENT);
	err_hush(0);
	tap_check_int(cgroup_path(&none, PC_CGROUP_V2, 1, path), -ENOENT);
	tap_check_int(cgroup_path(&cgroups, PC_CGROUP_HIERARCHIES, 1, path), -ENOENT);
	tap_check_int(cgroup_path(&cgroups, -1, 1, path), -ENOENT);
	tap_check_int(cgroup_walk(&none, PC_CGROUP_V2, look, &seen), 0);
}

static void roots(void)
{
	bool any = false;

	for (int i = 0; i < PC_CGROUP_HIERARCHIES; i++) {
		char path[PATH_MAX] = "";
		struct stat st;

		if (cgroups.mounts[i] < 0 || fstat(cgroups.mounts[i], &st) || st.st_ino != 1)
			continue;
		any = true;
		tap_check_int(cgroup_path(&cgroups, i, 1, path), 0);
		tap_check_str(path, "/");
	}
	if (!any)
		tap_skip("no hierarchy is mounted");
}

/* --- deeper than a path can tell --- */

#define DEPTH 24 /* times 256 bytes */

/* Returns the directory it came to, and its depth. */
static int dig(int dir, int *ret_depth)
{
	for (*ret_depth = 0; *ret_depth < DEPTH; ++*ret_depth) {
		int below = mkdirat(dir, LONG_NAME, 0755)
		                    ? -1
		                    : openat(dir, LONG_NAME, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (below < 0)
			break;
		close(dir);
		dir = below;
	}
	return dir;
}

static void fill_in(int dir, int depth)
{
	for (; depth; depth--) {
		int above = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		unlinkat(above, LONG_NAME, AT_REMOVEDIR);
		close(dir);
		dir = above;
	}
	close(dir);
}

static void too_deep(void)
{
	int mount = cgroups.mounts[PC_CGROUP_V2], depth, dir;
	char path[PATH_MAX] = "";
	struct stat st;

	if (mount < 0 || mkdirat(mount, top, 0755)) {
		tap_skip("no cgroups can be made here");
		return;
	}
	dir = dig(openat(mount, top, O_RDONLY | O_DIRECTORY | O_CLOEXEC), &depth);
	if (tap_check_int(depth, DEPTH) && tap_check(!fstat(dir, &st))) {
		tap_check_int(cgroup_path(&cgroups, PC_CGROUP_V2, st.st_ino, path), 0);
		tap_check(!strncmp(path + 1, top, strlen(top)));
		tap_check(strlen(path) > PATH_MAX - 2 * NAME_MAX && strlen(path) < PATH_MAX);
	}
	fill_in(dir, depth);
	unlinkat(mount, top, AT_REMOVEDIR);
}

/* --- other views of the mounts --- */

static char view_dir[] = "/tmp/portcullis-cgroup-XXXXXX";

/* In a process of its own, which has mounts of its own: 0 where all holds, else which does not. */
static int in_a_view(int (*check)(void), int flags)
{
	int status = -1;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child) {
		pid_t grandchild;

		if (unshare(CLONE_NEWNS | flags) ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
			_exit(77);
		grandchild = fork();
		if (!grandchild)
			_exit(check());
		waitpid(grandchild, &status, 0);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool tells(struct cgroups *view, uint64_t id, const char *wanted)
{
	char path[PATH_MAX];

	return !cgroup_path(view, PC_CGROUP_V2, id, path) && !strcmp(path, wanted);
}

/* As in `ip netns exec`, which has another /sys. */
static int without_sys(void)
{
	uint64_t id = number_of(PC_CGROUP_V2, "/plain/below");
	auto_cgroups struct cgroups view;
	char wanted[PATH_MAX];

	snprintf(wanted, sizeof(wanted), "/%s", in_top("/plain/below"));
	if (umount2("/sys/fs/cgroup", MNT_DETACH))
		return 77;
	cgroups_open(&view);
	if (view.mounts[PC_CGROUP_V2] < 0)
		return access("/proc/1/root/sys", R_OK) ? 77 : 2;
	return tells(&view, id, wanted) ? 0 : 3;
}

/* The test's top cgroup as a file. */
static bool where_is(int mount_fd, char ret_path[static PATH_MAX])
{
	char magic[64];
	ssize_t len;

	snprintf(magic, sizeof(magic), "/proc/self/fd/%d", mount_fd);
	len = readlink(magic, ret_path, PATH_MAX - 128);
	if (len > 0)
		snprintf(ret_path + len, PATH_MAX - len, "/%s", top);
	return len > 0;
}

/* As in a container: but a part of the hierarchy, and /proc/1 is its own. */
static int part_only(void)
{
	uint64_t top_id = number_of(PC_CGROUP_V2, ""), id = number_of(PC_CGROUP_V2, "/plain");
	char wanted[PATH_MAX], source[PATH_MAX], begin[80];
	enum pc_cgroup_hierarchy hierarchy;
	auto_cgroups struct cgroups view;
	struct seen seen = { .top = top };
	uint64_t found = 0;

	snprintf(wanted, sizeof(wanted), "/%s", in_top("/plain"));
	snprintf(begin, sizeof(begin), "/%s", top);
	if (!where_is(cgroups.mounts[PC_CGROUP_V2], source))
		return 77;
	if (mount(source, view_dir, NULL, MS_BIND, NULL) || umount2("/sys/fs/cgroup", MNT_DETACH) ||
	    mount("proc", "/proc", "proc", 0, NULL))
		return 77;
	cgroups_open(&view);
	if (view.mounts[PC_CGROUP_V2] < 0)
		return 2;
	if (!tells(&view, id, wanted) || !tells(&view, top_id, begin))
		return 3;
	if (!tells(&view, 1, "/")) /* outside of it */
		return 4;
	if (cgroup_find(&view, wanted, &hierarchy, &found) || found != id)
		return 5;
	if (cgroup_walk(&view, PC_CGROUP_V2, look, &seen) || seen.n != N_MADE || !seen.parent_first)
		return 6;
	if (seteuid(65534) || !tells(&view, id, wanted))
		return 7;
	return 0;
}

static void see(int (*check)(void), int flags)
{
	int r = 77;

	if (make(PC_CGROUP_V2) && mkdtemp(view_dir))
		r = in_a_view(check, flags);
	if (r == 77)
		tap_skip("no cgroups or mounts can be made here, or none is at /sys/fs/cgroup");
	else
		tap_check_int(r, 0);
	rmdir(view_dir);
	memset(view_dir + strlen(view_dir) - 6, 'X', 6);
	unmake(PC_CGROUP_V2);
}

int main(void)
{
	snprintf(top, sizeof(top), "portcullis-cgroup-%d", getpid());
	cgroups_open(&cgroups);
	tap_test("what is not there is absent");
	absent();
	tap_test("the root of a hierarchy is a path too");
	roots();
	tap_test("version 2: path and number lead to each other");
	there_and_back(PC_CGROUP_V2);
	tap_test("version 1, memory: path and number lead to each other");
	there_and_back(PC_CGROUP_MEMORY);
	tap_test("version 1, pids: path and number lead to each other");
	there_and_back(PC_CGROUP_PIDS);
	tap_test("a cgroup deeper than a path can tell is told by one above it");
	too_deep();
	tap_test("where nothing is mounted, the machine's hierarchy is found all the same");
	see(without_sys, 0);
	tap_test("where but a part is mounted, paths are from the root all the same");
	see(part_only, CLONE_NEWPID);
	cgroups_close(&cgroups);
	return tap_done();
}
