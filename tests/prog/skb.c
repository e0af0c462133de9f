/* SPDX-License-Identifier: GPL-2.0-only */
/* What only an skb can be: with a VLAN tag beside it, a super-packet to be cut into segments, or
 * with its headers outside the linear area. The last two also for real, on a loopback device of our
 * own. */
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>

#include "tests/prog/doors.h"
#include "tests/prog/packet.h"
#include "tests/tap.h"

#define LAYERS      12 /* a row's, and the zero that ends them */
#define MOST_LINEAR 160
#define LO_IFINDEX  1 /* in every network namespace */
#define DEADLINE    5 /* seconds; what is sent comes in on the spot, or nearly so */

/* Packets and sizes are what is counted, a tag beside the packet included. */
struct row {
	const char *name;
	unsigned tags;                         /* put on by the kernel */
	unsigned gso_size, gso_segs, wire_len; /* as in struct __sk_buff */
	unsigned packets, size, last;          /* so many, all of one size but the last */
	enum pc_verdict verdict;               /* DROP: by the rule */
	enum pc_reason reason;                 /* unless it is the rule */
	enum pc_protocol protocol;
	bool too_much; /* for a loopback: it cuts a super-packet into segments first */
	struct layer layers[LAYERS];
};

#define COUNTS(n, each, rest)       .packets = n, .size = each, .last = rest
#define SUPER(size, segments, wire) .gso_size = size, .gso_segs = segments, .wire_len = wire
#define PASSES(is)                  .protocol = PC_PROTO_##is
#define DROPPED                     .verdict = PC_VERDICT_DROP, .protocol = PC_PROTO_TCP

