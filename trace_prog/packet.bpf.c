/* SPDX-License-Identifier: GPL-2.0-only */
/* trace packet: the way of packets through the stack, from the first step at which the filter wants
 * one to the last that is seen of it. */
#include "abi/trace_packet.h"
#include "trace_prog/context.h"
#include "trace_prog/frame.h"
#include "trace_prog/ring.h"
#include "trace_prog/task.h"

const volatile bool by_process; /* a packet has to be sent by one that the filter wants */

/* --- packets that are followed --- */

/* By the address of the packet's descriptor, and by that of its bytes, which clones share with it
 * while each has a descriptor of its own. Those that were consumed also by their full mark: XDP may
 * have had them copied, so that nothing else of them is as it was. */
struct packet {
	__u64 id;
	__u64 mark;     /* of its headers: another one has another */
	__u64 orphaned; /* when it was consumed last; CLOCK_MONOTONIC, ns; 0: never */
	__u64 netns_cookie;
	__u32 netns, ifindex; /* where it was last */
	char ifname[16];
	__u8 direction;
	bool at_socket; /* where what led to the device may stand for something else */
	__u8 reserved[6];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32768);
	__type(key, __u64);
	__type(value, struct packet);
} pc_packets SEC(".maps");

__u64 last_id;
__u64 last_orphaned; /* of all packets */

#define ORPHAN_NS 1000000000ull /* for so long an orphan may be found again */

static __always_inline bool is_fresh(__u64 orphaned)
{
	return orphaned && bpf_ktime_get_ns() - orphaned < ORPHAN_NS;
}

/* --- room to put a packet together in --- */

/* Too large for the stack. A softirq may come while its CPU is in the middle of one, and an
 * interrupt in the middle of that. */
#define ROOMS 4

struct room {
	__u64 taken;
	struct frame frame;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ROOMS);
	__type(key, __u32);
	__type(value, struct room);
} pc_rooms SEC(".maps");

static __always_inline struct room *room_take(void)
{
	for (__u32 i = 0; i < ROOMS; i++) {
		struct room *room = bpf_map_lookup_elem(&pc_rooms, &(__u32){ i });

		if (room && !__sync_lock_test_and_set(&room->taken, 1))
			return room;
	}
	ring_lose();
	return NULL;
}

static __always_inline void room_give_back(struct room *room)
{
	__sync_lock_test_and_set(&room->taken, 0);
}

/* --- a step --- */

struct step {
	const void *context;
	struct sk_buff *skb;
	const struct net_device *dev; /* NULL: the packet knows */
	__u8 step;                    /* enum pc_packet_step */
	bool may_begin;               /* a packet that was not seen yet may be seen here */
	bool at_network;              /* see frame_lay_out() */
	bool in;                      /* a packet that was not seen yet comes in */
	__u32 reason;
	__u64 location;
};

/* netctl asks programs about packets, which are none then. */
static __always_inline bool is_self(const struct step *s)
{
	return context_is_task(s->context) && task_pid(task_current()) == filter.self;
}

static __always_inline bool is_wanted(const struct step *s, struct frame *frame)
{
	if (!frame_matches(frame))
		return false;
	/* In which namespace is asked of the steps. */
	return context_is_task(s->context) ? task_is_wanted(task_current(), filter.netns)
	                                   : !by_process;
}

static __always_inline bool find(__u64 key, __u64 mark, struct packet *ret_packet)
{
	const struct packet *packet = bpf_map_lookup_elem(&pc_packets, &key);

	if (!packet || packet->mark != mark)
		return false;
	*ret_packet = *packet;
	return true;
}

/* A packet whose copy this may be. What a device receives is one only of what another device sent,
 * as for the veth driver; what a host sends itself never is. */
static __always_inline bool find_orphan(const struct step *s, const struct marks *marks,
                                        struct packet *ret_packet)
{
	struct sk_buff *skb = s->skb;

	if (s->step == PC_PACKET_QUEUED && !BPF_CORE_READ(skb, skb_iif))
		return false;
	if (!is_fresh(last_orphaned) || !find(marks->full, marks->mark, ret_packet) ||
	    !is_fresh(ret_packet->orphaned))
		return false;
	if (s->step == PC_PACKET_DROPPED)
		return s->in;
	return (s->step == PC_PACKET_RECEIVED) == (ret_packet->direction == PC_PACKET_OUT);
}

static __always_inline bool is_known(__u64 skb, __u64 head)
{
	return bpf_map_lookup_elem(&pc_packets, &skb) || bpf_map_lookup_elem(&pc_packets, &head);
}

#define REASON_IS(reason, name) \
	(bpf_core_enum_value_exists(enum skb_drop_reason, name) && \
	 (reason) == (__u32)bpf_core_enum_value(enum skb_drop_reason, name))

