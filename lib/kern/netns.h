/* SPDX-License-Identifier: GPL-2.0-only */
/* Network namespaces: enter one by name, tell which one this is. Only the network namespace
 * changes, so that pins stay where the host sees them. */
#ifndef LIB_KERN_NETNS_H
#define LIB_KERN_NETNS_H

#include <limits.h>
#include <stdint.h>

#define NETNS_DIR       "/run/netns" /* of those with names, see ip-netns(8) */
#define NETNS_NAME_SIZE (NAME_MAX + 1)

/* Enters the namespace of that name; NULL or "": stays. -ERR_ABSENT when there is none. */
int netns_enter(const char *name);

/* The inode number of the namespace of that name, which is what the kernel tells of one.
 * -ERR_ABSENT when there is none. */
int netns_number(const char *name, uint32_t *ret_number);

/* Goes to the namespace that netns_name() calls so. Returns what netns_return() takes to come back,
 * or -ERR_ABSENT, unsaid, when it is gone: no name and no process leads there any more. */
int netns_visit(const char *name);
int netns_return(int back);

/* What we call the current namespace: "" for the initial one, a name of ip-netns(8), else the inode
 * number of its file. */
int netns_name(char ret_name[static NETNS_NAME_SIZE]);

/* A number that no other namespace has while the machine is up (SO_NETNS_COOKIE, Linux 5.14). */
int netns_cookie(uint64_t *ret_cookie);

#endif
