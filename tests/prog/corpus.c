/* SPDX-License-Identifier: GPL-2.0-only */
/* The loaded programs against a naive parser, on packets nobody thought of: random ones, mutated,
 * or those of captures. Every verdict, counter and size is compared.
 *
 * usage: corpus [-s SEED] [-n PACKETS]	random packets
 *        corpus CAPTURE...		those of these files */
#include <libgen.h>
#include <unistd.h>

#include "tests/prog/capture.h"
#include "tests/prog/doors.h"
#include "tests/prog/naive.h"
#include "tests/prog/packet.h"
#include "tests/tap.h"

#define LAYERS     24
#define ROUND      1000  /* packets between looks at all the counters */
#define TEST       10000 /* packets that make a test */
#define MAX_SHOWN  3     /* packets of a round that are shown */
#define MAX_DUMPED 160   /* bytes of one */

static struct counts want;
static uint64_t met_reasons[PC_R_COUNT], met_protocols[PC_PROTO_COUNT];

/* --- chance, the same for the same seed */

static uint64_t chance;

static uint32_t roll(void) /* splitmix64 */
{
	uint64_t z = chance += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31) >> 16;
}

static unsigned below(unsigned n)
{
	return roll() % n;
}

static bool percent(unsigned n)
{
	return below(100) < n;
}

/* Often small, sometimes large. */
static unsigned small_or_large(unsigned small, unsigned large)
{
	return below(percent(90) ? small : large);
}

/* --- random packets */

static struct layer random_ip4(void)
{
	struct layer l = IP4();

	if (percent(15))
		l.options = below(11) * 4;
	if (percent(8))
		l.offset = SAY(below(0x2000));
	l.more = percent(8);
	l.dont = percent(30);
	if (percent(6))
		l.length = SAY(small_or_large(200, 65536));
	if (percent(2))
		l.ihl = SAY(below(16));
	if (percent(1))
		l.version = SAY(below(16));
	if (percent(3))
		l.next = SAY(below(256));
	return l;
}

static struct layer random_ip6(void)
{
	struct layer l = IP6();

	if (percent(6))
		l.length = SAY(small_or_large(200, 65536));
	if (percent(2))
		l.length = SAY(0);
	if (percent(1))
		l.version = SAY(below(16));
	if (percent(3))
		l.next = SAY(below(256));
	return l;
}

static struct layer random_ext(void)
{
	static const uint8_t numbers[] = { IPPROTO_HOPOPTS, IPPROTO_ROUTING, IPPROTO_FRAGMENT,
		                           IPPROTO_AH,      IPPROTO_DSTOPTS, IPPROTO_MH };
	struct layer l = EXT();

	l.number = numbers[below(sizeof(numbers))];
	if (percent(20) && l.number != IPPROTO_FRAGMENT)
		l.size = 8 + 8 * small_or_large(4, 255);
	if (l.number == IPPROTO_AH && percent(50))
		l.size = 12 + 4 * below(8);
	if (percent(3))
		l.length = SAY(below(256));
	if (percent(2))
		l.next = SAY(below(256));
	if (percent(3))
		l.times = 1 + below(l.size ? 8 : 40);
	if (percent(30))
		l.offset = below(percent(50) ? 4 : 0x2000);
	l.more = percent(30);
	return l;
}

static unsigned random_port(void)
{
	return percent(50) ? SAY(80) : percent(50) ? SAY(below(65536)) : 0;
}

static struct layer random_transport(bool ip6)
{
	static const enum layer_kind kinds[] = { LAYER_TCP,  LAYER_TCP,   LAYER_TCP, LAYER_TCP,
		                                 LAYER_TCP,  LAYER_UDP,   LAYER_UDP, LAYER_SCTP,
		                                 LAYER_ICMP, LAYER_ICMP6, LAYER_GRE, LAYER_DATA };
	struct layer l = { .kind = kinds[below(sizeof(kinds) / sizeof(*kinds))] };

	if (l.kind == LAYER_ICMP && percent(90))
		l.kind = ip6 ? LAYER_ICMP6 : LAYER_ICMP;
	l.dport = random_port();
	l.sport = random_port();
	if (l.kind == LAYER_TCP && percent(30))
		l.options = 4 * below(11);
	if (percent(4))
		l.doff = SAY(below(16));
	if (percent(4) && l.kind == LAYER_UDP)
		l.length = SAY(small_or_large(100, 65536));
	return l;
}

/* IP and what it carries, which may be IP once more. */
static struct layer *add_ip(struct layer *l, const struct layer *end)
{
	bool ip6 = percent(50);

