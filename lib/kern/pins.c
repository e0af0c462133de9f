/* SPDX-License-Identifier: GPL-2.0-only */
/* The pin directories: one for each interface, its maps inside, all under one root with one lock.
 */
#include "lib/kern/pins.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "abi/counting.h"
#include "abi/names.h"
#include "abi/policy.h"
#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/kern/bpffs.h"
#include "lib/kern/link.h"

#define LOCK_PATIENCE_MS 30000
#define LOCK_RETRY_MS    20

/* The shape each of our maps has; libbpf looks at those it makes, we at those we find. */
static const struct shape {
	const char *name;
	__u32 type, value_size;
	__u32 entries, per_cpu; /* so many, and so many more for each possible CPU */
} shapes[] = {
	{ PC_MAP_COUNTERS, BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(struct pc_counter), PC_CELLS, 0 },
	{ PC_MAP_SIZES, BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(struct pc_size_block), PC_BLOCKS, 0 },
	{ PC_MAP_META, BPF_MAP_TYPE_ARRAY, sizeof(struct pc_meta), 1, 0 },
	{ PC_MAP_BASELINE, BPF_MAP_TYPE_ARRAY, sizeof(struct cpu_counts), 0, 1 },
	{ PC_MAP_ACTIVE, BPF_MAP_TYPE_ARRAY, sizeof(struct pc_active), 1, 0 },
	{ PC_MAP_PAGES, BPF_MAP_TYPE_ARRAY_OF_MAPS, sizeof(__u32), PC_PAGE_OF_CPUS,
	  PC_PAGES_PER_CPU },
	{ PC_MAP_BUILTIN, BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(struct pc_counter), 1, 0 },
};

int pins_root(const char *option, const char **ret_root)
{
	if (option && *option && *option != '/')
		return fail_because(ERR_USAGE, "pin root '%s': an absolute path is wanted", option);
	*ret_root = option && *option ? option : PC_PIN_ROOT;
	return 0;
}

static bool same_dir(int fd, const char *path)
{
	struct stat by_fd, by_path;

	return !fstat(fd, &by_fd) && !stat(path, &by_path) && by_fd.st_dev == by_path.st_dev &&
	       by_fd.st_ino == by_path.st_ino;
}

/* Whether a loader that was killed may have left the way to a root, but no root. */
static bool is_left_behind(const char *root)
{
	char parent[PATH_MAX];

	snprintf(parent, sizeof(parent), "%s", root);
	*strrchr(parent, '/') = '\0';
	return bpffs_is_ours(parent);
}

int pins_lock(const char *root, bool create, int *ret_lock)
{
	const struct timespec pause = { .tv_nsec = LOCK_RETRY_MS * 1000000L };

	*ret_lock = -1;
	for (int waited = 0; waited < LOCK_PATIENCE_MS; waited += LOCK_RETRY_MS) {
		auto_close int fd = -1;
		int r = create ? bpffs_need(root) : 0;

		if (!r && create)
			r = bpffs_make_dir(root);
		if (r)
			return r;
		fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT && !create) {
			/* Tidying up wants the lock, and the lock a root. */
			if (!is_left_behind(root))
				return 0;
			create = true;
		} else if (fd < 0 && errno != ENOENT)
			return fail(errno, "pin directory %s", root);
		/* Whoever had the lock before may have removed the root as its last act. */
		if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB) && same_dir(fd, root)) {
			*ret_lock = TAKE_FD(fd);
			return 0;
		}
		nanosleep(&pause, NULL);
	}
	return fail_because(EBUSY, "pin directory %s: another command has held the lock for %d s",
	                    root, LOCK_PATIENCE_MS / 1000);
}

void pins_unlock(const char *root, int lock)
{
	if (lock < 0)
		return;
	bpffs_remove_empty(root);
	close(lock); /* an open directory would keep the file system mounted */
	bpffs_release();
}

/* net/core/dev.c, dev_valid_name */
static bool is_interface_name(const char *name)
{
	size_t len = strlen(name);

	return len && len < IF_NAMESIZE && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
	       !strpbrk(name, "/: \t\n\v\f\r");
}

