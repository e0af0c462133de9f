/* SPDX-License-Identifier: GPL-2.0-only */
/* Sockets of this host, connected to each other over the loopback interface, and some that are not
 * connected. */
#include "tests/model/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Ports that random packets often have (policies.c). */
#define TCP_LISTENS  8080
#define UDP_BOUND    53
#define UDP_RECEIVES 443

union address {
	struct sockaddr any;
	struct sockaddr_in ip4;
	struct sockaddr_in6 ip6;
};

static int loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int r = fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) ? -errno : 0;

	close(fd);
	return r;
}

static union address loopback(unsigned family, unsigned port)
{
	union address a = { 0 };

	if (family == 4) {
		a.ip4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
		a.ip4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	} else {
		a.ip6 = (struct sockaddr_in6){ .sin6_family = AF_INET6,
			                       .sin6_port = htons(port),
			                       .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	}
	return a;
}

static int bound(unsigned family, int type, unsigned port)
{
	union address a = loopback(family, port);
	int fd = socket(a.any.sa_family, type | SOCK_CLOEXEC, 0);

	return fd < 0 || bind(fd, &a.any, sizeof(a)) ? -errno : fd;
}

static unsigned read_name(int (*name)(int, struct sockaddr *, socklen_t *), int fd,
                          uint8_t *address)
{
	union address a = { 0 };
	socklen_t size = sizeof(a);

	name(fd, &a.any, &size);
	if (a.any.sa_family == AF_INET)
		memcpy(address, &a.ip4.sin_addr, 4);
	else
		memcpy(address, &a.ip6.sin6_addr, 16);
	return ntohs(a.any.sa_family == AF_INET ? a.ip4.sin_port : a.ip6.sin6_port);
}

static void add(struct sockets *s, unsigned family, unsigned protocol, int fd)
{
	struct connection *c = &s->connections[s->count++];

	*c = (struct connection){ .family = family, .protocol = protocol };
	c->local_port = read_name(getsockname, fd, c->local);
	c->remote_port = read_name(getpeername, fd, c->remote);
}

/* A listening socket, which is no connection, and both ends of one. */
static int open_tcp(struct sockets *s, unsigned family)
{
	union address to = loopback(family, TCP_LISTENS);
	int listener = bound(family, SOCK_STREAM, TCP_LISTENS);
	int client = bound(family, SOCK_STREAM, 0), server;

	if (listener < 0 || client < 0 || listen(listener, 1) ||
	    connect(client, &to.any, sizeof(to)))
		return -errno;
	server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (server < 0)
		return -errno;
	add(s, family, 6, client);
	add(s, family, 6, server);
	return 0;
}

/* One that is bound only, and one that is connected to nobody in particular. */
static int open_udp(struct sockets *s, unsigned family)
{
	union address to = loopback(family, 1024);
	int unconnected = bound(family, SOCK_DGRAM, UDP_BOUND);
	int connected = bound(family, SOCK_DGRAM, UDP_RECEIVES);

	if (unconnected < 0 || connected < 0 || connect(connected, &to.any, sizeof(to)))
		return -errno;
	add(s, family, 17, connected);
	return 0;
}

int sockets_open(struct sockets *ret_sockets)
{
	int r = loopback_up();

	*ret_sockets = (struct sockets){ 0 };
	for (unsigned family = 4; !r && family <= 6; family += 2) {
		r = open_tcp(ret_sockets, family);
		if (!r)
			r = open_udp(ret_sockets, family);
	}
	return r;
}