static __always_inline bool leaves(const struct step *s, const struct packet *packet, __u32 netns,
                                   __u32 ifindex)
{
	if (s->step == PC_PACKET_QUEUED || s->step == PC_PACKET_SENT)
		return true;
	if (s->step == PC_PACKET_DROPPED && (REASON_IS(s->reason, SKB_DROP_REASON_TC_EGRESS) ||
	                                     REASON_IS(s->reason, SKB_DROP_REASON_QDISC_DROP)))
		return true;
	if (s->step == PC_PACKET_DROPPED && packet->netns == netns && packet->ifindex == ifindex)
		return packet->direction == PC_PACKET_OUT;
	return !s->in;
}

/* Where the packet is now. On its way to a process it is where it was. */
static __always_inline void move(struct step *s, struct packet *packet,
                                 const struct net_device *dev)
{
	struct net *net = skb_net(s->skb, dev);
	__u32 netns = BPF_CORE_READ(net, ns.inum), ifindex = BPF_CORE_READ(dev, ifindex);
	bool out;

	if (packet->at_socket)
		return;
	out = leaves(s, packet, netns, ifindex);
	if (s->step == PC_PACKET_QUEUED && packet->netns == netns &&
	    packet->direction == PC_PACKET_IN)
		s->step = PC_PACKET_FORWARDED;
	packet->direction = out ? PC_PACKET_OUT : PC_PACKET_IN;
	packet->netns = netns;
	packet->netns_cookie = BPF_CORE_READ(net, net_cookie);
	packet->ifindex = ifindex;
	__builtin_memset(packet->ifname, 0, sizeof(packet->ifname));
	if (dev)
		bpf_core_read_str(packet->ifname, sizeof(packet->ifname), &dev->name);
}

static __always_inline void describe_task(const struct step *s, struct pc_trace_task *to,
                                          __u32 netns, bool is_first)
{
	if (context_is_task(s->context)) {
		task_describe(task_current(), netns, to);
	} else {
		__builtin_memset(to, 0, sizeof(*to));
		to->time = bpf_ktime_get_ns();
		to->netns = netns;
		to->nobody = 1;
	}
	to->followed = !is_first || !by_process;
}

static __always_inline void tell(const struct step *s, const struct packet *packet,
                                 const struct frame *frame, bool is_first)
{
	struct pc_trace_packet *event;

	if (filter.by_netns && packet->netns != filter.netns)
		return;
	event = ring_reserve(sizeof(*event));
	if (!event)
		return;
	describe_task(s, &event->task, packet->netns, is_first);
	event->id = packet->id;
	event->location = s->location;
	event->netns_cookie = packet->netns_cookie;
	event->netns = packet->netns;
	event->ifindex = packet->ifindex;
	event->size = frame->wire_len;
	event->reason = s->reason;
	__builtin_memcpy(event->ifname, packet->ifname, sizeof(event->ifname));
	event->step = s->step;
	event->direction = packet->direction;
	event->is_first = is_first;
	event->added = frame->added;
	event->head_len = frame->len;
	__builtin_memcpy(event->head, frame->bytes, sizeof(event->head));
	ring_submit(event);
}

/* False: it is not followed, and not wanted now. */
static __always_inline bool recognize(const struct step *s, __u64 head, struct frame *frame,
                                      const struct marks *marks, struct packet *ret_packet,
                                      bool *ret_is_first)
{
	*ret_is_first = false;
	/* A clone that is consumed and was not on its way itself is not its packet's end: it was
	 * made for an answer to be built from, or so. */
	if (find((__u64)s->skb, marks->mark, ret_packet) ||
	    (s->step != PC_PACKET_CONSUMED && find(head, marks->mark, ret_packet)) ||
	    find_orphan(s, marks, ret_packet))
		return true;
	if (!s->may_begin || !is_wanted(s, frame))
		return false;
	__builtin_memset(ret_packet, 0, sizeof(*ret_packet));
	ret_packet->id = __sync_fetch_and_add(&last_id, 1) + 1;
	ret_packet->mark = marks->mark;
	*ret_is_first = true;
	return true;
}

static __always_inline void remember(const struct step *s, __u64 head, const struct marks *marks,
                                     struct packet *packet)
{
	__u64 skb = (__u64)s->skb, full = marks->full;

	if (s->step == PC_PACKET_CONSUMED && !packet->at_socket) {
		last_orphaned = packet->orphaned = bpf_ktime_get_ns();
		bpf_map_update_elem(&pc_packets, &full, packet, BPF_ANY);
	}
	bpf_map_update_elem(&pc_packets, &head, packet, BPF_ANY);
	if (s->step == PC_PACKET_DROPPED || s->step == PC_PACKET_CONSUMED)
		bpf_map_delete_elem(&pc_packets, &skb);
	else
		bpf_map_update_elem(&pc_packets, &skb, packet, BPF_ANY);
}