	*l++ = ip6 ? random_ip6() : random_ip4();
	while (ip6 && percent(40) && l < end - 4)
		*l++ = random_ext();
	if (l[-1].kind == LAYER_EXT && percent(3)) {
		l[-1].times = NAIVE_EXTENSIONS - 8 + below(16);
		l[-1].size = 0;
	}
	if (percent(3) && l < end - 8)
		return add_ip(l, end);
	*l++ = random_transport(ip6);
	if (l[-1].kind == LAYER_GRE && l < end - 8)
		return add_ip(l, end);
	return l;
}

static struct layer *add_network(struct layer *l, const struct layer *end)
{
	unsigned which = below(100);

	if (which < 90)
		return add_ip(l, end);
	if (which < 94)
		*l++ = (struct layer)ARP();
	else if (which < 96)
		*l++ = (struct layer)LLC();
	else if (which < 98)
		*l++ = (struct layer)MPLS();
	else
		*l++ = (struct layer)PPPOE();
	return which < 96 ? l : add_ip(l, end);
}

static void random_packet(struct packet *p)
{
	struct layer layers[LAYERS] = { 0 }, *l = layers;
	const struct layer *end = layers + LAYERS - 1;

	*l++ = (struct layer)ETH();
	if (percent(2))
		layers[0].next = SAY(below(65536));
	while (percent(20) && l < layers + 5) {
		*l = (struct layer)VLAN();
		if (percent(50))
			l->tpid = SAY(NAIVE_QINQ);
		l++;
	}
	l = add_network(l, end);
	if (percent(70))
		*l++ = (struct layer)DATA(small_or_large(64, percent(5) ? 12000 : 1500));
	if (percent(20))
		*l++ = (struct layer)PAD(60);
	packet_build(p, layers);
}

/* --- mutations */

/* Somewhere in the headers, more often than not. */
static size_t somewhere(const struct packet *p)
{
	return below(percent(90) && p->len > 120 ? 120 : p->len);
}

static void flip_bit(struct packet *p)
{
	p->bytes[somewhere(p)] ^= 1 << below(8);
}

static void set_byte(struct packet *p)
{
	static const uint8_t odd[] = { 0, 1, 4, 5, 6, 8, 17, 44, 51, 60, 80, 127, 128, 132, 255 };

	p->bytes[somewhere(p)] = percent(70) ? odd[below(sizeof(odd))] : below(256);
}

/* A field of 16 bits, as lengths and offsets are. */
static void nudge_field(struct packet *p)
{
	size_t at = somewhere(p) & ~1ul;
	unsigned value;

	if (at + 2 > p->len)
		return;
	value = naive_16(p->bytes + at) + below(17) - 8;
	p->bytes[at] = value >> 8;
	p->bytes[at + 1] = value;
}

static void cut(struct packet *p)
{
	size_t keep = ETH_HLEN + below(p->len);

	if (keep < p->len)
		p->len = keep;
}

/* Makes room inside, or takes it away: what stands behind moves, as headers of 4 or 8 bytes make
 * it. */
static void open_gap(struct packet *p, size_t at, size_t size)
{
	if (at > p->len || p->len + size > PACKET_MAX)
		return;
	memmove(p->bytes + at + size, p->bytes + at, p->len - at);
	p->len += size;
}

static void insert_tag(struct packet *p)
{
	open_gap(p, 12, 4);
	memcpy(p->bytes + 12, percent(50) ? "\x81\0\0\7" : "\x88\xa8\0\7", 4);
}

/* Right after an IPv6 header without tags. */
static void insert_ext(struct packet *p)
{
	static const uint8_t numbers[] = { 0, 43, 44, 51, 60, 135 };

	if (p->len < 54 || memcmp(p->bytes + 12, "\x86\xdd", 2) != 0)
		return;
	open_gap(p, 54, 8);
	memset(p->bytes + 54, 0, 8);
	p->bytes[54] = p->bytes[20];
	p->bytes[20] = numbers[below(sizeof(numbers))];
	if (percent(50))
		p->bytes[19] += 8;
}

static void close_gap(struct packet *p)
{
	size_t at = somewhere(p), size = 4 + 4 * below(2);

	if (at + size > p->len || p->len - size < ETH_HLEN)
		return;
	memmove(p->bytes + at, p->bytes + at + size, p->len - at - size);
	p->len -= size;
}

static void scramble(struct packet *p)
{
	size_t from = percent(80) ? ETH_HLEN : 12;

	for (size_t i = from; i < p->len && i < 400; i++)
		p->bytes[i] = roll();
}

