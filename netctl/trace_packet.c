/* SPDX-License-Identifier: GPL-2.0-only */
/* netctl trace packet: the way of packets through the stack, and where it ends. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/kern/load.h"
#include "lib/kern/pins.h"
#include "lib/packet/frame.h"
#include "lib/packet/words.h"
#include "lib/trace/netns_names.h"
#include "lib/trace/packet_filter.h"
#include "lib/trace/tracefs.h"
#include "netctl/commands.h"
#include "netctl/packet_blame.h"
#include "netctl/packet_groups.h"
#include "netctl/trace.h"
#include "trace_prog/packet.skel.h"

#define ECHO \
	"icmp[icmptype] == icmp-echo or icmp[icmptype] == icmp-echoreply or " \
	"(icmp6 and (ip6[40] == 128 or ip6[40] == 129))"

#define WANTED 4096

struct packet_args {
	struct trace_args common;
};

static const struct opt packet_opts[] = { TRACE_OPTS(packet_args), { 0 } };

struct state {
	struct pc_packet_insn *code; /* of the filter */
	size_t code_len;
	bool by_comm;
	uint64_t wanted[WANTED];      /* packets whose first step --comm wanted, by their ids */
	struct packet_groups *groups; /* NULL: JSON is wanted */
	struct blamer *blamer;
	struct drop_reasons *reasons; /* these two when they are first asked for */
	struct kallsyms *symbols;
	struct netns_names netns_names;
	struct frame frame;
};

/* --- before it is loaded --- */

static bool has_process_filter(const struct pc_trace_filter *filter)
{
	return filter->by_pid || filter->by_uid || filter->by_cgroup || filter->by_comm;
}

/* Linux 6.1 does not say yet who consumes a packet. */
static int choose_program(struct bpf_object *object)
{
	auto_free char *format = NULL;
	size_t size;
	int r = tracefs_format("skb", "consume_skb", &format, &size);
	bool says = !r && strstr(format, " location;");

	bpf_program__set_autoload(bpf_object__find_program_by_name(object, "packet_consumed"),
	                          !says);
	bpf_program__set_autoload(bpf_object__find_program_by_name(object, "packet_consumed_at"),
	                          says);
	return r;
}

static int configure(struct trace_session *session, struct tracing *tracing)
{
	const struct state *state = tracing->state;
	struct bpf_map *code = bpf_object__find_map_by_name(session->object, PC_PACKET_CODE);
	uint32_t *len;
	size_t size;
	int r;

	len = load_knob(session->object, "code_len", &size);
	if (!len || size != sizeof(*len) || !code)
		return load_refused(ENOENT, "trace packet");
	*len = state->code_len;
	r = choose_program(session->object);
	if (r)
		return r;
	r = bpf_map__set_max_entries(code, state->code_len);
	if (!r)
		r = load_set_bool(session->object, "by_process",
		                  has_process_filter(&session->filter->kernel));
	return r ? load_refused(r, "trace packet") : 0;
}

static int attach(struct trace_session *session, struct tracing *tracing)
{
	const struct state *state = tracing->state;
	int code = bpf_object__find_map_fd_by_name(session->object, PC_PACKET_CODE);

	for (uint32_t i = 0; i < state->code_len; i++) {
		if (bpf_map_update_elem(code, &i, &state->code[i], BPF_ANY))
			return fail(errno, "trace packet: the filter");
	}
	return trace_attach(session);
}

/* --- a step --- */

static void find_place(struct state *state, uint64_t address, char ret_text[static KALLSYM_SIZE])
{
	if (!address)
		return;
	if (!state->symbols)
		state->symbols = kallsyms_open();
	kallsym_text(state->symbols, address, ret_text);
}

static void find_out(struct state *state, const struct pc_trace_packet *event,
                     struct packet_step *step)
{
	memset(step, 0, sizeof(*step));
	step->event = event;
	packet_frame(event, &state->frame);
	dissect(state->frame.bytes, state->frame.len, &step->headers);
	step->netns_name = netns_name_of(&state->netns_names, event->netns);
	find_place(state, event->location, step->location);
	step->step = packet_step_of(step);
	step->fate = packet_fate(step);
	if (step->step != PC_PACKET_DROPPED)
		return;
	if (!state->reasons)
		state->reasons = drop_reasons_open();
	drop_reason_text(state->reasons, event->reason, step->reason);
	step->blame = blame_of(state->blamer, step, &state->frame);
}

static void line_address(struct lines *lines, const char *key, const struct headers *headers,
                         const uint8_t *address)
{
	char text[INET6_ADDRSTRLEN];

	if (headers->family)
		inet_ntop(headers->family == 4 ? AF_INET : AF_INET6, address, text, sizeof(text));
	line_text(lines, key, LINE_JSON, headers->family ? text : NULL);
}

static void line_maybe(struct lines *lines, const char *key, bool is_there, int64_t number)
{
	line_value(lines, key, LINE_JSON, is_there ? json_integer(number) : json_null(), NULL);
}

static void line_headers(struct lines *lines, const struct packet_step *step)
{
	const struct headers *headers = &step->headers;
	char proto[HEADERS_PROTOCOL_SIZE];

	line_text(lines, "family", LINE_JSON,
	          headers->family == 4   ? "ipv4"
	          : headers->family == 6 ? "ipv6"
	                                 : NULL);
	line_text(lines, "proto", LINE_JSON, headers_protocol(headers, proto));
	line_address(lines, "saddr", headers, headers->src);
	line_maybe(lines, "sport", headers->has_ports, headers->sport);
	line_address(lines, "daddr", headers, headers->dst);
	line_maybe(lines, "dport", headers->has_ports, headers->dport);
	line_number(lines, "size", LINE_JSON, step->event->size);
}

