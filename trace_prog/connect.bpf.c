/* SPDX-License-Identifier: GPL-2.0-only */
/* trace connect: connections that processes ask for, how they ended and how long that took.
 *
 * A TCP socket enters SYN_SENT in whoever connects it and leaves it wherever the answer comes in,
 * or none: in between it waits in pc_connects. What becomes of UDP, and of TCP that fails before it
 * has a SYN to send, connect() alone knows. */
#include <linux/errno.h>

#include "abi/trace_connect.h"
#include "trace_prog/ring.h"
#include "trace_prog/sock.h"
#include "trace_prog/syscall_ctx.h"
#include "trace_prog/task.h"

const volatile struct pc_trace_connect_wanted wanted;

/* No answer yet. It is given away once: whoever takes it first tells it. */
struct pending {
	struct pc_trace_connect event;
	__u64 thread; /* that called connect() */
	__u64 taken;
};

/* Not one that forgets its oldest: what finds no room is counted as lost. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__type(key, struct sock *);
	__type(value, struct pending);
} pc_connects SEC(".maps");

/* A connect() in the making. */
struct call {
	struct sock *sk;
	const void *address; /* the caller's */
	__u64 size;
	__u64 time;
	struct sock *closed; /* it has gone back to CLOSE: the call knows why */
	bool udp;
	bool sent; /* it got as far as SYN_SENT: that is told elsewhere */
};

/* A thread that ends in the middle of a call leaves its entry to be the oldest some day. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct call);
} pc_calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1); /* user space makes room when it is to filter */
	__type(key, __u16);
	__type(value, __u8);
} pc_ports SEC(".maps");

static __always_inline bool is_wanted_end(__u16 family, const struct pc_trace_end *to)
{
	if (wanted.family && family != wanted.family)
		return false;
	return !wanted.by_port || bpf_map_lookup_elem(&pc_ports, &to->port);
}

static __always_inline void tell(const struct pc_trace_connect *what, int ret, __u64 latency)
{
	struct pc_trace_connect *event;

	if (latency < wanted.latency)
		return;
	event = ring_reserve(sizeof(*event));
	if (!event)
		return;
	*event = *what;
	event->ret = ret;
	event->latency = latency;
	ring_submit(event);
}

/* --- TCP, from state to state --- */

static __always_inline struct call *call_of(__u64 thread)
{
	return wanted.calls ? bpf_map_lookup_elem(&pc_calls, &thread) : NULL;
}

static __always_inline void begin(struct sock *sk)
{
	struct task_struct *task = task_current();
	__u64 thread = bpf_get_current_pid_tgid();
	struct call *call = call_of(thread);
	struct pending pending = { .thread = thread };
	__u32 netns = sock_netns(sk);

	if (call)
		call->sent = true;
	pending.event.protocol = IPPROTO_TCP;
	pending.event.family = sock_remote(sk, &pending.event.to);
	if (!is_wanted_end(pending.event.family, &pending.event.to) || !task_is_wanted(task, netns))
		return;
	task_describe(task, netns, &pending.event.task);
	if (bpf_map_update_elem(&pc_connects, &sk, &pending, BPF_ANY))
		ring_lose();
}

static __always_inline void end(struct sock *sk, int state)
{
	struct pending *pending = bpf_map_lookup_elem(&pc_connects, &sk);
	__u64 now, thread = bpf_get_current_pid_tgid();
	struct call *call;
	int error = 0;

	if (!pending || __sync_val_compare_and_swap(&pending->taken, 0, 1))
		return;
	now = bpf_ktime_get_ns();
	sock_local(sk, &pending->event.from);
	if (state != TCP_ESTABLISHED) {
		error = BPF_CORE_READ(sk, sk_err);
		call = error || thread != pending->thread ? NULL : call_of(thread);
		if (call) {
			pending->event.latency = now - pending->event.task.time;
			call->closed = sk;
			return;
		}
		/* Nobody refused: its owner closed it, or is gone. */
		error = error ?: ECANCELED;
	}
	tell(&pending->event, -error, now - pending->event.task.time);
	bpf_map_delete_elem(&pc_connects, &sk);
}

/* SYN_RECV: both sides have sent a SYN to each other. */
static __always_inline bool is_waiting(int state)
{
	return state == TCP_SYN_SENT || state == TCP_SYN_RECV;
}

