/* SPDX-License-Identifier: GPL-2.0-only */
/* The BPF file system: there when it is needed, gone when we brought it and nobody uses it. */
#ifndef LIB_KERN_BPFFS_H
#define LIB_KERN_BPFFS_H

#include <stdbool.h>

/* Whether `path`, or the nearest directory above it that is there, lies on a BPF file system. */
bool bpffs_holds(const char *path);

/* Makes sure of it, by mounting one at PC_BPFFS if that is where `path` lies. Refuses to mount into
 * a mount namespace of our own, such as that of `ip netns exec`, with which the pins would vanish.
 */
int bpffs_need(const char *path);

/* Undoes the mount if we made it and it is empty. */
void bpffs_release(void);

/* Makes a directory and those above it, readable by root only. */
int bpffs_make_dir(const char *path);

/* Whether a directory is of our making, or the file system mounted there is. */
bool bpffs_is_ours(const char *path);

/* Removes a directory and those above it, as far as they are empty and of our making. */
void bpffs_remove_empty(const char *path);

/* Removes a directory of pins and what is in it, two levels deep at most. */
int bpffs_remove_dir(const char *path);

#endif