/* Sent and received it is not yet clear what becomes of it. */
static const char *verdict_word(const struct packet_step *step)
{
	return fate_is_final(step->fate) || step->fate == FATE_FORWARDED ? fate_words[step->fate]
	                                                                 : NULL;
}

static void line_drop(struct lines *lines, const struct packet_step *step)
{
	const struct blame *blame = step->blame;

	line_text(lines, "verdict", LINE_JSON, verdict_word(step));
	line_value(lines, "reason", LINE_JSON, json_text(blame ? blame->reason : step->reason),
	           NULL);
	line_value(lines, "drop_reason", LINE_JSON, json_text(step->reason), NULL);
	line_value(lines, "location", LINE_JSON, json_text(step->location), NULL);
	line_text(lines, "hook", LINE_JSON, blame ? blame->hook : NULL);
	line_maybe(lines, "rule", blame && blame->rule, blame ? blame->rule : 0);
	line_value(lines, "label", LINE_JSON, json_text(blame ? blame->label : NULL), NULL);
	line_value(lines, "text", LINE_JSON, json_text(blame ? blame->text : NULL), NULL);
}

static int say_json(struct tracing *tracing, const struct packet_step *step)
{
	const struct pc_trace_packet *event = step->event;
	struct lines *lines = &tracing->lines;

	if (event->task.nobody)
		trace_line_begin_nobody(tracing, &event->task);
	else
		trace_line_begin(tracing, &event->task);
	line_number(lines, "packet", LINE_JSON, event->id);
	line_text(lines, "step", LINE_JSON, packet_step_words[step->step]);
	line_text(lines, "direction", LINE_JSON, event->direction == PC_PACKET_OUT ? "out" : "in");
	line_text(lines, "ifname", LINE_JSON, *event->ifname ? event->ifname : NULL);
	line_maybe(lines, "ifindex", event->ifindex, event->ifindex);
	line_text(lines, "netns_name", LINE_JSON, step->netns_name);
	line_headers(lines, step);
	line_drop(lines, step);
	return line_end(lines);
}

/* The kernel lets a name pass that it does not know, and follows the packet; what is said about it
 * later is not wanted either. */
static bool is_wanted(struct state *state, const struct pc_trace_packet *event)
{
	uint64_t *place = &state->wanted[event->id % WANTED];

	if (event->is_first)
		*place = event->id;
	return !state->by_comm || *place == event->id;
}

static int show(void *context, const void *data, size_t size)
{
	struct tracing *tracing = context;
	struct state *state = tracing->state;
	const struct pc_trace_packet *event = data;
	struct packet_step step;
	int r;

	if (size < sizeof(*event) || event->step >= PC_PACKET_STEP_COUNT)
		return fail_because(EPROTO, "trace packet: an event is not one");
	if (!is_wanted(state, event))
		return 0;
	find_out(state, event, &step);
	if (packet_is_trial(&step))
		return 0;
	r = state->groups ? packet_groups_add(state->groups, &step) : say_json(tracing, &step);
	return r ?: 1;
}

static int tick(void *context)
{
	const struct tracing *tracing = context;
	const struct state *state = tracing->state;

	return state->groups ? packet_groups_print(state->groups, false) : 0;
}

static int finish(struct trace_session *session, struct tracing *tracing)
{
	const struct state *state = tracing->state;

	(void)session;
	return state->groups ? packet_groups_print(state->groups, true) : 0;
}

static const struct tracer tracer = {
	.name = "packet",
	.elf = trace_prog_packet__elf_bytes,
	.configure = configure,
	.attach = attach,
	.show = show,
	.tick = tick,
	.finish = finish,
};

/* --- the command --- */

static int state_open(struct state *state, const struct invocation *inv)
{
	const struct packet_args *args = inv->args;
	const char *root;
	auto_free char *expression = cmd_joined(inv->operand_count, inv->operands);
	int r = pins_root(inv->common.pin_root, &root);

	if (r)
		return r;
	if (!expression)
		return fail(ENOMEM, "trace packet");
	r = packet_filter_compile(*expression ? expression : ECHO, &state->code, &state->code_len);
	if (r)
		return r;
	state->by_comm = args->common.words.comm;
	state->blamer = blamer_open(root);
	if (!inv->common.json)
		state->groups = packet_groups_new(args->common.time);
	return state->blamer && (inv->common.json || state->groups) ? 0 : -ENOMEM;
}

static void state_close(struct state **state)
{
	if (!*state)
		return;
	packet_groups_free((*state)->groups);
	blamer_close((*state)->blamer);
	drop_reasons_close((*state)->reasons);
	kallsyms_close((*state)->symbols);
	netns_names_free(&(*state)->netns_names);
	free((*state)->code);
	free(*state);
}

static int run_packet(const struct invocation *inv)
{
	__attribute__((cleanup(state_close))) struct state *state = calloc(1, sizeof(*state));
	int r;

	if (!state)
		return fail(ENOMEM, "trace packet");
	r = state_open(state, inv);
	return r ?: trace_tool(&tracer, inv, state);
}

const struct cmd trace_packet_cmd = { "trace packet",
	                              "['FILTER']",
	                              "the way of packets, and where it ends",
	                              packet_opts,
	                              sizeof(struct packet_args),
	                              run_packet };
