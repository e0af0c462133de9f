/* SPDX-License-Identifier: GPL-2.0-only */
/* Connects to itself over TCP, one connection after the other, and says what a connect() took.
 *
 * usage: connects COUNT [RATE]
 *
 * Prints ns per connect(), connects per second, and ns per system call that has nothing to do with
 * it. RATE is how many a second there are to be; without it, as many as can be. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"

#define OTHER_CALLS 1000000

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

/* Connections end at once, by a reset: nothing is left of them that would keep their ports. */
static int tcp_socket(void)
{
	const struct linger linger = { .l_onoff = 1 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)))
		return fail(errno, "socket");
	return fd;
}

static int listen_somewhere(struct sockaddr_in *ret_at)
{
	auto_close int fd = tcp_socket();
	socklen_t size = sizeof(*ret_at);

	*ret_at = (struct sockaddr_in){ .sin_family = AF_INET };
	ret_at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0)
		return fd;
	if (bind(fd, (struct sockaddr *)ret_at, size) || listen(fd, 16) ||
	    getsockname(fd, (struct sockaddr *)ret_at, &size))
		return fail(errno, "listen");
	return TAKE_FD(fd);
}

/* Returns what connect() took, or below 0. */
static double connect_once(int listener, const struct sockaddr_in *to)
{
	auto_close int fd = tcp_socket(), accepted = -1;
	double start = now_ns(), took;

	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)))
		return fail(errno, "connect");
	took = now_ns() - start;
	accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	return accepted < 0 ? fail(errno, "accept") : took;
}

static void wait_until(double when)
{
	while (now_ns() < when)
		;
}

static double other_call(void)
{
	double start = now_ns();

	for (int i = 0; i < OTHER_CALLS; i++)
		syscall(SYS_getppid);
	return (now_ns() - start) / OTHER_CALLS;
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	double rate = argc > 2 ? strtod(argv[2], NULL) : 0;
	double start, sum = 0;
	struct sockaddr_in at;
	auto_close int listener = -1;

	if (!count)
		return 2;
	listener = listen_somewhere(&at);
	if (listener < 0)
		return 1;
	start = now_ns();
	for (unsigned long i = 0; i < count; i++) {
		double took = connect_once(listener, &at);

		if (took < 0)
			return 1;
		sum += took;
		if (rate > 0)
			wait_until(start + (double)(i + 1) * 1e9 / rate);
	}
	printf("%.1f %.0f ", sum / (double)count, (double)count * 1e9 / (now_ns() - start));
	printf("%.1f\n", other_call());
	return 0;
}
