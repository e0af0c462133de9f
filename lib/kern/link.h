/* SPDX-License-Identifier: GPL-2.0-only */
/* Network interfaces of the current namespace, as rtnetlink and ethtool describe them. */
#ifndef LIB_KERN_LINK_H
#define LIB_KERN_LINK_H

#include <net/if.h>
#include <stdbool.h>

struct link {
	char name[IF_NAMESIZE];
	unsigned ifindex, mtu;
	unsigned short type; /* ARPHRD_... */
	bool up;
	char driver[32]; /* ethtool's name of it; "" when the device has none to say */
};

/* -ERR_ABSENT when there is no interface of that name. */
int link_get(const char *name, struct link *ret_link);

/* The name of an interface now, or "" when it is gone. */
void link_name(unsigned ifindex, char ret_name[static IF_NAMESIZE]);

#endif