static const struct row rows[] = {
	/* --- tags beside the packet, of which the kernel keeps one */
	{ "a tag beside", .tags = 1, COUNTS(1, 0, 58), DROPPED,
	  .layers = { ETH(), IP4(), TCP(.dport = 80) } },
	{ "a tag beside, to port 8080", .tags = 1, COUNTS(1, 0, 58), PASSES(TCP),
	  .layers = { ETH(), IP4(), TCP() } },
	{ "a tag beside IPv6", .tags = 1, COUNTS(1, 0, 78), DROPPED,
	  .layers = { ETH(), IP6(), TCP(.dport = 80) } },
	{ "a tag beside ARP", .tags = 1, COUNTS(1, 0, 46), PASSES(ARP),
	  .layers = { ETH(), ARP() } },
	{ "a tag beside a frame of 14 bytes", .tags = 1, COUNTS(1, 0, 18), PASSES(OTHER),
	  .layers = { ETH() } },
	{ "a tag beside and one within", .tags = 1, COUNTS(1, 0, 62), DROPPED,
	  .layers = { ETH(), VLAN(), IP4(), TCP(.dport = 80) } },
	{ "two tags put on", .tags = 2, COUNTS(1, 0, 62), DROPPED,
	  .layers = { ETH(), IP4(), TCP(.dport = 80) } },
	{ "a tag beside and two within", .tags = 1, COUNTS(1, 0, 66), DROPPED,
	  .reason = PC_R_VLAN_DEPTH, .layers = { ETH(), QINQ(), VLAN(), IP4(), TCP(.dport = 80) } },
	{ "two tags put on one", .tags = 2, COUNTS(1, 0, 66), DROPPED, .reason = PC_R_VLAN_DEPTH,
	  .layers = { ETH(), VLAN(), IP4(), TCP(.dport = 80) } },
	{ "a tag beside, extension headers and a length that lies", .tags = 1, COUNTS(1, 0, 94),
	  DROPPED, .reason = PC_R_IP6_LENGTH,
	  .layers = { ETH(), IP6(.length = 99), HOPOPTS(), DSTOPTS(), TCP(.dport = 80) } },

	/* --- super-packets whose headers are plain */
	{ "three segments and a rest", SUPER(1000, 4, 0), COUNTS(4, 1054, 554), PASSES(TCP),
	  .layers = { ETH(), IP4(), TCP(), DATA(3500) } },
	{ "three segments and a rest, to port 80", SUPER(1000, 4, 0), COUNTS(4, 1054, 554), DROPPED,
	  .layers = { ETH(), IP4(), TCP(.dport = 80), DATA(3500) } },
	{ "two segments of 1448 and a rest", SUPER(1448, 3, 0), COUNTS(3, 1514, 670), PASSES(TCP),
	  .layers = { ETH(), IP4(), TCP(.options = 12), DATA(3500) } },
	{ "three segments and nothing", SUPER(1000, 3, 0), COUNTS(3, 1054, 1054), PASSES(TCP),
	  .layers = { ETH(), IP4(), TCP(), DATA(3000) } },
	{ "three segments and a byte", SUPER(1000, 4, 0), COUNTS(4, 1054, 55), PASSES(TCP),
	  .layers = { ETH(), IP4(), TCP(), DATA(3001) } },
	{ "segments of IPv6", SUPER(1000, 4, 0), COUNTS(4, 1074, 574), DROPPED,
	  .layers = { ETH(), IP6(), TCP(.dport = 80), DATA(3500) } },
	{ "segments after extension headers", SUPER(1000, 4, 0), COUNTS(4, 1090, 590), PASSES(TCP),
	  .layers = { ETH(), IP6(), HOPOPTS(), DSTOPTS(), TCP(), DATA(3500) } },
	{ "segments with options", SUPER(1000, 4, 0), COUNTS(4, 1134, 634), PASSES(TCP),
	  .layers = { ETH(), IP4(.options = 40), TCP(.options = 40), DATA(3500) } },
	{ "segments of udp", SUPER(1000, 4, 0), COUNTS(4, 1042, 542), PASSES(UDP),
	  .layers = { ETH(), IP4(), UDP(), DATA(3500) } },
	{ "segments of udp in IPv6", SUPER(1000, 4, 0), COUNTS(4, 1062, 562), PASSES(UDP),
	  .layers = { ETH(), IP6(), UDP(), DATA(3500) } },
	{ "segments with two tags within", SUPER(1000, 4, 0), COUNTS(4, 1062, 562), DROPPED,
	  .layers = { ETH(), QINQ(), VLAN(), IP4(), TCP(.dport = 80), DATA(3500) } },
	{ "segments with a tag beside", .tags = 1, SUPER(1000, 4, 0), COUNTS(4, 1058, 558), DROPPED,
	  .layers = { ETH(), IP4(), TCP(.dport = 80), DATA(3500) } },
	{ "segments with a tag beside and one within", .tags = 2, SUPER(1000, 4, 0),
	  COUNTS(4, 1062, 562), PASSES(TCP), .layers = { ETH(), IP4(), TCP(), DATA(3500) } },
	{ "segments of a byte", SUPER(1, 3500, 0), COUNTS(3500, 55, 55), PASSES(TCP),
	  .layers = { ETH(), IP4(), TCP(), DATA(3500) } },

	/* --- their number left out, as by virtual machines and packet sockets */
	{ "segments nobody counted", SUPER(1000, 0, 0), COUNTS(4, 1054, 554), PASSES(TCP),
	  .layers = { ETH(), IP4(), TCP(), DATA(3500) } },
	{ "segments nobody counted, and no rest", SUPER(1000, 0, 0), COUNTS(3, 1054, 1054), DROPPED,
	  .layers = { ETH(), IP4(), TCP(.dport = 80), DATA(3000) } },
	{ "segments nobody counted, with a tag beside", .tags = 1, SUPER(1000, 0, 0),
	  COUNTS(4, 1078, 578), PASSES(TCP), .layers = { ETH(), IP6(), TCP(), DATA(3500) } },
	{ "one segment nobody counted", SUPER(1000, 0, 0), COUNTS(1, 0, 954), PASSES(TCP),
	  .layers = { ETH(), IP4(), TCP(), DATA(900) } },
	{ "one segment nobody counted, full", SUPER(1000, 0, 0), COUNTS(1, 0, 1054), PASSES(TCP),
	  .layers = { ETH(), IP4(), TCP(), DATA(1000) } },

	/* --- what is no super-packet */
	{ "a count without a size", SUPER(0, 4, 0), COUNTS(1, 0, 3554), PASSES(TCP),
	  .layers = { ETH(), IP4(), TCP(), DATA(3500) } },
	{ "one segment", SUPER(1000, 1, 0), COUNTS(1, 0, 954), PASSES(TCP),
	  .layers = { ETH(), IP4(), TCP(), DATA(900) } },
	{ "one segment with a tag beside", .tags = 1, SUPER(1000, 1, 0), COUNTS(1, 0, 958),
	  PASSES(TCP), .layers = { ETH(), IP4(), TCP(), DATA(900) } },
	{ "nothing to cut", SUPER(1000, 0, 0), COUNTS(1, 0, 54), PASSES(TCP),
	  .layers = { ETH(), IP4(), TCP() } },
	{ "nothing to cut into four", SUPER(1000, 4, 0), COUNTS(1, 0, 54), PASSES(TCP),
	  .layers = { ETH(), IP4(), TCP() } },

	/* --- segments of sizes we cannot see are spread evenly, their headers counted each time */
	{ "sctp chunks", SUPER(65535, 4, 0), COUNTS(4, 921, 921), PASSES(OTHER),
	  .layers = { ETH(), IP4(), SCTP(), DATA(3500) } },
	{ "sctp chunks, not to be divided", SUPER(65535, 4, 0), COUNTS(4, 921, 924), PASSES(OTHER),
	  .layers = { ETH(), IP4(), SCTP(), DATA(3503) } },
	{ "sctp chunks in IPv6 with a tag beside", .tags = 1, SUPER(65535, 2, 0),
	  COUNTS(2, 1570, 1570), PASSES(OTHER), .layers = { ETH(), IP6(), SCTP(), DATA(3000) } },
	{ "sctp chunks nobody counted", SUPER(65535, 0, 0), COUNTS(1, 0, 3546), PASSES(OTHER),
	  .layers = { ETH(), IP4(), SCTP(), DATA(3500) } },
	{ "fewer segments than it takes", SUPER(1000, 2, 0), COUNTS(2, 1804, 1804), PASSES(TCP),
	  .layers = { ETH(), IP4(), TCP(), DATA(3500) } },
	{ "more segments than there is for", SUPER(1000, 10, 0), COUNTS(10, 404, 404), PASSES(TCP),
	  .layers = { ETH(), IP4(), TCP(), DATA(3500) } },
	{ "as many segments as there can be", SUPER(65535, 65535, 0), COUNTS(65535, 54, 3554),
	  PASSES(TCP), .layers = { ETH(), IP4(), TCP(), DATA(3500) } },

	/* --- the kernel has worked out the headers: wire_len is len and theirs for all but one */
	{ "VXLAN", SUPER(1000, 3, 3104 + 2 * 104), COUNTS(3, 1104, 1104), PASSES(UDP),
	  .layers = { ETH(), IP4(), UDP(), VXLAN(), ETH(), IP4(), TCP(.dport = 80), DATA(3000) } },
	{ "VXLAN and a rest", SUPER(1000, 4, 3404 + 3 * 104), COUNTS(4, 1104, 404), PASSES(UDP),
	  .layers = { ETH(), IP4(), UDP(), VXLAN(), ETH(), IP4(), TCP(.dport = 80), DATA(3300) } },
	{ "GRE", SUPER(1000, 4, 3578 + 3 * 78), COUNTS(4, 1078, 578), PASSES(OTHER),
	  .layers = { ETH(), IP4(), GRE(), IP4(), TCP(.dport = 80), DATA(3500) } },
	{ "IPv4 in IPv6 with a tag beside", .tags = 1, SUPER(1000, 4, 3594 + 3 * 94),
	  COUNTS(4, 1098, 598), PASSES(OTHER),
	  .layers = { ETH(), IP6(), IP4(), TCP(.dport = 80), DATA(3500) } },
	{ "a tcp offset that lies", SUPER(1000, 4, 3554 + 3 * 54), COUNTS(4, 1054, 554),
	  PASSES(TCP), .reason = PC_R_TCP_OFFSET,
	  .layers = { ETH(), IP4(), TCP(.doff = 4), DATA(3500) } },
	{ "a wire_len that says nothing", SUPER(1000, 4, 3554), COUNTS(4, 1054, 554), PASSES(TCP),
	  .layers = { ETH(), IP4(), TCP(), DATA(3500) } },
	{ "one segment and a wire_len", SUPER(1000, 1, 3600), COUNTS(1, 0, 954), PASSES(TCP),
	  .layers = { ETH(), IP4(), TCP(), DATA(900) } },

	{ "sctp chunks, whose header the kernel leaves out", SUPER(65535, 4, 3546 + 3 * 42),
	  COUNTS(4, 921, 921), PASSES(OTHER), .layers = { ETH(), IP4(), SCTP(), DATA(3500) } },

	/* --- nobody has: the last segment is taken to be full, if that leaves room for headers */
	{ "GRE, headers unknown", SUPER(1000, 3, 0), COUNTS(3, 1078, 1078), PASSES(OTHER),
	  .layers = { ETH(), IP4(), GRE(), IP4(), TCP(.dport = 80), DATA(3000) } },
	{ "GRE and a rest, headers unknown", SUPER(1000, 4, 0), COUNTS(4, 1014, 578), PASSES(OTHER),
	  .layers = { ETH(), IP4(), GRE(), IP4(), TCP(.dport = 80), DATA(3500) } },
	{ "GRE nobody counted, headers unknown", SUPER(1000, 0, 0), COUNTS(1, 0, 3578),
	  PASSES(OTHER), .layers = { ETH(), IP4(), GRE(), IP4(), TCP(.dport = 80), DATA(3500) } },
	{ "a tcp offset that lies, headers unknown", SUPER(1000, 3, 0), COUNTS(3, 1054, 1054),
	  DROPPED, .reason = PC_R_TCP_OFFSET,
	  .layers = { ETH(), IP4(), TCP(.dport = 80, .doff = 4), DATA(3000) } },
};
#define ROWS (sizeof(rows) / sizeof(*rows))