static void mutate(struct packet *p)
{
	static void (*const ways[])(struct packet *) = { flip_bit,    flip_bit, flip_bit,
		                                         set_byte,    set_byte, nudge_field,
		                                         nudge_field, cut,      insert_tag,
		                                         insert_ext,  close_gap };

	if (percent(2))
		scramble(p);
	for (unsigned left = percent(50) ? 0 : 1 + below(4); left; left--)
		ways[below(sizeof(ways) / sizeof(*ways))](p);
}

/* --- a packet through all the doors */

/* A packet on its way through one door, and all that is to be said of it when it went wrong. */
struct journey {
	const struct door *door;
	struct passage way;
	struct expected e;
};

static void describe(const struct journey *j)
{
	char line[3 * 16 + 1];

	tap_say("%s, %zu bytes: first buffer %u, %u tags, gso size %u, segments %u, wire_len %u",
	        j->door->name, j->way.len, j->way.linear, j->way.tags, j->way.gso_size,
	        j->way.gso_segs, j->way.wire_len);
	for (size_t i = 0; i < j->way.len && i < MAX_DUMPED; i += 16) {
		int n = 0;

		for (size_t k = i; k < i + 16 && k < j->way.len; k++)
			n += sprintf(line + n, "%02x ", j->way.bytes[k]);
		tap_say("%04zx  %s", i, line);
	}
}

/* What the kernel makes of a frame when it puts on two tags: one is in the frame then. */
static void add_tag(const struct passage *way, struct packet *with)
{
	memcpy(with->bytes, way->bytes, 12);
	memcpy(with->bytes + 12, "\x81\0\0\5", 4);
	memcpy(with->bytes + 16, way->bytes + 12, way->len - 12);
	with->len = way->len + 4;
}

/* What is to become of it. */
static struct expected foresee(const struct door *d, const struct passage *way)
{
	static struct packet with;
	struct passage seen = *way;
	struct naive_super s = { .gso_size = way->gso_size,
		                 .gso_segs = way->gso_segs,
		                 .wire_len = way->wire_len };
	unsigned beside = way->tags ? 4 : 0;
	struct naive_wire w;
	struct naive n;
	bool dropped;

	if (way->tags == 2) {
		add_tag(way, &with);
		seen.bytes = with.bytes;
		seen.len = with.len;
	}
	n = naive_parse(seen.bytes, seen.len, !!way->tags);
	s.len = seen.len;
	s.headers = n.headers;
	w = naive_cut(&s);
	dropped = n.matched && d->enforces;
	met_reasons[dropped ? PC_R_RULE : n.reason]++;
	met_protocols[n.protocol]++;
	return (struct expected){
		.verdict = dropped ? PC_VERDICT_DROP : PC_VERDICT_PASS,
		.reason = dropped ? PC_R_RULE : n.reason,
		.protocol = n.protocol,
		.packets = w.packets,
		.size = w.packets > 1 ? w.size + beside : 0,
		.last = w.last + beside,
	};
}

/* Whether the counter that should have moved has, and to where it should. */
static bool cell_is_right(const struct journey *j)
{
	static struct pc_counter *values;
	uint32_t cell = pc_cell(j->door->hook, j->e.reason, j->e.protocol, j->e.verdict);
	struct pc_counter sum = { 0 };
	int cpus = libbpf_num_possible_cpus();

	if (!values)
		values = calloc(cpus, sizeof(*values));
	if (!values || bpf_map_lookup_elem(counters_fd, &cell, values))
		return false;
	for (int i = 0; i < cpus; i++) {
		sum.packets += values[i].packets;
		sum.bytes += values[i].bytes;
	}
	return sum.packets == want.cells[cell].packets && sum.bytes == want.cells[cell].bytes;
}

/* Returns whether it became of it what should. `closely`: no other counter moved either. */
static bool travel(struct journey *j, bool closely)
{
	int action = 0, err = door_send(j->door, &j->way, &action);
	bool right;

	j->e = foresee(j->door, &j->way);
	if (err) {
		tap_fail("test run: %s", strerror(-err));
		describe(j);
		return false;
	}
	counts_add(&want, j->door->hook, &j->e);
	right = action == door_action(j->door, j->e.verdict) && cell_is_right(j);
	if (right && !closely)
		return true;
	if (!right)
		tap_fail("should be: %s %s %s, %u packets of %u and %u bytes; action is %d",
		         j->e.verdict == PC_VERDICT_DROP ? "drop" : "pass",
		         reason_tokens[j->e.reason], protocol_tokens[j->e.protocol], j->e.packets,
		         j->e.size, j->e.last, action);
	right = counts_hold(&want) && right;
	if (!right)
		describe(j);
	return right;
}

