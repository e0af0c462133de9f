/* SPDX-License-Identifier: GPL-2.0-only */
/* The BPF file system: there when it is needed, gone when we brought it and nobody uses it. */
#include "lib/kern/bpffs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "abi/names.h"
#include "lib/base/cleanup.h"
#include "lib/base/err.h"

/* The name we mount it under tells, also after a crash, that the mount is ours to undo. */
#define MOUNT_SOURCE "portcullis"

/* Of the directories we make; nobody else makes them so by chance, as mkdir(1) has 0755. */
#define OUR_MODE 0700

bool bpffs_holds(const char *path)
{
	char dir[PATH_MAX];
	struct statfs fs;

	snprintf(dir, sizeof(dir), "%s", path);
	while (statfs(dir, &fs)) {
		char *slash = strrchr(dir, '/');

		if (errno != ENOENT || !slash)
			return false;
		slash[slash == dir] = '\0';
	}
	return fs.f_type == BPF_FS_MAGIC;
}

static bool in_private_mount_namespace(void)
{
	struct stat here, init;

	return !stat("/proc/self/ns/mnt", &here) && !stat("/proc/1/ns/mnt", &init) &&
	       (here.st_dev != init.st_dev || here.st_ino != init.st_ino);
}

int bpffs_need(const char *path)
{
	if (bpffs_holds(path))
		return 0;
	if (strncmp(path, PC_BPFFS "/", strlen(PC_BPFFS "/")))
		return fail_because(
			EINVAL,
			"%s: not on a BPF file system; mount one there: mount -t bpf bpf DIR",
			path);
	if (in_private_mount_namespace())
		return fail_because(
			EINVAL,
			"%s: no BPF file system in this mount namespace, and what is mounted "
			"here goes with it: use -n NAME instead of `ip netns exec`",
			PC_BPFFS);
	if (mount(MOUNT_SOURCE, PC_BPFFS, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700"))
		return fail(errno, "mounting the BPF file system at %s", PC_BPFFS);
	return 0;
}

static bool mounted_by_us(void)
{
	FILE *mounts = setmntent("/proc/self/mounts", "r");
	bool ours = false;
	struct mntent *entry;

	while (mounts && (entry = getmntent(mounts))) {
		if (!strcmp(entry->mnt_dir, PC_BPFFS))
			ours = !strcmp(entry->mnt_type, "bpf") &&
			       !strcmp(entry->mnt_fsname, MOUNT_SOURCE);
	}
	if (mounts)
		endmntent(mounts);
	return ours;
}

/* But for the two files that the kernel may put there itself (kernel/bpf/inode.c, populate_bpffs).
 */
static bool is_empty(const char *path)
{
	static const char *const kernels[] = { ".", "..", "maps.debug", "progs.debug" };
	auto_closedir DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		size_t i = 0;

		while (i < sizeof(kernels) / sizeof(*kernels) &&
		       strcmp(entry->d_name, kernels[i]) != 0)
			i++;
		if (i == sizeof(kernels) / sizeof(*kernels))
			return false;
	}
	return dir;
}

void bpffs_release(void)
{
	/* Without MNT_DETACH: somebody who has a file open in there keeps it. */
	if (mounted_by_us() && is_empty(PC_BPFFS) && umount(PC_BPFFS))
		warn("%s: mounted by us and still in use, left mounted", PC_BPFFS);
}

int bpffs_make_dir(const char *path)
{
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s", path);
	for (char *slash = dir + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(dir, OUR_MODE) && errno != EEXIST)
			return fail(errno, "directory %s", dir);
		*slash = '/';
	}
	if (mkdir(dir, OUR_MODE) && errno != EEXIST)
		return fail(errno, "directory %s", dir);
	return 0;
}

static int remove_entries(int fd, int depth)
{
	auto_closedir DIR *dir = NULL;
	struct dirent *entry;

	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -errno;
	}
	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (!unlinkat(dirfd(dir), entry->d_name, 0))
			continue;
		if ((errno != EISDIR && errno != EPERM) || !depth)
			return -errno;
		int sub = openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		int r = sub < 0 ? -errno : remove_entries(sub, depth - 1);

		if (!r && unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR))
			r = -errno;
		if (r)
			return r;
	}
	return 0;
}

bool bpffs_is_ours(const char *path)
{
	struct stat st;

	if (!strcmp(path, PC_BPFFS))
		return mounted_by_us();
	if (!strncmp(path, PC_PIN_BASE, strlen(PC_PIN_BASE))) /* by its name */
		return !stat(path, &st);
	return !stat(path, &st) && (st.st_mode & 07777) == OUR_MODE;
}

void bpffs_remove_empty(const char *path)
{
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s", path);
	while (strcmp(dir, PC_BPFFS) != 0 && bpffs_is_ours(dir) && !rmdir(dir))
		*strrchr(dir, '/') = '\0';
}

int bpffs_remove_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 ? -errno : remove_entries(fd, 1);

	if (r == -ENOENT)
		return 0;
	if (!r && rmdir(path))
		r = -errno;
	return r ? fail(r, "removing %s", path) : 0;
}