/* Sent for real. Of a frame of more than a page a packet socket puts into the linear area as little
 * as we say; of a super-packet the headers. */
static const struct row real_rows[] = {
	{ "tcp to port 80", COUNTS(1, 0, 5054), DROPPED,
	  .layers = { ETH(), IP4(), TCP(.dport = 80), DATA(5000) } },
	{ "tcp to port 8080", COUNTS(1, 0, 5054), PASSES(TCP),
	  .layers = { ETH(), IP4(), TCP(), DATA(5000) } },
	{ "tcp to port 80 in IPv6", COUNTS(1, 0, 5074), DROPPED,
	  .layers = { ETH(), IP6(), TCP(.dport = 80), DATA(5000) } },
	{ "udp", COUNTS(1, 0, 5042), PASSES(UDP), .layers = { ETH(), IP4(), UDP(), DATA(5000) } },
	{ "a tag", COUNTS(1, 0, 5058), DROPPED,
	  .layers = { ETH(), VLAN(), IP4(), TCP(.dport = 80), DATA(5000) } },
	{ "two tags", COUNTS(1, 0, 5062), DROPPED,
	  .layers = { ETH(), QINQ(), VLAN(), IP4(), TCP(.dport = 80), DATA(5000) } },
	{ "three tags", COUNTS(1, 0, 5066), DROPPED, .reason = PC_R_VLAN_DEPTH,
	  .layers = { ETH(), VLAN(.times = 3), IP4(), TCP(.dport = 80), DATA(5000) } },
	{ "options", COUNTS(1, 0, 5134), DROPPED,
	  .layers = { ETH(), IP4(.options = 40), TCP(.dport = 80, .options = 40), DATA(5000) } },
	{ "IPv4 that is longer than the frame", COUNTS(1, 0, 5054), DROPPED,
	  .reason = PC_R_IP4_LENGTH,
	  .layers = { ETH(), IP4(.length = 6000), TCP(.dport = 80), DATA(5000) } },
	{ "IPv6 that is longer than the frame", COUNTS(1, 0, 5074), DROPPED,
	  .reason = PC_R_IP6_LENGTH,
	  .layers = { ETH(), IP6(.length = 6000), TCP(.dport = 80), DATA(5000) } },
	{ "a tcp offset that lies", COUNTS(1, 0, 5054), PASSES(TCP), .reason = PC_R_TCP_OFFSET,
	  .layers = { ETH(), IP4(), TCP(.doff = 4), DATA(5000) } },
	{ "every extension header", COUNTS(1, 0, 5146), DROPPED,
	  .layers = { ETH(), IP6(), HOPOPTS(), DSTOPTS(), ROUTING(), FRAGMENT(), AH(), DSTOPTS(),
	              MOBILITY(), TCP(.dport = 80), DATA(5000) } },
	{ "TCP 14390 bytes in", COUNTS(1, 0, 14410), DROPPED,
	  .layers = { ETH(), IP6(), DSTOPTS(.size = 2048, .times = 7), TCP(.dport = 80) } },
	{ "300 extension headers", COUNTS(1, 0, 7474), DROPPED,
	  .layers = { ETH(), IP6(), DSTOPTS(.times = 300), TCP(.dport = 80), DATA(5000) } },
	{ "later fragment", COUNTS(1, 0, 5054), PASSES(TCP),
	  .layers = { ETH(), IP4(.offset = 1), TCP(.dport = 80), DATA(5000) } },
	{ "65549 bytes", COUNTS(1, 0, 65549), DROPPED,
	  .layers = { ETH(), IP4(), TCP(.dport = 80), DATA(65495) } },

	{ "super-packet", SUPER(1448, 0, 0), COUNTS(14, 1502, 1230), PASSES(TCP),
	  .layers = { ETH(), IP4(), TCP(), DATA(20000) } },
	{ "super-packet to port 80", SUPER(1448, 0, 0), COUNTS(14, 1502, 1230), DROPPED,
	  .layers = { ETH(), IP4(), TCP(.dport = 80), DATA(20000) } },
	{ "super-packet of 65535 bytes of IPv4", SUPER(1448, 0, 0), COUNTS(46, 1502, 389),
	  PASSES(TCP), .too_much = true, .layers = { ETH(), IP4(), TCP(), DATA(65495) } },
	{ "super-packet of IPv6", SUPER(1428, 0, 0), COUNTS(15, 1502, 82), DROPPED,
	  .layers = { ETH(), IP6(), TCP(.dport = 80), DATA(20000) } },
	{ "super-packet with options", SUPER(1448, 0, 0), COUNTS(14, 1514, 1242), PASSES(TCP),
	  .layers = { ETH(), IP4(), TCP(.options = 12), DATA(20000) } },
	{ "super-packet with a tag", SUPER(1448, 0, 0), COUNTS(14, 1506, 1234), DROPPED,
	  .too_much = true, .layers = { ETH(), VLAN(), IP4(), TCP(.dport = 80), DATA(20000) } },
};
#define REAL_ROWS (sizeof(real_rows) / sizeof(*real_rows))

