/* SPDX-License-Identifier: GPL-2.0-only */
/* Internet sockets as the tracers look at them: fields only, as in kernel.h, and the way from a
 * file descriptor to one. Kernel: include/net/{sock,inet_sock}.h, include/linux/{net,fdtable}.h. */
#ifndef TRACE_PROG_SOCK_H
#define TRACE_PROG_SOCK_H

#include <linux/in.h>
#include <linux/in6.h>

#include <bpf/bpf_endian.h>

#include "abi/trace_sock.h"
#include "trace_prog/kernel.h"

/* <sys/socket.h> and <sys/stat.h> are not for programs in the kernel. */
#define AF_INET  2
#define AF_INET6 10
#define S_IFMT   0170000
#define S_IFSOCK 0140000

/* Kernel: include/net/tcp_states.h */
enum {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT,
	TCP_SYN_RECV,
	TCP_LISTEN = 10,
};

/* Kernel: include/uapi/linux/net.h */
typedef enum {
	SS_UNCONNECTED = 1,
} socket_state;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	struct net *net;
} possible_net_t;

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	unsigned short skc_family;
	unsigned char skc_ipv6only : 1;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	__u32 sk_max_ack_backlog;
	__u16 sk_protocol;
	int sk_err;
};

struct inet_sock {
	__be16 inet_sport;
};

struct socket {
	socket_state state;
	struct sock *sk;
};

struct inode {
	unsigned short i_mode;
};

struct file {
	struct inode *f_inode;
	void *private_data;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

/* Of struct task_struct what kernel.h has no need of: CO-RE takes the name up to the underscores.
 */
struct task_struct___files {
	struct files_struct *files;
};

#pragma clang attribute pop

/* The socket behind one of the current task's file descriptors; NULL: it is none. */
static __always_inline struct socket *sock_behind(unsigned long fd)
{
	struct task_struct___files *task = (void *)bpf_get_current_task();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd), *file = NULL;

	fd = (__u32)fd; /* all that the kernel looks at */
	if (fd >= BPF_CORE_READ(table, max_fds))
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), &files[fd]);
	if ((BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return NULL;
	return BPF_CORE_READ(file, private_data);
}

static __always_inline __u16 sock_family(struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_family);
}

/* Multipath TCP is TCP to whoever uses it; each of its subflows is an ordinary TCP socket too. */
static __always_inline bool sock_is_tcp(struct sock *sk)
{
	__u16 protocol = BPF_CORE_READ(sk, sk_protocol);

	return protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP;
}

/* The inode number of its network namespace. */
static __always_inline __u32 sock_netns(struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
}

/* An IPv4 address that an IPv6 socket has in ::ffff:0:0/96 becomes one. Returns its family. */
static __always_inline __u16 sock_unmap(__u16 family, __u32 address[static 4])
{
	if (family != AF_INET6 || address[0] || address[1] || address[2] != bpf_htonl(0xffff))
		return family;
	address[0] = address[3];
	address[2] = address[3] = 0;
	return AF_INET;
}

/* This end of it; returns its family. The port is taken from where it outlives the connection. */
static __always_inline __u16 sock_local(struct sock *sk, struct pc_trace_end *to)
{
	__u16 family = sock_family(sk);

	__builtin_memset(to, 0, sizeof(*to));
	to->port = bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
	if (family == AF_INET)
		BPF_CORE_READ_INTO(&to->address[0], sk, __sk_common.skc_rcv_saddr);
	else
		bpf_core_read(to->address, sizeof(to->address), &sk->__sk_common.skc_v6_rcv_saddr);
	return sock_unmap(family, to->address);
}

/* The other end, which it is or is to be connected to. */
static __always_inline __u16 sock_remote(struct sock *sk, struct pc_trace_end *to)
{
	__u16 family = sock_family(sk);

	__builtin_memset(to, 0, sizeof(*to));
	to->port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (family == AF_INET)
		BPF_CORE_READ_INTO(&to->address[0], sk, __sk_common.skc_daddr);
	else
		bpf_core_read(to->address, sizeof(to->address), &sk->__sk_common.skc_v6_daddr);
	return sock_unmap(family, to->address);
}

#endif