static __always_inline int ended(__u64 *ctx)
{
	int from = (int)ctx[1], to = (int)ctx[2];

	if (is_waiting(from) && !is_waiting(to))
		end((struct sock *)ctx[0], to);
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int connect_begins(__u64 *ctx)
{
	struct sock *sk = (struct sock *)ctx[0];

	if ((int)ctx[2] == TCP_SYN_SENT && BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP)
		begin(sk);
	return 0;
}

/* The kernel leaves out a program that it would start while the same one runs on the same CPU, as
 * happens when a packet comes in the middle of it. Of two that do the same, one is always free. */

SEC("tp_btf/inet_sock_set_state")
int connect_ends(__u64 *ctx)
{
	return ended(ctx);
}

SEC("tp_btf/inet_sock_set_state")
int connect_ends_2(__u64 *ctx)
{
	return ended(ctx);
}

/* --- what connect() alone knows --- */

SEC("tracepoint/syscalls/sys_enter_connect")
int enter_connect(struct syscall_enter *ctx)
{
	struct socket *socket = sock_behind(ctx->args[0]);
	struct sock *sk = BPF_CORE_READ(socket, sk);
	__u64 thread = bpf_get_current_pid_tgid();
	__u16 family = sock_family(sk);
	struct call call = { .sk = sk };

	if (family != AF_INET && family != AF_INET6)
		return 0;
	call.udp = BPF_CORE_READ(sk, sk_protocol) == IPPROTO_UDP;
	/* To ask again how it went is not to connect again. */
	if (!call.udp && (!sock_is_tcp(sk) || BPF_CORE_READ(socket, state) != SS_UNCONNECTED))
		return 0;
	if (!task_is_wanted(task_current(), sock_netns(sk)))
		return 0;
	call.address = (const void *)ctx->args[1];
	call.size = ctx->args[2];
	call.time = bpf_ktime_get_ns();
	bpf_map_update_elem(&pc_calls, &thread, &call, BPF_ANY);
	return 0;
}

/* A struct sockaddr_in or sockaddr_in6. */
union address {
	struct {
		__u16 family;
		__be16 port;
		__u32 in[1];
	};
	struct {
		__u32 family_and_port;
		__u32 flow;
		__u32 in6[4];
	};
};

/* Where to, as the caller has it. Returns its family; 0: nowhere, or unreadable. */
static __always_inline __u16 read_address(const struct call *call, struct pc_trace_end *to)
{
	union address address = {};
	__u64 size = call->size;

	__builtin_memset(to, 0, sizeof(*to));
	if (size > sizeof(address))
		size = sizeof(address);
	if (bpf_probe_read_user(&address, size, call->address))
		return 0;
	to->port = bpf_ntohs(address.port);
	if (address.family == AF_INET) {
		to->address[0] = address.in[0];
		return AF_INET;
	}
	if (address.family != AF_INET6)
		return 0;
	__builtin_memcpy(to->address, address.in6, sizeof(to->address));
	return sock_unmap(AF_INET6, to->address);
}

static __always_inline void tell_call(const struct call *call, int ret)
{
	struct task_struct *task = task_current();
	struct pc_trace_connect event = {};

	event.family = read_address(call, &event.to);
	if (!event.family || !is_wanted_end(event.family, &event.to))
		return;
	task_describe(task, sock_netns(call->sk), &event.task);
	event.task.time = call->time;
	event.protocol = call->udp ? IPPROTO_UDP : IPPROTO_TCP;
	sock_local(call->sk, &event.from);
	tell(&event, ret, bpf_ktime_get_ns() - call->time);
}

static __always_inline void tell_closed(struct sock *sk, int ret)
{
	struct pending *pending = bpf_map_lookup_elem(&pc_connects, &sk);

	if (!pending)
		return;
	tell(&pending->event, ret < 0 ? ret : -ECANCELED, pending->event.latency);
	bpf_map_delete_elem(&pc_connects, &sk);
}

SEC("tracepoint/syscalls/sys_exit_connect")
int exit_connect(struct syscall_exit *ctx)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct call *found = bpf_map_lookup_elem(&pc_calls, &thread);
	struct call call;
	int ret = ctx->ret;

	if (!found)
		return 0;
	call = *found;
	bpf_map_delete_elem(&pc_calls, &thread);
	if (call.closed)
		tell_closed(call.closed, ret);
	else if (call.udp || (ret < 0 && !call.sent))
		tell_call(&call, ret);
	return 0;
}