static struct packet packet;
static struct counts want, got;

/* What is sent for real comes by this one first, if it is attached: then the kernel copies a packet
 * in several pieces before TC sees it. */
static const struct door *const xdp = &doors[0];
static bool xdp_is_attached;

static struct expected expected(const struct row *r)
{
	return (struct expected){
		.verdict = r->verdict,
		.reason = r->verdict == PC_VERDICT_DROP ? PC_R_RULE : r->reason,
		.protocol = r->protocol,
		.packets = r->packets,
		.size = r->size,
		.last = r->last,
	};
}

/* What it is at XDP, which takes it as it comes and enforces nothing. */
static struct expected expected_at_xdp(const struct row *r)
{
	return (struct expected){
		.verdict = PC_VERDICT_PASS,
		.reason = r->reason,
		.protocol = r->protocol,
		.packets = r->too_much ? r->packets : 1,
		.size = r->size,
		.last = r->too_much ? r->last : packet.len,
	};
}

static void test_row(const struct door *d, const struct row *r)
{
	const struct expected e = expected(r);
	struct passage way = { .tags = r->tags,
		               .gso_size = r->gso_size,
		               .gso_segs = r->gso_segs,
		               .wire_len = r->wire_len };
	int action = 0, err;

	tap_test("%s: %s", d->name, r->name);
	packet_build(&packet, r->layers);
	way.bytes = packet.bytes;
	way.len = packet.len;
	err = door_send(d, &way, &action);
	if (err) {
		tap_fail("test run: %s", strerror(-err));
		return;
	}
	tap_check_int(action, door_action(d, e.verdict));
	counts_add(&want, d->hook, &e);
	counts_hold(&want);
}

