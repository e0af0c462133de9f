/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a socket of this host has the connection a packet belongs to, or the packet is what
 * connections need to find their neighbours. */
#ifndef BPF_ESTABLISHED_H
#define BPF_ESTABLISHED_H

#include <linux/bpf.h>
#include <linux/in.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "abi/image.h"
#include "bpf/icmp.h"
#include "bpf/packet.h"

/* In struct packet, once it was asked for. */
enum { SOCKET_UNKNOWN, SOCKET_NONE, SOCKET_FOUND };

/* A listening socket is found as well. One that is half open or waits for late segments has the
 * connection. */
static __always_inline bool tcp_has(hook_ctx *ctx, struct bpf_sock_tuple *tuple, __u32 size)
{
	struct bpf_sock *sk = bpf_skc_lookup_tcp(ctx, tuple, size, BPF_F_CURRENT_NETNS, 0);
	__u32 state;

	if (!sk)
		return false;
	state = sk->state;
	bpf_sk_release(sk);
	return state != BPF_TCP_LISTEN && state != BPF_TCP_CLOSE;
}

/* A socket that is not connected is found as well: it has no peer. */
static __always_inline bool udp_has(hook_ctx *ctx, struct bpf_sock_tuple *tuple, __u32 size)
{
	struct bpf_sock *sk = bpf_sk_lookup_udp(ctx, tuple, size, BPF_F_CURRENT_NETNS, 0);
	__u32 peer;

	if (!sk)
		return false;
	peer = sk->dst_port;
	bpf_sk_release(sk);
	return peer != 0;
}

static __always_inline void put_address(__be32 *to, const __u32 *word, int words)
{
#pragma unroll
	for (int i = 0; i < words; i++)
		to[i] = bpf_htonl(word[i]);
}

/* The kernel's tuple is that of a packet on its way in: the source is the peer. */
static __always_inline __u32 fill_tuple(const struct packet *p, enum pc_direction direction,
                                        struct bpf_sock_tuple *tuple)
{
	const __u32 *source = &p->word[PC_WORD_SADDR], *dest = &p->word[PC_WORD_DADDR];
	__be16 sport = bpf_htons(p->word[PC_WORD_SPORT]), dport = bpf_htons(p->word[PC_WORD_DPORT]);
	const __u32 *peer = direction == PC_IN ? source : dest;
	const __u32 *local = direction == PC_IN ? dest : source;
	__be16 peer_port = direction == PC_IN ? sport : dport;
	__be16 local_port = direction == PC_IN ? dport : sport;

	if (p->version == 4) {
		put_address(&tuple->ipv4.saddr, peer, 1);
		put_address(&tuple->ipv4.daddr, local, 1);
		tuple->ipv4.sport = peer_port;
		tuple->ipv4.dport = local_port;
		return sizeof(tuple->ipv4);
	}
	put_address(tuple->ipv6.saddr, peer, 4);
	put_address(tuple->ipv6.daddr, local, 4);
	tuple->ipv6.sport = peer_port;
	tuple->ipv6.dport = local_port;
	return sizeof(tuple->ipv6);
}

static __always_inline bool has_socket(hook_ctx *ctx, const struct packet *p,
                                       enum pc_direction direction)
{
	struct bpf_sock_tuple tuple = { 0 };

	if (!p->has_ports)
		return false;
	/* The size is a constant to each call: 6.1's verifier wants it so. */
	if (fill_tuple(p, direction, &tuple) == sizeof(tuple.ipv4)) {
		if (p->protocol == PC_PROTO_TCP)
			return tcp_has(ctx, &tuple, sizeof(tuple.ipv4));
		return p->protocol == PC_PROTO_UDP && udp_has(ctx, &tuple, sizeof(tuple.ipv4));
	}
	if (p->protocol == PC_PROTO_TCP)
		return tcp_has(ctx, &tuple, sizeof(tuple.ipv6));
	return p->protocol == PC_PROTO_UDP && udp_has(ctx, &tuple, sizeof(tuple.ipv6));
}

#define ND_ROUTER_SOLICITATION     133 /* RFC 4861 4: the first of four */
#define ND_NEIGHBOUR_ADVERTISEMENT 136

static __always_inline bool finds_neighbours(hook_ctx *ctx, const struct packet *p)
{
	__u64 type;

	if (p->protocol != PC_PROTO_ICMPV6)
		return p->protocol == PC_PROTO_ARP;
	type = icmp_type(ctx, p);
	return type >= ND_ROUTER_SOLICITATION && type <= ND_NEIGHBOUR_ADVERTISEMENT;
}

/* A global function, verified on its own; asked at most once of a packet. */
__attribute__((noinline)) int HOOK_NAME(established)(hook_ctx *ctx, struct packet *p)
{
	if (!p)
		return 0;
	if (p->socket == SOCKET_UNKNOWN)
		p->socket = has_socket(ctx, p, HOOK_DIRECTION) || finds_neighbours(ctx, p)
		                    ? SOCKET_FOUND
		                    : SOCKET_NONE;
	return p->socket == SOCKET_FOUND;
}

#endif
