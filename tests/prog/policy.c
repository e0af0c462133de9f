/* SPDX-License-Identifier: GPL-2.0-only */
/* What policies say of packets with names, at every hook: each word of the language by one that it
 * matches and one that it does not, limits, sockets, the flow cache, what is counted for rules.
 * Most of it is a table. */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include <linux/pkt_cls.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "abi/policy.h"
#include "abi/reasons.h"
#include "lib/kern/commit.h"
#include "lib/kern/engine.h"
#include "lib/kern/object.h"
#include "lib/kern/pages.h"
#include "lib/rules/diag.h"
#include "lib/rules/parse.h"
#include "lib/rules/policy.h"
#include "tests/bench/bench.h"
#include "tests/prog/packet.h"
#include "tests/prog/stage.skel.h"
#include "tests/tap.h"

#define LAYERS 8

/* --- the hooks, each on its own pins, so that XDP does not count what TC does */

static struct hook {
	const char *name;
	enum pc_hook hook;
	struct pc_plan plan;
	struct pins pins;
	int prog, twin, decision;
} hooks[] = {
	{ .name = "xdp",
	  .hook = PC_HOOK_XDP,
	  .plan = { .xdp_mode = PC_XDP_SKB, .early_drop = 1, .policies = 1 } },
	{ .name = "tc-ingress",
	  .hook = PC_HOOK_TC_INGRESS,
	  .plan = { .tc_backend = 1, .policies = 1 } },
	{ .name = "tc-egress",
	  .hook = PC_HOOK_TC_EGRESS,
	  .plan = { .tc_backend = 1, .policies = 1 } },
};
#define HOOKS (sizeof(hooks) / sizeof(*hooks))

static struct tests_prog_stage *stage;

static int open_hook(struct hook *h)
{
	auto_object struct object object = { .pins = &h->pins, .plan = &h->plan };
	__u32 key = h - hooks;
	int r = bench_pins(h->name, &h->pins);

	if (r)
		return r;
	if (h->hook == PC_HOOK_XDP)
		r = object_attach_xdp(&object, BENCH_LO, &h->prog);
	else
		r = object_load(&object, h->hook, &h->prog);
	if (!r)
		r = object_load_dry_run(&h->pins, h->hook, &h->plan, &h->twin, &h->decision);
	if (!r && h->hook != PC_HOOK_XDP)
		r = bpf_map_update_elem(bpf_map__fd(stage->maps.programs), &key, &h->prog, 0);
	return r;
}

static int lo_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	auto_close int fd = socket(AF_INET, SOCK_DGRAM, 0);

	return ioctl(fd, SIOCSIFFLAGS, &request) ? -errno : 0;
}

static int open_all(void)
{
	cpu_set_t here;
	int r = bench_isolate() ?: lo_up();

	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	if (!r && sched_setaffinity(0, sizeof(here), &here))
		r = -errno;
	stage = r ? NULL : tests_prog_stage__open_and_load();
	if (!stage)
		return r ?: -errno;
	for (struct hook *h = hooks; !r && h < hooks + HOOKS; h++)
		r = open_hook(h);
	return r;
}

static bool apply(struct hook *h, const char *text)
{
	auto_policy struct policy policy = { 0 };
	auto_diag struct diag diag = { 0 };

	if (policy_parse("test", text, strlen(text), &policy, &diag)) {
		tap_fail("does not parse: %s", text);
		return false;
	}
	return tap_check_int(commit_apply(&h->pins, &policy, 0, NULL), 0);
}

/* --- packets */

struct way {
	unsigned tags; /* kept beside the packet, TC */
	unsigned gso_size, gso_segs;
	unsigned repeat;
};

static int run_on(int fd, const struct hook *h, const struct packet *p, const struct way *way,
                  int *ret_action)
{
	struct __sk_buff skb = { .ifindex = BENCH_LO,
		                 .gso_size = way->gso_size,
		                 .gso_segs = way->gso_segs };
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = p->bytes, .data_size_in = p->len,
	            .repeat = way->repeat);

	if (h->hook != PC_HOOK_XDP) {
		run.ctx_in = &skb;
		run.ctx_size_in = sizeof(skb);
	}
	if (bpf_prog_test_run_opts(fd, &run))
		return -errno;
	*ret_action = run.retval;
	return 0;
}