/* --- for real */

/* A network namespace of our own with its loopback up, and a socket to send whole frames through
 * it, each with a virtio header. Returns the socket or a negative errno. */
static int open_loopback(void)
{
	struct sockaddr_ll lo = { .sll_family = AF_PACKET, .sll_ifindex = LO_IFINDEX };
	struct ifreq up = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int on = 1, fd;

	if (unshare(CLONE_NEWNET))
		return -errno;
	fd = socket(AF_PACKET, SOCK_RAW, 0); /* which receives nothing */
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &up) ||
	    setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&lo, sizeof(lo)))
		return -errno;
	return fd;
}

/* Returns 0 or a negative errno. */
static int attach(const struct door *d, struct bpf_tc_hook *hook)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = d->fd);
	int err;

	*hook = (struct bpf_tc_hook){
		.sz = sizeof(*hook),
		.ifindex = LO_IFINDEX,
		.attach_point = d->hook == PC_HOOK_TC_INGRESS ? BPF_TC_INGRESS : BPF_TC_EGRESS,
	};
	err = bpf_tc_hook_create(hook);
	return err && err != -EEXIST ? err : bpf_tc_attach(hook, &opts);
}

/* Where the transport header of a row begins that is IP, TCP and tags. */
static unsigned transport_offset(const struct row *r)
{
	unsigned offset = 0;

	for (const struct layer *l = r->layers; l->kind != LAYER_TCP; l++)
		offset += l->kind == LAYER_ETH    ? ETH_HLEN
		          : l->kind == LAYER_VLAN ? 4
		          : l->kind == LAYER_IP4  ? 20
		                                  : 40;
	return offset;
}