static void vary(struct passage *way, const struct door *d)
{
	if (d->hook == PC_HOOK_XDP)
		return;
	if (percent(15))
		way->tags = 1 + below(2);
	if (percent(20) && way->len >= STAGE_MIN && way->len <= STAGE_MAX) {
		way->gso_size = percent(80) ? 1 + below(1500) : 1 + below(65535);
		way->gso_segs = percent(70) ? below(6) : 0;
		if (percent(30))
			way->wire_len = way->len + below(400);
	}
}

/* `varied`: each time in another way, as only a made-up packet can be. */
static bool send_everywhere(const struct packet *p, bool varied, bool closely)
{
	bool right = true;

	for (struct door *d = doors; d < doors + DOORS; d++) {
		struct journey j = { .door = d, .way = { .bytes = p->bytes, .len = p->len } };

		if (d->closed || (d->hook != PC_HOOK_XDP && p->len > GROWN_MAX))
			continue;
		if (d->scatters)
			j.way.linear = ETH_HLEN + below(150);
		if (varied)
			vary(&j.way, d);
		right = travel(&j, closely) && right;
	}
	return right;
}

/* --- tests */

/* So many random packets. Where the counters do not add up though every packet seemed right, the
 * same ones again, looked at closely. */
static void try_round(unsigned packets)
{
	static struct packet p;
	const uint64_t before = chance;
	unsigned wrong = 0;

	for (int closely = 0; closely < 2 && !wrong; closely++) {
		chance = before;
		for (unsigned i = 0; i < packets && wrong < MAX_SHOWN; i++) {
			random_packet(&p);
			mutate(&p);
			wrong += !send_everywhere(&p, true, closely);
		}
		if (counts_hold(&want))
			return;
	}
}

static void test_random(unsigned packets)
{
	for (unsigned i = 0; i < packets; i += TEST) {
		unsigned most = packets - i < TEST ? packets - i : TEST;

		tap_test("random packets %u to %u", i + 1, i + most);
		for (unsigned j = 0; j < most && !tap.failed; j += ROUND)
			try_round(most - j < ROUND ? most - j : ROUND);
	}
}

/* Whether chance was kind: all that can be met was, many times. */
static void test_variety(unsigned packets)
{
	tap_test("every reason and every protocol came up");
	for (int i = 0; i < PC_R_COUNT; i++) {
		tap_say("%s %llu", reason_tokens[i], (unsigned long long)met_reasons[i]);
		/* The built-in rule has none; it takes 64 KiB of headers. */
		if (i == PC_R_LIMIT || i == PC_R_DEFAULT || i == PC_R_IP6_DEPTH)
			continue;
		if (met_reasons[i] < packets / 1000)
			tap_fail("reason %s is too rare", reason_tokens[i]);
	}
	for (int i = 0; i < PC_PROTO_COUNT; i++) {
		tap_say("%s %llu", protocol_tokens[i], (unsigned long long)met_protocols[i]);
		if (met_protocols[i] < packets / 1000)
			tap_fail("protocol %s is too rare", protocol_tokens[i]);
	}
}

static void test_capture(char *path)
{
	unsigned sent = 0, others = 0, wrong = 0;
	struct capture_packet found;
	static struct packet p;
	struct capture c;
	const char *why = capture_open(&c, path);

	tap_test("capture %s", basename(path));
	while (!why && wrong < MAX_SHOWN && capture_next(&c, &found)) {
		if (found.link_type != CAPTURE_ETHERNET || found.len < ETH_HLEN ||
		    found.len > PACKET_MAX) {
			others++;
			continue;
		}
		p.len = found.len;
		memcpy(p.bytes, found.bytes, found.len);
		wrong += !send_everywhere(&p, false, false);
		sent++;
	}
	if (sent)
		counts_hold(&want);
	else
		tap_skip("%s", why ?: "no packets of Ethernet");
	tap_say("%u packets, %u passed over", sent, others);
	capture_close(&c);
}

int main(int argc, char **argv)
{
	unsigned packets = 200000;
	int option, err;

	chance = 1;
	while ((option = getopt(argc, argv, "s:n:")) != -1) {
		if (option == 's')
			chance = strtoull(optarg, NULL, 0);
		else if (option == 'n')
			packets = strtoul(optarg, NULL, 0);
		else
			return 2;
	}
	err = doors_open() ?: counts_read(&want);
	if (err == -EPERM)
		return tap_skip_all("it takes root to load programs");
	tap_test("the programs load");
	tap_say("seed %llu", (unsigned long long)chance);
	if (err) {
		tap_fail("%s", strerror(-err));
		return tap_done();
	}
	for (int i = optind; i < argc; i++)
		test_capture(argv[i]);
	if (optind == argc) {
		test_random(packets);
		test_variety(packets);
	}
	return tap_done();
}
