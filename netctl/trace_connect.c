/* SPDX-License-Identifier: GPL-2.0-only */
/* netctl trace connect: the connections that processes ask for, and what becomes of them. */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "abi/trace_connect.h"
#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/base/moment.h"
#include "lib/kern/load.h"
#include "netctl/commands.h"
#include "netctl/trace.h"
#include "netctl/trace_end.h"
#include "trace_prog/connect.skel.h"

struct connect_args {
	struct trace_args common;
	bool tcp, ipv4, ipv6, count;
	const char *ports;
	double slower;
};

#define OPT_AT(member) offsetof(struct connect_args, member)

static const struct opt connect_opts[] = {
	TRACE_OPTS(connect_args),
	{ "port", 'P', OPT_TEXT, OPT_AT(ports), "PORT[,PORT...]", "only to these ports", NULL },
	{ "slower", 0, OPT_SECONDS, OPT_AT(slower), "SECONDS", "only what took as long", NULL },
	{ "ipv4", '4', OPT_FLAG, OPT_AT(ipv4), NULL, "only IPv4", NULL },
	{ "ipv6", '6', OPT_FLAG, OPT_AT(ipv6), NULL, "only IPv6", NULL },
	{ "tcp", 't', OPT_FLAG, OPT_AT(tcp), NULL,
	  "only what sends a SYN: costs others' system calls nothing", NULL },
	{ "count", 0, OPT_FLAG, OPT_AT(count), NULL, "count them by address, show that at the end",
	  NULL },
	{ 0 },
};

/* --- what is counted, with --count --- */

struct tally {
	struct pc_trace_connect what; /* the first of them */
	unsigned long long connects, failed;
};

/* Whoever connects to everything is not to take all memory. */
#define TALLIES 65536

struct counting {
	void *tree; /* tsearch(3) */
	struct tally **all;
	size_t count;
	unsigned long long others; /* connections for which there was no more room */
};

static int compare_ends(const void *left, const void *right)
{
	const struct pc_trace_connect *a = &((const struct tally *)left)->what;
	const struct pc_trace_connect *b = &((const struct tally *)right)->what;

	return (int)a->family - b->family ?: (int)a->protocol - b->protocol
	                               ?: memcmp(a->from.address, b->from.address,
	                                         sizeof(a->from.address))
	                               ?: memcmp(&a->to, &b->to, sizeof(a->to));
}

static struct tally *tally_add(struct counting *counting, const struct pc_trace_connect *event)
{
	struct tally **all = reallocarray(counting->all, counting->count + 1, sizeof(*all));
	auto_free struct tally *tally = calloc(1, sizeof(*tally));

	if (all)
		counting->all = all;
	if (!all || !tally)
		return NULL;
	tally->what = *event;
	if (!tsearch(tally, &counting->tree, compare_ends))
		return NULL;
	all[counting->count++] = tally;
	return TAKE_PTR(tally);
}

static int count(struct counting *counting, const struct pc_trace_connect *event)
{
	struct tally wanted = { .what = *event };
	struct tally **found = tfind(&wanted, &counting->tree, compare_ends);
	struct tally *tally;

	if (!found && counting->count == TALLIES) {
		counting->others++;
		return 1;
	}
	tally = found ? *found : tally_add(counting, event);
	if (!tally)
		return fail(ENOMEM, "trace connect");
	tally->connects++;
	tally->failed += event->ret != 0;
	return 1;
}

static int compare_connects(const void *left, const void *right)
{
	const struct tally *a = *(struct tally *const *)left, *b = *(struct tally *const *)right;

	return (a->connects < b->connects) - (a->connects > b->connects);
}

static void show_proto(struct lines *lines, const struct pc_trace_connect *event)
{
	line_text(lines, "proto", -5, event->protocol == IPPROTO_UDP ? "udp" : "tcp");
	line_family(lines, event->family);
}

static int show_tally(struct lines *lines, const struct tally *tally)
{
	const struct pc_trace_connect *what = &tally->what;
	char text[INET6_ADDRSTRLEN];

	line_begin(lines, moment_monotonic());
	line_number(lines, "connects", 8, (int64_t)tally->connects);
	line_number(lines, "failed", 8, (int64_t)tally->failed);
	show_proto(lines, what);
	line_text(lines, "saddr", -15,
	          inet_ntop(what->family, what->from.address, text, sizeof(text)));
	line_end_of(lines, "daddr", "dport", what->family, &what->to);
	return line_end(lines);
}

static int finish(struct trace_session *session, struct tracing *tracing)
{
	struct counting *counting = tracing->state;
	int r = 0;

	(void)session;
	if (counting->count)
		qsort(counting->all, counting->count, sizeof(struct tally *), compare_connects);
	for (size_t i = 0; !r && i < counting->count; i++)
		r = show_tally(&tracing->lines, counting->all[i]);
	if (counting->others)
		warn("trace connect: %llu more went elsewhere than to the first %d ends",
		     counting->others, TALLIES);
	return r;
}