static int action_of(const struct hook *h, enum pc_verdict verdict)
{
	if (h->hook == PC_HOOK_XDP)
		return verdict == PC_VERDICT_DROP ? XDP_DROP : XDP_PASS;
	return verdict == PC_VERDICT_DROP ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

/* What the program does. */
static enum pc_verdict send_way(const struct hook *h, const struct packet *p, const struct way *way)
{
	int fd = h->prog, action = -1, r;

	if (way->tags) {
		stage->bss->program = h - hooks;
		stage->bss->tags = way->tags;
		fd = bpf_program__fd(stage->progs.stage);
	}
	r = run_on(fd, h, p, way, &action);
	if (r)
		tap_fail("%s: test run: %s", h->name, strerror(-r));
	if (action == action_of(h, PC_VERDICT_DROP))
		return PC_VERDICT_DROP;
	if (action != action_of(h, PC_VERDICT_PASS))
		tap_fail("%s: returned %d", h->name, action);
	return PC_VERDICT_PASS;
}

static enum pc_verdict pass_through(const struct hook *h, const struct packet *p)
{
	const struct way plain = { 0 };

	return send_way(h, p, &plain);
}

/* What its twin says it would do. */
static struct pc_decision ask(const struct hook *h, const struct packet *p)
{
	const struct way plain = { 0 };
	struct pc_decision decision = { 0 };
	__u32 key = 0;
	int action, r = run_on(h->twin, h, p, &plain, &action);

	if (r || bpf_map_lookup_elem(h->decision, &key, &decision))
		tap_fail("%s: dry run: %s", h->name, strerror(r ? -r : errno));
	return decision;
}

/* --- the table */

enum where { IN = 1, OUT = 2, BOTH = 3 };

struct row {
	const char *policy;
	enum where where;      /* the hooks it speaks of; at the others all may pass */
	int rule;              /* that decides, from 1 on; 0: the default */
	enum pc_reason reason; /* PASS: it may pass */
	struct layer layers[LAYERS];
};
#define ROW(policy, where, rule, reason, ...) \
	{ \
		policy, where, rule, PC_R_##reason, \
		{ \
			__VA_ARGS__ \
		} \
	}

/* From 192.0.2.1 and 2001:db8::1 to 198.51.100.2 and 2001:db8::2. */
static const struct row rows[] = {
	/* --- families and protocols */
	ROW("drop ip", BOTH, 1, RULE, ETH(), IP4(), TCP()),
	ROW("drop ip", BOTH, 0, PASS, ETH(), IP6(), TCP()),
	ROW("drop ip6", BOTH, 1, RULE, ETH(), IP6(), UDP()),
	ROW("drop arp", BOTH, 1, RULE, ETH(), ARP()),
	ROW("drop arp", BOTH, 0, PASS, ETH(), IP4(), TCP()),
	ROW("drop not arp", BOTH, 1, RULE, ETH(), IP4(), TCP()),
	ROW("drop not ip", BOTH, 1, RULE, ETH(), ARP()),
	ROW("drop tcp", BOTH, 1, RULE, ETH(), IP6(), TCP()),
	ROW("drop tcp", BOTH, 0, PASS, ETH(), IP4(), UDP()),
	ROW("drop udp", BOTH, 1, RULE, ETH(), IP4(), UDP()),
	ROW("drop sctp", BOTH, 1, RULE, ETH(), IP6(), SCTP()),
	ROW("drop icmp", BOTH, 1, RULE, ETH(), IP4(), ICMP()),
	ROW("drop icmp", BOTH, 0, PASS, ETH(), IP6(), ICMP6()),
	ROW("drop icmp6", BOTH, 1, RULE, ETH(), IP6(), ICMP6()),
	ROW("drop proto 47", BOTH, 1, RULE, ETH(), IP4(), GRE()),
	ROW("drop proto 6", BOTH, 1, RULE, ETH(), IP4(), TCP()),
	ROW("drop proto 60", BOTH, 0, PASS, ETH(), IP6(), DSTOPTS(), TCP()),
	ROW("drop not tcp", BOTH, 1, RULE, ETH(), IP4(), UDP()),
	ROW("drop in tcp", IN, 1, RULE, ETH(), IP4(), TCP()),
	ROW("drop out tcp", OUT, 1, RULE, ETH(), IP4(), TCP()),

	/* --- ports */
	ROW("drop tcp dst port 443", BOTH, 1, RULE, ETH(), IP4(), TCP(.dport = 443)),
	ROW("drop tcp dst port 443", BOTH, 0, PASS, ETH(), IP4(), TCP(.sport = 443)),
	ROW("drop port 443", BOTH, 1, RULE, ETH(), IP6(), UDP(.sport = 443)),
	ROW("drop udp src port { 53, 5000-6000 }", BOTH, 1, RULE, ETH(), IP4(), UDP(.sport = 6000)),
	ROW("drop udp src port { 53, 5000-6000 }", BOTH, 0, PASS, ETH(), IP4(), UDP(.sport = 4999)),
	ROW("drop not dst port 443", BOTH, 1, RULE, ETH(), IP4(), TCP(.dport = 444)),
	ROW("drop not dst port 443", BOTH, 0, PASS, ETH(), IP4(), TCP(.dport = 443)),
	ROW("drop not dst port 443", BOTH, 1, RULE, ETH(), ARP()),
	ROW("drop dst port 0-65535", BOTH, 0, PASS, ETH(), IP4(.offset = 8), TCP()),
	ROW("drop dst port 443", BOTH, 1, RULE, ETH(), IP4(.more = true), TCP(.dport = 443)),
	ROW("drop dst port 443", BOTH, 1, RULE, ETH(), IP6(), HOPOPTS(.size = 8),
	    SCTP(.dport = 443)),

	/* --- fragments, VLAN tags, sizes, DSCP, types, flags */
	ROW("drop fragment", BOTH, 1, RULE, ETH(), IP4(.offset = 8), DATA(8)),
	ROW("drop fragment", BOTH, 1, RULE, ETH(), IP6(), FRAGMENT(.more = true), UDP()),
	ROW("drop fragment", BOTH, 1, RULE, ETH(), IP6(), FRAGMENT(.more = true), FRAGMENT(),
	    UDP()),
	ROW("drop fragment", BOTH, 0, PASS, ETH(), IP6(), FRAGMENT(), FRAGMENT(), UDP()),
	ROW("drop fragment", BOTH, 0, PASS, ETH(), IP4(.dont = true), UDP()),
	ROW("drop not fragment", BOTH, 1, RULE, ETH(), IP4(), UDP()),
	ROW("drop vlan 7", BOTH, 1, RULE, ETH(), QINQ(.id = 9), VLAN(.id = 7), IP4(), TCP()),
	ROW("drop vlan 9", BOTH, 1, RULE, ETH(), QINQ(.id = 9), VLAN(.id = 7), IP4(), TCP()),
	ROW("drop vlan 8", BOTH, 0, PASS, ETH(), QINQ(.id = 9), VLAN(.id = 7), IP4(), TCP()),
	ROW("drop vlan", BOTH, 1, RULE, ETH(), VLAN(.id = 7), ARP()),
	ROW("drop vlan", BOTH, 0, PASS, ETH(), IP4(), TCP()),
	ROW("drop not vlan", BOTH, 1, RULE, ETH(), IP4(), TCP()),
	ROW("drop len 0-60", BOTH, 1, RULE, ETH(), IP4(), TCP()),
	ROW("drop len 100-65535", BOTH, 1, RULE, ETH(), IP4(), TCP(), DATA(46)),
	ROW("drop len 101-65535", BOTH, 0, PASS, ETH(), IP4(), TCP(), DATA(46)),
	ROW("drop dscp 0", BOTH, 1, RULE, ETH(), IP6(), TCP()),
	ROW("drop dscp 46", BOTH, 0, PASS, ETH(), IP4(), TCP()),
	ROW("drop icmp icmp-type 8", BOTH, 1, RULE, ETH(), IP4(), ICMP(.type = 8)),
	ROW("drop icmp-type 128", BOTH, 1, RULE, ETH(), IP6(), ICMP6(.type = 128)),
	ROW("drop icmp-type 8", BOTH, 0, PASS, ETH(), IP4(), ICMP(.type = 13)),
	ROW("drop established", BOTH, 1, RULE, ETH(), ARP()),
	ROW("drop established", BOTH, 1, RULE, ETH(), IP6(), ICMP6(.type = 133)),
	ROW("drop established", BOTH, 1, RULE, ETH(), IP6(), ICMP6(.type = 136)),
	ROW("drop established", BOTH, 0, PASS, ETH(), IP6(), ICMP6(.type = 137)),
	ROW("drop established", BOTH, 0, PASS, ETH(), IP4(), ICMP(.type = 135)),
	ROW("drop icmp-type 0-255", BOTH, 0, PASS, ETH(), IP4(), TCP()),
	ROW("drop flags ack", BOTH, 1, RULE, ETH(), IP4(.more = true), TCP(), CUT(48)),
	ROW("drop flags ack", BOTH, 1, RULE, ETH(), IP6(), TCP(), CUT(68)),
	ROW("drop not flags ack", BOTH, 1, RULE, ETH(), IP4(.more = true), TCP(), CUT(47)),

	/* --- addresses and sets */
	ROW("drop src host 192.0.2.1", BOTH, 1, RULE, ETH(), IP4(), TCP()),
	ROW("drop dst host 192.0.2.1", BOTH, 0, PASS, ETH(), IP4(), TCP()),
	ROW("drop host 2001:db8::2", BOTH, 1, RULE, ETH(), IP6(), TCP()),
	ROW("drop src net 192.0.2.0/31", BOTH, 1, RULE, ETH(), IP4(), TCP()),
	ROW("drop src net 2001::/16", BOTH, 1, RULE, ETH(), IP6(), ICMP6()),
	ROW("drop not src net 192.0.0.0/8", BOTH, 0, PASS, ETH(), IP4(), TCP()),
	ROW("drop not src net 192.0.0.0/8", BOTH, 1, RULE, ETH(), IP6(), TCP()),
	ROW("set s = { 192.0.2.0/30, 10.0.0.1, 2001:db8::/64 }\ndrop src @s", BOTH, 1, RULE, ETH(),
	    IP4(), TCP()),
	ROW("set s = { 192.0.2.0/30, 10.0.0.1, 2001:db8::/64 }\ndrop src @s", BOTH, 1, RULE, ETH(),
	    IP6(), TCP()),
	ROW("set s = { 10.1.0.0/16, 192.0.2.2 }\ndrop src @s", BOTH, 0, PASS, ETH(), IP4(), TCP()),
	ROW("set s = { 10.1.0.0/16, 192.0.2.2 }\ndrop not src @s", BOTH, 1, RULE, ETH(), IP4(),
	    TCP()),

	/* --- order, defaults, what is broken */
	ROW("pass tcp dst port 80\ndrop tcp", BOTH, 1, PASS, ETH(), IP4(), TCP(.dport = 80)),
	ROW("pass tcp dst port 80\ndrop tcp", BOTH, 2, RULE, ETH(), IP4(), TCP(.dport = 81)),
	ROW("drop icmp\npass tcp\ndrop ip", BOTH, 2, PASS, ETH(), IP4(), TCP()),
	ROW("count tcp\ndrop tcp", BOTH, 2, RULE, ETH(), IP4(), TCP()),
	ROW("default in drop", IN, 0, DEFAULT, ETH(), IP4(), TCP()),
	ROW("default out drop\npass udp", OUT, 0, DEFAULT, ETH(), IP4(), TCP()),
	ROW("default in drop", IN, 0, IP4_IHL, ETH(), IP4(.ihl = 4), TCP()),
	ROW("default in drop\npass udp", IN, 0, IP4_LENGTH, ETH(), IP4(), TCP(), CUT(36)),
	ROW("drop tcp", BOTH, 1, RULE, ETH(), IP4(), TCP(.doff = 4)),
	ROW("drop tcp dst port 443", BOTH, 1, RULE, ETH(), IP4(), TCP(.dport = 443), CUT(38)),
	ROW("drop src host 192.0.2.1", BOTH, 1, RULE, ETH(), IP4(.ihl = 15), TCP()),
	ROW("drop ip6", BOTH, 1, RULE, ETH(), IP6(), HOPOPTS(.size = 8), CUT(56)),
};
#define ROWS (sizeof(rows) / sizeof(*rows))

static struct packet packet;

static void test_row(struct hook *h, const struct row *r)
{
	bool speaks = r->where & (h->hook == PC_HOOK_TC_EGRESS ? OUT : IN);
	enum pc_verdict want = speaks && r->reason != PC_R_PASS ? PC_VERDICT_DROP : PC_VERDICT_PASS;
	struct pc_decision decision;

	tap_test("%s: %s: %zu", h->name, r->policy, r - rows);
	packet_build(&packet, r->layers);
	if (!apply(h, r->policy))
		return;
	decision = ask(h, &packet);
	tap_check_int(decision.verdict, want);
	tap_check_int(pass_through(h, &packet), want);
	if (!speaks)
		return;
	tap_check_int(decision.rule, r->rule - 1);
	if (want == PC_VERDICT_DROP)
		tap_check_int(decision.reason, r->reason);
}

/* --- what rules count */

static void check_counts(const struct hook *h, const struct pc_counter *want, size_t rules)
{
	auto_commit_state struct commit_state state = { 0 };
	struct pc_counter got[32] = { 0 };

	if (!tap_check_int(commit_read(&h->pins, &state), 0) ||
	    !tap_check_int(state.policy.n_rules, rules) ||
	    !tap_check_int(commit_counts(&h->pins, &state, got), 0))
		return;
	for (size_t i = 0; i < rules; i++) {
		tap_note("rule %zu", i + 1);
		tap_check_int(got[i].packets, want[i].packets);
		tap_check_int(got[i].bytes, want[i].bytes);
	}
	tap_note("after the counts");
}

static void test_counts(struct hook *h)
{
	static const struct layer web[LAYERS] = { ETH(), IP4(), TCP(.dport = 80) };
	static const struct layer dns[LAYERS] = { ETH(), IP6(), UDP(.dport = 53) };
	static const struct pc_counter want[] = { { 2, 108 }, { 5, 294 }, { 0, 0 }, { 2, 108 } };
	const struct way thrice = { .repeat = 3 };

	tap_test("%s: rules count, each once, up to the one that decides", h->name);
	if (!apply(h, "count host { 198.51.100.2, 192.0.2.1 } port { 80, 40000 }\n"
	              "count dst port { 53, 80 }\ncount icmp\ndrop tcp\n"))
		return;
	packet_build(&packet, web);
	for (int i = 0; i < 2; i++)
		pass_through(h, &packet);
	packet_build(&packet, dns);
	send_way(h, &packet, &thrice);
	ask(h, &packet);
	check_counts(h, want, 4);
}

/* --- limits */

static unsigned passes_of(const struct hook *h, const struct packet *p, unsigned packets)
{
	unsigned passed = 0;

	for (unsigned i = 0; i < packets; i++)
		passed += pass_through(h, p) == PC_VERDICT_PASS;
	return passed;
}

static void pause_ms(unsigned ms)
{
	const struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	nanosleep(&pause, NULL);
}

static void test_limit(struct hook *h)
{
	static const struct layer layers[LAYERS] = { ETH(), IP4(), UDP(.dport = 53) };
	unsigned later;

	tap_test("%s: a limit lets its burst pass, then its rate", h->name);
	packet_build(&packet, layers);
	if (!apply(h, "limit udp dst port 53 rate 10/s burst 5"))
		return;
	tap_check_int(passes_of(h, &packet, 50), 5);
	tap_check_int(ask(h, &packet).reason, PC_R_LIMIT);
	pause_ms(320);
	tap_check_int(ask(h, &packet).verdict, PC_VERDICT_PASS);
	later = passes_of(h, &packet, 50);
	tap_check(later >= 3 && later <= 4);
	pause_ms(1000);
	tap_check_int(passes_of(h, &packet, 50), 5);
}

/* What CPUs that come between each other leave, as if one more packet had passed. */
static bool overdraw(const struct hook *h, __u64 time)
{
	auto_engine struct engine engine = { .pages = -1 };
	struct pc_page *page = NULL;
	__u64 *bucket;

	if (!engine_open(&h->pins, &engine))
		page = pages_map(engine.pages, PC_PAGE_BUCKETS);
	if (!page)
		return false;
	for (bucket = (__u64 *)page->bytes; bucket < (__u64 *)page->bytes + PC_MAX_CELLS; bucket++)
		*bucket += *bucket ? time : 0;
	pages_unmap(page);
	return true;
}

static void test_limit_overdrawn(struct hook *h)
{
	static const struct layer layers[LAYERS] = { ETH(), IP4(), UDP(.dport = 53) };

	tap_test("%s: a bucket that is overdrawn is empty", h->name);
	packet_build(&packet, layers);
	if (!apply(h, "limit udp dst port 53 rate 1/m burst 5"))
		return;
	tap_check_int(passes_of(h, &packet, 10), 5);
	tap_check(overdraw(h, 60000000000ull << 10));
	tap_check_int(passes_of(h, &packet, 10), 0);
}

static void test_limit_per_source(struct hook *h)
{
	struct endpoint other = client;
	const struct layer from_client[LAYERS] = { ETH(), IP4(), UDP(.dport = 53) };
	const struct layer from_other[LAYERS] = { ETH(), IP4(.from = &other), UDP(.dport = 53) };

	other.ip4[3] = 77;
	tap_test("%s: a limit per source has a bucket for each", h->name);
	if (!apply(h, "limit udp dst port 53 rate 1/s burst 3 per src"))
		return;
	packet_build(&packet, from_client);
	tap_check_int(passes_of(h, &packet, 10), 3);
	packet_build(&packet, from_other);
	tap_check_int(passes_of(h, &packet, 10), 3);
	packet_build(&packet, from_client);
	tap_check_int(passes_of(h, &packet, 10), 0);
}

static void test_limit_of_super_packets(struct hook *h)
{
	static const struct layer layers[LAYERS] = { ETH(), IP4(), TCP(), DATA(3000) };
	const struct way super = { .gso_size = 1000, .gso_segs = 3 };

	if (h->hook == PC_HOOK_XDP)
		return;
	tap_test("%s: a super-packet takes a token for each segment", h->name);
	packet_build(&packet, layers);
	if (!apply(h, "limit tcp rate 1/s burst 7"))
		return;
	tap_check_int(send_way(h, &packet, &super), PC_VERDICT_PASS);
	tap_check_int(send_way(h, &packet, &super), PC_VERDICT_PASS);
	tap_check_int(send_way(h, &packet, &super), PC_VERDICT_DROP);
	tap_check_int(pass_through(h, &packet), PC_VERDICT_PASS);
	tap_check_int(pass_through(h, &packet), PC_VERDICT_DROP);
}

/* --- VLAN tag beside the packet */

static void test_tag_beside(struct hook *h)
{
	static const struct layer layers[LAYERS] = { ETH(), IP4(), TCP(), PAD(64) };
	const struct way tagged = { .tags = 1 };

	if (h->hook == PC_HOOK_XDP)
		return;
	tap_test("%s: a tag kept beside the packet", h->name);
	packet_build(&packet, layers);
	if (apply(h, "drop vlan 5"))
		tap_check_int(send_way(h, &packet, &tagged), PC_VERDICT_DROP);
	if (apply(h, "drop vlan 6"))
		tap_check_int(send_way(h, &packet, &tagged), PC_VERDICT_PASS);
}

/* --- sockets */

static struct endpoint home = { .ip4 = { 127, 0, 0, 1 }, .ip6 = { [15] = 1 } };

static unsigned port_of(int fd)
{
	struct sockaddr_in6 addr = { 0 };
	socklen_t len = sizeof(addr);

	if (getsockname(fd, (struct sockaddr *)&addr, &len))
		return 0;
	return ntohs(addr.sin6_port); /* at the same place in both families */
}

static int socket_at_home(int family, int type)
{
	struct sockaddr_in ip4 = { .sin_family = AF_INET,
		                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 ip6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(family, type, 0);

	if (bind(fd, family == AF_INET ? (struct sockaddr *)&ip4 : (struct sockaddr *)&ip6,
	         family == AF_INET ? sizeof(ip4) : sizeof(ip6)))
		tap_fail("bind: %m");
	return fd;
}

static void connect_to(int fd, int to)
{
	struct sockaddr_in6 addr = { 0 };
	socklen_t len = sizeof(addr);

	if (getsockname(to, (struct sockaddr *)&addr, &len) ||
	    connect(fd, (struct sockaddr *)&addr, len))
		tap_fail("connect: %m");
}

static bool is_established(const struct hook *h, int family, int type, unsigned from, unsigned to)
{
	const struct layer net4 = IP4(.from = &home, .to = &home);
	const struct layer net6 = IP6(.from = &home, .to = &home);
	const struct layer tcp = TCP(.sport = from, .dport = to);
	const struct layer udp = UDP(.sport = from, .dport = to);
	const struct layer layers[LAYERS] = { ETH(), family == AF_INET ? net4 : net6,
		                              type == SOCK_STREAM ? tcp : udp };

	packet_build(&packet, layers);
	return pass_through(h, &packet) == PC_VERDICT_DROP;
}

static void test_established(struct hook *h, int family, int type)
{
	auto_close int peer = socket_at_home(family, type), one = socket_at_home(family, type);
	unsigned peer_port = port_of(peer), port = port_of(one);
	bool out = h->hook == PC_HOOK_TC_EGRESS;

	tap_test("%s: established, %s over %s", h->name, type == SOCK_STREAM ? "TCP" : "UDP",
	         family == AF_INET ? "IPv4" : "IPv6");
	if (type == SOCK_STREAM && listen(peer, 1))
		tap_fail("listen: %m");
	/* The program may be attached to lo: let what is to be let through before the policy. */
	if (!apply(h, "pass ip"))
		return;
	connect_to(one, peer);
	if (!apply(h, "drop established"))
		return;
	tap_check(!is_established(h, family, type, port, peer_port + 1));
	/* As the packets of the one that is connected come and go. */
	tap_check(is_established(h, family, type, out ? port : peer_port, out ? peer_port : port));
	tap_check(!is_established(h, family, type, peer_port, port + 1));
	tap_check(!is_established(h, family, type == SOCK_STREAM ? SOCK_DGRAM : SOCK_STREAM,
	                          out ? port : peer_port, out ? peer_port : port));
}

/* --- the flow cache */

/* Rules for each of many sources, so that there is a tree of some depth. */
static char *many_rules(unsigned sources, const char *last)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	for (unsigned i = 0; i < sources; i++)
		fprintf(file, "%s src host 10.9.%u.%u udp dst port %u\n", i % 3 ? "drop" : "pass",
		        i >> 8, i & 255, i % 7 + 1);
	fprintf(file, "%s\n", last);
	fclose(file);
	return text;
}

static bool many_pass(const struct hook *h, unsigned source, unsigned port)
{
	struct endpoint from = client;
	const struct layer layers[LAYERS] = { ETH(), IP4(.from = &from), UDP(.dport = port) };

	from.ip4[0] = 10;
	from.ip4[1] = 9;
	from.ip4[2] = source >> 8;
	from.ip4[3] = source & 255;
	packet_build(&packet, layers);
	return pass_through(h, &packet) == PC_VERDICT_PASS;
}

#define SOURCES 2000

static void test_flows(struct hook *h, const char *last, bool otherwise)
{
	auto_free char *text = many_rules(SOURCES, last);
	unsigned wrong = 0;

	tap_test("%s: many flows, twice, then: %s", h->name, last);
	if (!apply(h, text))
		return;
	for (unsigned i = 0; i < 2 * SOURCES * 8; i++) {
		unsigned source = i / 8 % SOURCES, port = i % 8 + 1;
		bool passes = port == source % 7 + 1 ? source % 3 == 0 : otherwise;

		wrong += many_pass(h, source, port) != passes;
	}
	tap_check_int(wrong, 0);
}

static void test_new_policy_at_once(struct hook *h)
{
	tap_test("%s: the next policy speaks of a flow that is known", h->name);
	for (int i = 0; i < 4; i++) {
		auto_free char *text = many_rules(SOURCES, i % 2 ? "drop udp" : "pass udp");

		if (!apply(h, text))
			return;
		tap_check_int(many_pass(h, 5, 7), i % 2 == 0);
		tap_check_int(many_pass(h, 5, 7), i % 2 == 0);
	}
}

/* What the cache has of a flow is what is done, and where it counts. */
static void test_known_flow(struct hook *h)
{
	static const struct layer layers[LAYERS] = { ETH(), IP4(), UDP(.dport = 53) };
	static const struct {
		const char *name, *last; /* of a policy with rules enough for a cache */
		unsigned pass;           /* of 50 packets of one flow */
	} ways[] = {
		{ "a limit", "limit udp rate 1/h burst 5", 5 },
		{ "a drop", "drop udp", 0 },
		{ "a pass", "pass udp", 50 },
		{ "the default", "drop tcp\ndefault in drop\ndefault out drop", 0 },
	};
	struct pc_counter want[21] = { 0 };

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		auto_free char *text = many_rules(20, ways[i].last);

		tap_test("%s: a flow that is known, of %s", h->name, ways[i].name);
		packet_build(&packet, layers);
		if (!apply(h, "") || !apply(h, text)) /* rules that were there would count on */
			continue;
		tap_check_int(passes_of(h, &packet, 50), ways[i].pass);
		want[20] = (struct pc_counter){ i < 3 ? 50 : 0, i < 3 ? 50 * packet.len : 0 };
		check_counts(h, want, 21);
	}
	apply(h, ""); /* the hook is lo's, which others need */
}