static void fill(const char *root, const char *netns, const char *ifname, struct pins *ret_pins)
{
	snprintf(ret_pins->root, sizeof(ret_pins->root), "%s", root);
	snprintf(ret_pins->netns, sizeof(ret_pins->netns), "%s", netns);
	snprintf(ret_pins->ifname, sizeof(ret_pins->ifname), "%s", ifname);
	snprintf(ret_pins->path, sizeof(ret_pins->path), "%s/%s%s%s", root, netns,
	         *netns ? ":" : "", ifname);
}

int pins_visit(const struct pins *pins)
{
	int back = netns_visit(pins->netns);

	return back == -ERR_ABSENT ? fail_because(ERR_ABSENT, "%s: its network namespace is gone",
	                                          pins_name(pins))
	                           : back;
}

int pins_at(const char *root, const char *netns, const char *ifname, struct pins *ret_pins)
{
	if (!is_interface_name(ifname))
		return fail_because(ERR_ABSENT, "interface '%s': there is none of that name",
		                    ifname);
	fill(root, netns, ifname, ret_pins);
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct pins *)a)->path, ((const struct pins *)b)->path);
}

/* "eth0" or "NETNS:eth0"; an interface's name has no colon (kernel: net/core/dev.c,
 * dev_valid_name). */
static bool parse_entry(const char *root, const char *entry, struct pins *ret_pins)
{
	char netns[NETNS_NAME_SIZE];
	const char *colon = strrchr(entry, ':');
	const char *ifname = colon ? colon + 1 : entry;

	snprintf(netns, sizeof(netns), "%.*s", colon ? (int)(colon - entry) : 0, entry);
	if (is_interface_name(ifname))
		fill(root, netns, ifname, ret_pins);
	return is_interface_name(ifname);
}

int pins_list(const char *root, const char *netns, struct pins **ret_pins, size_t *ret_count)
{
	auto_closedir DIR *dir = opendir(root);
	auto_free struct pins *list = NULL;
	struct dirent *entry;
	size_t count = 0;

	*ret_pins = NULL;
	*ret_count = 0;
	if (!dir)
		return errno == ENOENT ? 0 : fail(errno, "pin directory %s", root);
	while ((entry = readdir(dir))) {
		struct pins *more;

		if (entry->d_type != DT_DIR)
			continue;
		more = realloc(list, (count + 1) * sizeof(*list));
		if (!more)
			return fail(ENOMEM, "pin directory %s", root);
		list = more;
		if (parse_entry(root, entry->d_name, &list[count]) &&
		    (!netns || !strcmp(netns, list[count].netns)))
			count++;
	}
	if (count)
		qsort(list, count, sizeof(*list), compare);
	*ret_pins = TAKE_PTR(list);
	*ret_count = count;
	return 0;
}

const char *pins_path(const struct pins *pins, const char *entry, char ret_path[static PATH_MAX])
{
	/* A path too long is one that no call accepts. */
	if (snprintf(ret_path, PATH_MAX, "%s/%s", pins->path, entry) >= PATH_MAX)
		ret_path[0] = '\0';
	return ret_path;
}

const char *pins_name(const struct pins *pins)
{
	return pins->path + strlen(pins->root) + 1;
}

static bool has_shape(int fd, const char *name)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return false;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		const struct shape *s = &shapes[i];

		if (!strcmp(s->name, name))
			return info.type == s->type && info.key_size == sizeof(__u32) &&
			       info.value_size == s->value_size &&
			       info.max_entries ==
			               s->entries + s->per_cpu * libbpf_num_possible_cpus();
	}
	return false;
}

/* Unsaid: callers ask in order to find out. */
static int open_map(const struct pins *pins, const char *name)
{
	char path[PATH_MAX];
	auto_close int fd = bpf_obj_get(pins_path(pins, name, path));

	if (fd < 0)
		return -errno;
	return has_shape(fd, name) ? TAKE_FD(fd) : -EINVAL;
}

int pins_open_map(const struct pins *pins, const char *name)
{
	int fd = open_map(pins, name);

	if (fd == -EINVAL)
		return fail_because(EINVAL, "%s/%s: not a map of this version of portcullis",
		                    pins->path, name);
	return fd < 0 ? fail(fd, "%s/%s", pins->path, name) : fd;
}

