/* SPDX-License-Identifier: GPL-2.0-only */
/* trace listen: TCP sockets that begin to listen, or are told to with another backlog.
 *
 * When a socket enters LISTEN, the kernel may still have to find it a port, and may find none: what
 * comes from listen() is told when that returns. What does not (io_uring, the kernel's own servers)
 * is told at once. */
#include "abi/trace_listen.h"
#include "trace_prog/ring.h"
#include "trace_prog/sock.h"
#include "trace_prog/syscall_ctx.h"
#include "trace_prog/task.h"

/* A listen() in the making. */
struct call {
	struct sock *sk;
	__u32 backlog;
};

/* A thread that ends in the middle of a call leaves its entry to be the oldest some day. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct call);
} pc_calls SEC(".maps");

static __always_inline void tell(struct sock *sk, __u32 backlog, int ret)
{
	struct pc_trace_listen *event = ring_reserve(sizeof(*event));

	if (!event)
		return;
	task_describe(task_current(), sock_netns(sk), &event->task);
	event->ret = ret;
	event->backlog = backlog;
	event->family = sock_local(sk, &event->at);
	event->v6only = event->family == AF_INET6 &&
	                BPF_CORE_READ_BITFIELD_PROBED(&sk->__sk_common, skc_ipv6only);
	event->reserved = 0;
	ring_submit(event);
}

SEC("tp_btf/inet_sock_set_state")
int listen_state(__u64 *ctx)
{
	struct sock *sk = (struct sock *)ctx[0];
	__u64 thread = bpf_get_current_pid_tgid();
	struct call *call;

	if ((int)ctx[2] != TCP_LISTEN || BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)
		return 0;
	call = bpf_map_lookup_elem(&pc_calls, &thread);
	/* Of multipath TCP, only the subflow's socket knows the backlog. */
	if (call)
		call->backlog = BPF_CORE_READ(sk, sk_max_ack_backlog);
	else if (task_is_wanted(task_current(), sock_netns(sk)))
		tell(sk, BPF_CORE_READ(sk, sk_max_ack_backlog), 0);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_listen")
int enter_listen(struct syscall_enter *ctx)
{
	struct socket *socket = sock_behind(ctx->args[0]);
	struct sock *sk = BPF_CORE_READ(socket, sk);
	__u64 thread = bpf_get_current_pid_tgid();
	__u16 family = sock_family(sk);
	struct call call = { .sk = sk, .backlog = ctx->args[1] };

	if ((family != AF_INET && family != AF_INET6) || !sock_is_tcp(sk) ||
	    !task_is_wanted(task_current(), sock_netns(sk)))
		return 0;
	bpf_map_update_elem(&pc_calls, &thread, &call, BPF_ANY);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_listen")
int exit_listen(struct syscall_exit *ctx)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct call *found = bpf_map_lookup_elem(&pc_calls, &thread);
	int ret = ctx->ret;
	struct sock *sk;
	__u32 backlog;

	if (!found)
		return 0;
	sk = found->sk;
	backlog = found->backlog;
	bpf_map_delete_elem(&pc_calls, &thread);
	/* Of a socket that listened already nothing but its backlog has changed. */
	if (!ret && BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP)
		backlog = BPF_CORE_READ(sk, sk_max_ack_backlog);
	tell(sk, backlog, ret);
	return 0;
}
