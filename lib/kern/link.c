/* SPDX-License-Identifier: GPL-2.0-only */
/* Network interfaces of the current namespace, as rtnetlink and ethtool describe them. */
#include "lib/kern/link.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/kern/nl.h"

static void read_driver(struct link *link)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq request = { .ifr_data = (char *)&info };
	auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", link->name);
	if (fd >= 0 && !ioctl(fd, SIOCETHTOOL, &request))
		snprintf(link->driver, sizeof(link->driver), "%.31s", info.driver);
}

static int on_link(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	struct link *link = data;
	const struct nlattr *attr;

	link->ifindex = info->ifi_index;
	link->type = info->ifi_type;
	link->up = info->ifi_flags & IFF_UP;
	mnl_attr_for_each (attr, message, sizeof(*info)) {
		if (mnl_attr_get_type(attr) == IFLA_MTU)
			link->mtu = mnl_attr_get_u32(attr);
		else if (mnl_attr_get_type(attr) == IFLA_IFNAME)
			snprintf(link->name, sizeof(link->name), "%s", mnl_attr_get_str(attr));
	}
	return MNL_CB_OK;
}

int link_get(const char *name, struct link *ret_link)
{
	char buffer[256];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *info;
	struct link link = { 0 };
	int r = -ENODEV;

	request->nlmsg_type = RTM_GETLINK;
	info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	info->ifi_family = AF_UNSPEC;
	if (strlen(name) < IF_NAMESIZE && *name) {
		mnl_attr_put_strz(request, IFLA_IFNAME, name);
		r = nl_ask(request, on_link, &link);
	}
	if (r == -ENODEV)
		return fail_because(ERR_ABSENT, "interface '%s': there is none of that name", name);
	if (r)
		return fail(r, "interface '%s'", name);
	read_driver(&link);
	*ret_link = link;
	return 0;
}

void link_name(unsigned ifindex, char ret_name[static IF_NAMESIZE])
{
	if (!if_indextoname(ifindex, ret_name))
		ret_name[0] = '\0';
}