static bool read_meta(const struct pins *pins, struct pc_meta *ret_meta)
{
	auto_close int fd = open_map(pins, PC_MAP_META);
	__u32 key = 0;

	*ret_meta = (struct pc_meta){ 0 };
	return fd >= 0 && !bpf_map_lookup_elem(fd, &key, ret_meta) &&
	       ret_meta->abi == PC_ABI_VERSION;
}

void pins_current_name(const struct pins *pins, const struct pc_meta *meta,
                       char ret_name[static IF_NAMESIZE])
{
	uint64_t cookie = 0;
	int back = netns_visit(pins->netns);

	ret_name[0] = '\0';
	if (back < 0)
		return;
	if (!netns_cookie(&cookie) && cookie == meta->netns_cookie)
		link_name(meta->ifindex, ret_name);
	netns_return(back);
}

int pins_rename(struct pins *pins, const char *ifname)
{
	struct pins to;
	int r = pins_at(pins->root, pins->netns, ifname, &to);

	if (!r && rename(pins->path, to.path))
		r = fail(errno, "%s: moving the pins to %s", pins_name(pins), to.path);
	if (!r)
		*pins = to;
	return r;
}

enum pins_state pins_state(const struct pins *pins, struct pc_meta *ret_meta)
{
	static const struct pc_plan nothing;
	bool whole = read_meta(pins, ret_meta);
	char name[IF_NAMESIZE] = "";

	if (!whole && access(pins->path, F_OK))
		return PINS_NONE;
	for (size_t i = 0; whole && i < 2; i++) {
		auto_close int fd = open_map(pins, shapes[i].name);

		whole = fd >= 0;
	}
	if (ret_meta->abi) {
		pins_current_name(pins, ret_meta, name);
		if (!*name)
			return PINS_GONE;
	}
	if (!whole || !memcmp(&ret_meta->plan, &nothing, sizeof(nothing)))
		return PINS_HALF;
	if (ret_meta->changing)
		return PINS_CHANGING;
	return strcmp(name, pins->ifname) != 0 ? PINS_RENAMED : PINS_WHOLE;
}

int pins_refuse_other_versions(const struct pins *pins)
{
	char base[PATH_MAX], path[PATH_MAX];
	auto_closedir DIR *dir = NULL;
	struct dirent *entry;
	char *slash;

	snprintf(base, sizeof(base), "%s", pins->root);
	slash = strrchr(base, '/');
	/* A root of another name has no versions beside it. */
	if (!slash || strcmp(slash + 1, PC_ABI_DIR) != 0)
		return 0;
	*slash = '\0';
	dir = opendir(base);
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] != 'v' || !strcmp(entry->d_name, PC_ABI_DIR) ||
		    snprintf(path, sizeof(path), "%s/%s/%s", base, entry->d_name,
		             pins_name(pins)) >= PATH_MAX)
			continue;
		if (!access(path, F_OK))
			return fail_because(
				EEXIST,
				"%s: pinned by another version of portcullis in %s; detach it "
				"with that version's loader first",
				pins_name(pins), path);
	}
	return 0;
}

int pins_write_meta(const struct pins *pins, const struct pc_meta *meta)
{
	auto_close int fd = pins_open_map(pins, PC_MAP_META);
	__u32 key = 0;

	if (fd < 0)
		return fd;
	if (bpf_map_update_elem(fd, &key, meta, BPF_ANY))
		return fail(errno, "%s/%s", pins->path, PC_MAP_META);
	return 0;
}

int pins_create(const struct pins *pins, const struct pc_meta *meta)
{
	char path[PATH_MAX];
	auto_close int fd = -1;
	__u32 key = 0;

	if (mkdir(pins->path, 0700))
		return fail(errno, "directory %s", pins->path);
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, PC_MAP_META, sizeof(__u32), sizeof(*meta), 1, NULL);
	if (fd < 0 || bpf_map_update_elem(fd, &key, meta, BPF_ANY) ||
	    bpf_obj_pin(fd, pins_path(pins, PC_MAP_META, path)))
		return fail(errno, "%s/%s", pins->path, PC_MAP_META);
	return 0;
}