static void counting_free(struct counting *counting)
{
	for (size_t i = 0; i < counting->count; i++) {
		tdelete(counting->all[i], &counting->tree, compare_ends);
		free(counting->all[i]);
	}
	free(counting->all);
}

/* --- a line each --- */

static void show_latency(struct lines *lines, uint64_t ns)
{
	char text[32];

	snprintf(text, sizeof(text), "%.1f", (double)ns / 1e3);
	line_value(lines, "latency_us", 10, json_real((double)ns / 1e3), text);
}

static int show(void *context, const void *data, size_t size)
{
	struct tracing *tracing = context;
	struct lines *lines = &tracing->lines;
	const struct connect_args *args = tracing->args;
	const struct pc_trace_connect *event = data;

	if (size < sizeof(*event))
		return fail_because(EPROTO, "trace connect: an event is too short");
	if (args->count)
		return count(tracing->state, event);
	trace_line_begin(tracing, &event->task);
	trace_line_ret(tracing, event->ret);
	show_latency(lines, event->latency);
	show_proto(lines, event);
	line_end_of(lines, "saddr", "sport", event->family, &event->from);
	line_end_of(lines, "daddr", "dport", event->family, &event->to);
	return line_end(lines) ?: 1;
}

/* --- what is wanted --- */

/* Takes one number off a list. */
static int read_port(const char **rest, __u16 *ret)
{
	char *after;
	unsigned long port;

	if (**rest < '0' || **rest > '9')
		return -EINVAL;
	port = strtoul(*rest, &after, 10);
	if (!port || port > UINT16_MAX || (*after && (*after != ',' || !after[1])))
		return -EINVAL;
	*rest = after + (*after == ',');
	*ret = port;
	return 0;
}

static int put_ports(const struct bpf_object *object, const char *ports)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(object, PC_TRACE_PORTS);
	const char *rest = ports;
	__u16 port;

	while (*rest) {
		if (read_port(&rest, &port))
			return -EINVAL;
		if (bpf_map__update_elem(map, &port, sizeof(port), &(__u8){ 1 }, sizeof(__u8),
		                         BPF_ANY))
			return fail(errno, "trace connect: --port");
	}
	return 0;
}

static int check_ports(const char *ports)
{
	const char *rest = ports;
	size_t count_of = 0;
	__u16 port;

	do {
		if (read_port(&rest, &port))
			return fail_because(ERR_USAGE,
			                    "--port '%s': ports are wanted, such as 443 or 80,443",
			                    ports);
		if (++count_of > PC_TRACE_MAX_PORTS)
			return fail_because(ERR_USAGE, "--port: more than %d", PC_TRACE_MAX_PORTS);
	} while (*rest);
	return 0;
}

static int configure(struct trace_session *session, struct tracing *tracing)
{
	const struct connect_args *args = tracing->args;
	struct bpf_object *object = session->object;
	struct pc_trace_connect_wanted *wanted;
	size_t size;

	wanted = load_knob(object, "wanted", &size);
	if (!wanted || size != sizeof(*wanted))
		return load_refused(ENOENT, "trace connect");
	wanted->latency = (__u64)llround(args->slower * 1e9);
	if (args->ipv4 != args->ipv6)
		wanted->family = args->ipv4 ? AF_INET : AF_INET6;
	wanted->by_port = args->ports;
	wanted->calls = !args->tcp;
	bpf_program__set_autoload(bpf_object__find_program_by_name(object, "enter_connect"),
	                          !args->tcp);
	bpf_program__set_autoload(bpf_object__find_program_by_name(object, "exit_connect"),
	                          !args->tcp);
	if (!args->ports)
		return 0;
	return bpf_map__set_max_entries(bpf_object__find_map_by_name(object, PC_TRACE_PORTS),
	                                PC_TRACE_MAX_PORTS);
}

static int attach(struct trace_session *session, struct tracing *tracing)
{
	const struct connect_args *args = tracing->args;
	int r = args->ports ? put_ports(session->object, args->ports) : 0;

	return r ?: trace_attach(session);
}

static const struct tracer tracer = {
	.name = "connect",
	.elf = trace_prog_connect__elf_bytes,
	.configure = configure,
	.attach = attach,
	.show = show,
	.finish = finish,
};

static int run_connect(const struct invocation *inv)
{
	const struct connect_args *args = inv->args;
	struct counting counting = { 0 };
	int r = args->ports ? check_ports(args->ports) : 0;

	r = r ?: trace_tool(&tracer, inv, &counting);
	counting_free(&counting);
	return r;
}

const struct cmd trace_connect_cmd = { "trace connect",
	                               "",
	                               "the connections that processes ask for, how they ended",
	                               connect_opts,
	                               sizeof(struct connect_args),
	                               run_connect };