/* XDP leaves to TC what it is not sure of, and finds the flows that TC knows. */
static void test_known_to_tc(struct hook *tc)
{
	static const struct layer layers[LAYERS] = { ETH(), IP4(.options = 4), UDP(.dport = 53) };
	struct hook xdp = { .name = "xdp, before tc-ingress",
		            .hook = PC_HOOK_XDP,
		            .pins = tc->pins };
	const struct pc_plan plan = {
		.xdp_mode = PC_XDP_SKB, .tc_backend = PC_TC_CLSACT, .early_drop = 1, .policies = 1
	};
	auto_object struct object object = { .pins = &xdp.pins, .plan = &plan };
	auto_free char *text = many_rules(20, "drop udp\ncount udp");
	struct pc_counter want[22] = { 0 };

	tap_test("%s: a flow that TC knows counts at the rule that decides, not at later ones",
	         xdp.name);
	if (!tap_check_int(object_load(&object, PC_HOOK_XDP, &xdp.prog), 0) || !apply(tc, "") ||
	    !apply(tc, text))
		return;
	packet_build(&packet, layers);
	tap_check_int(passes_of(tc, &packet, 3), 0);
	tap_check_int(passes_of(&xdp, &packet, 3), 0);
	want[20] = (struct pc_counter){ 6, 6 * packet.len };
	check_counts(tc, want, 22);
	apply(tc, "");
}

static void test_hook(struct hook *h)
{
	for (size_t i = 0; i < ROWS; i++)
		test_row(h, &rows[i]);
	test_counts(h);
	test_limit(h);
	test_limit_overdrawn(h);
	test_limit_per_source(h);
	test_limit_of_super_packets(h);
	test_tag_beside(h);
	for (int family = 0; family < 2; family++) {
		test_established(h, family ? AF_INET6 : AF_INET, SOCK_STREAM);
		test_established(h, family ? AF_INET6 : AF_INET, SOCK_DGRAM);
	}
	test_flows(h, "drop udp", false);
	test_flows(h, "pass udp", true);
	test_new_policy_at_once(h);
	test_known_flow(h);
}

int main(void)
{
	int r = geteuid() ? -EPERM : open_all();

	if (r == -EPERM)
		return tap_skip_all("it takes root to load programs");
	tap_test("the programs load");
	if (!tap_check_int(r, 0))
		return tap_done();
	for (struct hook *h = hooks; h < hooks + HOOKS; h++)
		test_hook(h);
	test_known_to_tc(&hooks[1]);
	return tap_done();
}