/* `linear` is how many bytes the linear area is to have, where that is for us to say. */
static int send_for_real(int fd, const struct row *r, unsigned linear)
{
	static uint8_t buffer[sizeof(struct virtio_net_hdr) + PACKET_MAX];
	struct virtio_net_hdr *virtio = (struct virtio_net_hdr *)buffer;
	size_t len = sizeof(*virtio) + packet.len;

	*virtio = (struct virtio_net_hdr){ .hdr_len = linear };
	if (r->gso_size) {
		bool ip6 = r->layers[1].kind == LAYER_IP6;

		virtio->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		virtio->gso_type = ip6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
		virtio->gso_size = r->gso_size;
		virtio->csum_start = transport_offset(r);
		virtio->csum_offset = 16;
		virtio->hdr_len = virtio->csum_start + 20;
	}
	memcpy(buffer + sizeof(*virtio), packet.bytes, packet.len);
	if (send(fd, buffer, len, 0) == (ssize_t)len)
		return 0;
	return errno == ENOBUFS && r->verdict == PC_VERDICT_DROP ? 0 : -errno;
}

/* A packet sent over the loopback comes in by and by, if not at once. Where one did not, the next
 * is not waited for either. */
static void wait_for_counts(void)
{
	time_t deadline = time(NULL) + DEADLINE;
	static bool lost;

	do {
		if (counts_read(&got))
			return;
	} while (memcmp(&got, &want, sizeof(got)) && !lost && time(NULL) < deadline &&
	         !sched_yield());
	lost |= memcmp(&got, &want, sizeof(got)) != 0;
}

