/* SPDX-License-Identifier: GPL-2.0-only */
/* The pin directories: one for each interface, its maps inside, all under one root with one lock.
 */
#ifndef LIB_KERN_PINS_H
#define LIB_KERN_PINS_H

#include <limits.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#include "abi/types.h"
#include "lib/kern/netns.h"

/* The directory of one interface, there or not. */
struct pins {
	char root[PATH_MAX];
	char path[PATH_MAX];
	char netns[NETNS_NAME_SIZE]; /* as netns_name() says it */
	char ifname[IF_NAMESIZE];
};

enum pins_state {
	PINS_NONE,     /* no directory */
	PINS_HALF,     /* one that an interrupted attach or a stranger's hand left incomplete */
	PINS_CHANGING, /* one whose interface was being changed when the loader ended */
	PINS_GONE,     /* its interface is gone; one of the same name is another one */
	PINS_RENAMED,  /* its interface has another name by now */
	PINS_WHOLE,
};

/* The root an option asks for, or the default. */
int pins_root(const char *option, const char **ret_root);

/* Waits for the root's lock. Makes the root, and mounts the file system under it, if `create`.
 * *ret_lock is -1 when there is no root and none was to be made. The lock goes with the process. */
int pins_lock(const char *root, bool create, int *ret_lock);

/* Removes the root, and the file system under it if we brought it, when nothing is pinned any more,
 * and lets go of the lock. -1: there was none. */
void pins_unlock(const char *root, int lock);

/* Goes to the interface's network namespace. Returns what netns_return() takes to come back, or a
 * negative number, said: -ERR_ABSENT when the namespace is gone. */
int pins_visit(const struct pins *pins);

/* Where the pins of an interface are or would be. `netns` as netns_name() says it. -ERR_ABSENT,
 * said, when no interface can have that name: it is not to lead out of the root. */
int pins_at(const char *root, const char *netns, const char *ifname, struct pins *ret_pins);

/* Every interface with a directory under the root, sorted; only those of one namespace unless
 * `netns` is NULL. The caller frees *ret_pins. -EACCES when we may not look. */
int pins_list(const char *root, const char *netns, struct pins **ret_pins, size_t *ret_count);

/* What the interface with these pins is called now; "" when it is gone. */
void pins_current_name(const struct pins *pins, const struct pc_meta *meta,
                       char ret_name[static IF_NAMESIZE]);

/* Moves the directory to that of another name, and *pins with it. */
int pins_rename(struct pins *pins, const char *ifname);

/* What is there. *ret_meta is filled as far as it can be read, else all zero. */
enum pins_state pins_state(const struct pins *pins, struct pc_meta *ret_meta);

/* Refuses an interface that another version of the pinned ABI, under a root beside ours, has pins
 * for: its programs would filter and count besides ours. */
int pins_refuse_other_versions(const struct pins *pins);

/* Opens a pinned map of ours; one of another shape is refused. A file descriptor or negative errno.
 */
int pins_open_map(const struct pins *pins, const char *name);

/* Makes the directory and its meta map. */
int pins_create(const struct pins *pins, const struct pc_meta *meta);
int pins_write_meta(const struct pins *pins, const struct pc_meta *meta);

/* The path of an entry. Returns `ret_path`. */
const char *pins_path(const struct pins *pins, const char *entry, char ret_path[static PATH_MAX]);

/* How messages call it: "eth0", or "NETNS:eth0". */
const char *pins_name(const struct pins *pins);

#endif