/* Whether the packet's own word of where it is stands. At a socket, something else has its place.
 */
static __always_inline bool has_device(const struct step *s)
{
	struct sk_buff *skb = s->skb;

	return s->step == PC_PACKET_QUEUED || s->step == PC_PACKET_SENT ||
	       s->step == PC_PACKET_RECEIVED ||
	       (s->step == PC_PACKET_DROPPED &&
	        !(BPF_CORE_READ(skb, skb_iif) && BPF_CORE_READ(skb, sk)));
}

static __always_inline void look_at(struct step *s, struct frame *frame, __u64 head,
                                    struct packet *packet)
{
	const struct net_device *dev = s->dev;
	struct layout l;
	struct marks marks;
	bool is_first;

	if (!dev && has_device(s))
		dev = skb_device(s->skb);
	frame_lay_out(s->skb, dev, s->at_network, &l);
	frame_read(frame, s->skb, &l);
	frame_mark(frame, &marks);
	if (!recognize(s, head, frame, &marks, packet, &is_first) || is_self(s))
		return;
	if (s->step == PC_PACKET_ACCEPTED || s->step == PC_PACKET_DELIVERED)
		packet->at_socket = true;
	if (dev || is_first)
		move(s, packet, dev);
	tell(s, packet, frame, is_first);
	remember(s, head, &marks, packet);
}

static __always_inline int take_step(struct step *s)
{
	struct sk_buff *skb = s->skb;
	__u64 head = (__u64)BPF_CORE_READ(skb, head);
	struct packet packet;
	struct room *room;

	if (!s->may_begin && !is_known((__u64)skb, head) && !is_fresh(last_orphaned))
		return 0;
	room = room_take();
	if (!room)
		return 0;
	look_at(s, &room->frame, head, &packet);
	room_give_back(room);
	return 0;
}

/* --- where the kernel shows packets; kernel: include/trace/events/{net,skb,tcp}.h --- */

SEC("tp_btf/net_dev_queue")
int packet_queued(__u64 *ctx)
{
	struct step s = {
		.context = ctx, .skb = (void *)ctx[0], .step = PC_PACKET_QUEUED, .may_begin = true
	};

	return take_step(&s);
}

SEC("tp_btf/net_dev_start_xmit")
int packet_sent(__u64 *ctx)
{
	struct step s = {
		.context = ctx, .skb = (void *)ctx[0], .dev = (void *)ctx[1], .step = PC_PACKET_SENT
	};

	return take_step(&s);
}

SEC("tp_btf/netif_receive_skb")
int packet_received(__u64 *ctx)
{
	struct step s = { .context = ctx,
		          .skb = (void *)ctx[0],
		          .step = PC_PACKET_RECEIVED,
		          .may_begin = true,
		          .at_network = true,
		          .in = true };

	return take_step(&s);
}

SEC("tp_btf/tcp_probe")
int packet_accepted(__u64 *ctx)
{
	struct step s = { .context = ctx, .skb = (void *)ctx[1], .step = PC_PACKET_ACCEPTED };

	return take_step(&s);
}

#define AF_PACKET 17

SEC("tp_btf/skb_copy_datagram_iovec")
int packet_delivered(__u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[0];
	struct step s = { .context = ctx, .skb = skb, .step = PC_PACKET_DELIVERED };

	if (BPF_CORE_READ(skb, sk, __sk_common.skc_family) == AF_PACKET)
		s.step = PC_PACKET_CAPTURED;
	return take_step(&s);
}

SEC("tp_btf/kfree_skb")
int packet_dropped(__u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[0];
	struct step s = { .context = ctx,
		          .skb = skb,
		          .step = PC_PACKET_DROPPED,
		          .may_begin = true,
		          /* Before the protocols see it nobody has written down by which device it
		           * came, but then it is no socket's either. */
		          .in = BPF_CORE_READ(skb, skb_iif) || !BPF_CORE_READ(skb, sk),
		          .location = ctx[1],
		          .reason = ctx[2] };

	return take_step(&s);
}

SEC("tp_btf/consume_skb")
int packet_consumed(__u64 *ctx)
{
	struct step s = { .context = ctx, .skb = (void *)ctx[0], .step = PC_PACKET_CONSUMED };

	return take_step(&s);
}

/* The same where the kernel says by whom; of the two, user space takes one. */
SEC("tp_btf/consume_skb")
int packet_consumed_at(__u64 *ctx)
{
	struct step s = { .context = ctx,
		          .skb = (void *)ctx[0],
		          .step = PC_PACKET_CONSUMED,
		          .location = ctx[1] };

	return take_step(&s);
}
