/* SPDX-License-Identifier: GPL-2.0-only */
/* One rtnetlink question and all its answers. */
#include "lib/kern/nl.h"

#include <errno.h>
#include <linux/rtnetlink.h>

static void close_socket(struct mnl_socket **nl)
{
	if (*nl)
		mnl_socket_close(*nl);
}

int nl_ask(struct nlmsghdr *request, mnl_cb_t each, void *data)
{
	__attribute__((cleanup(close_socket))) struct mnl_socket *nl =
		mnl_socket_open(NETLINK_ROUTE);
	char buffer[NL_BUFFER_SIZE];
	unsigned port;
	int r = MNL_CB_OK;

	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	port = mnl_socket_get_portid(nl);
	request->nlmsg_flags |= NLM_F_REQUEST;
	request->nlmsg_seq = 1;
	if (mnl_socket_sendto(nl, request, request->nlmsg_len) < 0)
		return -errno;
	while (r > MNL_CB_STOP) {
		ssize_t len = mnl_socket_recvfrom(nl, buffer, sizeof(buffer));

		if (len < 0)
			return -errno;
		r = mnl_cb_run(buffer, len, 1, port, each, data);
		/* A question for one thing is answered by one message, without an end mark. */
		if (r >= 0 && !(request->nlmsg_flags & (NLM_F_DUMP | NLM_F_ACK)))
			break;
	}
	return r < 0 ? -errno : 0;
}