/* One super-packet; another packet once for each size of the linear area. */
static void test_real_row(int fd, const struct door *d, const struct row *r)
{
	unsigned most = r->gso_size ? ETH_HLEN : MOST_LINEAR;
	const struct expected e = expected(r);
	struct expected e_at_xdp;

	tap_test("%s, on a loopback%s: %s", d->name, xdp_is_attached ? " with XDP" : "", r->name);
	packet_build(&packet, r->layers);
	e_at_xdp = expected_at_xdp(r);
	for (unsigned linear = ETH_HLEN; linear <= most; linear++) {
		int err = send_for_real(fd, r, linear);

		if (err) {
			tap_fail("send: %s", strerror(-err));
			return;
		}
		counts_add(&want, d->hook, &e);
		if (xdp_is_attached)
			counts_add(&want, xdp->hook, &e_at_xdp);
	}
	wait_for_counts();
	counts_hold(&want);
}

static void test_for_real(const struct door *d, int fd)
{
	struct bpf_tc_hook hook;
	int err = fd < 0 ? fd : attach(d, &hook);

	tap_test("%s, on a loopback", d->name);
	if (err) {
		tap_skip("there is no loopback to be had: %s", strerror(-err));
		return;
	}
	for (size_t i = 0; i < REAL_ROWS; i++)
		test_real_row(fd, d, &real_rows[i]);
	hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
	tap_check_int(bpf_tc_hook_destroy(&hook), 0);
}

/* The same after XDP in skb mode. */
static void test_for_real_with_xdp(const struct door *d, int fd)
{
	int err = bpf_xdp_attach(LO_IFINDEX, xdp->fd, XDP_FLAGS_SKB_MODE, NULL);

	tap_test("%s, on a loopback with XDP", d->name);
	if (err) {
		tap_skip("there is no XDP in skb mode to be had: %s", strerror(-err));
		return;
	}
	xdp_is_attached = true;
	test_for_real(d, fd);
	xdp_is_attached = false;
	tap_check_int(bpf_xdp_detach(LO_IFINDEX, XDP_FLAGS_SKB_MODE, NULL), 0);
}

static void test_door(const struct door *d, int fd)
{
	if (d->closed) {
		tap_test("%s", d->name);
		tap_skip("%s", d->closed);
		return;
	}
	for (size_t i = 0; i < ROWS; i++)
		test_row(d, &rows[i]);
	test_for_real(d, fd);
	if (d->sees_kernel)
		test_for_real_with_xdp(d, fd);
}

int main(void)
{
	int fd = open_loopback(), err = doors_open() ?: counts_read(&want);

	if (err == -EPERM)
		return tap_skip_all("it takes root to load programs");
	tap_test("the programs load");
	if (err) {
		tap_fail("%s", strerror(-err));
		return tap_done();
	}
	for (size_t i = 0; i < DOORS; i++)
		if (doors[i].hook != PC_HOOK_XDP)
			test_door(&doors[i], fd);
	return tap_done();
}
