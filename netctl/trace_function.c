/* SPDX-License-Identifier: GPL-2.0-only */
/* netctl trace function: the calls of a function of the kernel, with their arguments, or their
 * returns. */
#include <errno.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "abi/trace_function.h"
#include "lib/base/err.h"
#include "lib/kern/load.h"
#include "lib/trace/function.h"
#include "lib/trace/tracefs.h"
#include "netctl/commands.h"
#include "netctl/trace_record.h"
#include "trace_prog/function.skel.h"

struct function_args {
	struct record_args record;
	bool returns;
};

static const struct opt function_opts[] = {
	RECORD_OPTS,
	{ "return", 0, OPT_FLAG, offsetof(struct function_args, returns), NULL,
	  "when it returns, and with what", NULL },
	{ 0 },
};

struct function_state {
	struct traced traced;
	enum function_how how;
};

/* Which programs there are for what. */
static const struct {
	const char *name;
	enum function_how how;
	bool returns; /* when they are for returns */
	bool retprobe;
} programs[] = {
	{ "function_entry", FUNCTION_FENTRY, false, false },
	{ "function_exit", FUNCTION_FENTRY, true, false },
	{ "function_kprobe", FUNCTION_KPROBE, false, false },
	{ "function_keep", FUNCTION_KPROBE, true, false },
	{ "function_kretprobe", FUNCTION_KPROBE, true, true },
};
#define PROGRAMS (sizeof(programs) / sizeof(*programs))

static bool is_wanted(const struct tracing *tracing, size_t i)
{
	const struct function_args *args = tracing->args;
	const struct function_state *state = tracing->state;

	return programs[i].how == state->how && programs[i].returns == args->returns;
}

/* How many words of arguments the function has. */
static __u32 count_words(const struct event_format *format)
{
	__u32 words = 0;

	for (size_t i = 0; i < format->field_count; i++) {
		const struct event_field *field = &format->fields[i];

		if (field->offset < offsetof(struct pc_function_record, ret))
			words = (field->offset + field->size + 7) / 8 - 1;
	}
	return words;
}

static int configure(struct trace_session *session, struct tracing *tracing)
{
	const struct function_state *state = tracing->state;
	size_t size;
	__u32 *arg_count = load_knob(session->object, "arg_count", &size);
	int r = 0;

	if (!arg_count || size != sizeof(*arg_count))
		return load_refused(ENOENT, state->traced.format.name);
	*arg_count = count_words(&state->traced.format);
	for (size_t i = 0; !r && i < PROGRAMS; i++) {
		struct bpf_program *program =
			bpf_object__find_program_by_name(session->object, programs[i].name);

		bpf_program__set_autoload(program, is_wanted(tracing, i));
		if (is_wanted(tracing, i) && state->how == FUNCTION_FENTRY)
			r = bpf_program__set_attach_target(program, 0, state->traced.format.name);
	}
	return r ? load_refused(r, state->traced.format.name) : record_configure(session, tracing);
}

static int hold(struct trace_session *session, const struct function_state *state,
                struct bpf_program *program, bool retprobe)
{
	const char *name = state->traced.format.name;
	struct bpf_link *link = state->how == FUNCTION_FENTRY
	                                ? bpf_program__attach(program)
	                                : bpf_program__attach_kprobe(program, retprobe, name);

	if (!link && state->how == FUNCTION_KPROBE && errno == EINVAL)
		return fail_because(EINVAL, "%s: the kernel lets no kprobe in there", name);
	return trace_hold(session, link, name);
}

static int attach(struct trace_session *session, struct tracing *tracing)
{
	int r = 0;

	for (size_t i = 0; !r && i < PROGRAMS; i++) {
		if (is_wanted(tracing, i))
			r = hold(
				session, tracing->state,
				bpf_object__find_program_by_name(session->object, programs[i].name),
				programs[i].retprobe);
	}
	return r;
}

static const struct tracer tracer = {
	.name = "function",
	.elf = trace_prog_function__elf_bytes,
	.configure = configure,
	.attach = attach,
	.show = record_show,
	.finish = record_finish,
};

static int run_function(const struct invocation *inv)
{
	const struct function_args *args = inv->args;
	struct function_state state = { .traced.key = "function" };
	int r;

	if (inv->operand_count != 1)
		return fail_because(ERR_USAGE, "trace function: one NAME is wanted");
	r = tracefs_need();
	if (!r)
		r = function_read(inv->operands[0], args->returns, &state.how,
		                  &state.traced.format);
	if (!r)
		r = record_prepare(&args->record, &state.traced);
	if (!r)
		r = trace_tool(&tracer, inv, &state);
	event_format_free(&state.traced.format);
	return r;
}

const struct cmd trace_function_cmd = { "trace function",
	                                "NAME",
	                                "the calls of a function of the kernel",
	                                function_opts,
	                                sizeof(struct function_args),
	                                run_function };
