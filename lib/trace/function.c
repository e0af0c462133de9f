/* SPDX-License-Identifier: GPL-2.0-only */
/* A function of the kernel: whether it can be traced, what its BTF says of its arguments. */
#include "lib/trace/function.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/btf.h>

#include "abi/trace_function.h"
#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/kern/features.h"
#include "lib/trace/tracefs.h"

/* --- whether there is one --- */

struct symbol {
	char name[128], module[64]; /* "": of the kernel itself */
};

/* Reads a line of /proc/kallsyms, "ADDRESS TYPE NAME\t[MODULE]". False: it is no function. */
static bool read_symbol(const char *line, struct symbol *ret_symbol)
{
	char type;

	ret_symbol->module[0] = '\0';
	return sscanf(line, "%*x %c %127s [%63[^]]", &type, ret_symbol->name, ret_symbol->module) >=
	               2 &&
	       tolower((unsigned char)type) == 't';
}

/* The compiler gives what it has changed for its callers a name like "NAME.isra.0". */
static bool is_changed(const struct symbol *symbol, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(symbol->name, name, len) && symbol->name[len] == '.';
}

static int find(const char *name, struct symbol *ret_symbol)
{
	auto_fclose FILE *file = fopen("/proc/kallsyms", "re");
	struct symbol changed = { 0 };
	auto_free char *line = NULL;
	size_t room = 0;

	if (!file)
		return fail(errno, "/proc/kallsyms");
	while (getline(&line, &room, file) > 0) {
		if (!read_symbol(line, ret_symbol))
			continue;
		if (!strcmp(ret_symbol->name, name))
			return 0;
		if (is_changed(ret_symbol, name))
			changed = *ret_symbol;
	}
	if (*changed.name)
		return fail_because(ERR_ABSENT, "%s: this kernel has but %s of it", name,
		                    changed.name);
	return fail_because(ERR_ABSENT, "%s: this kernel has no function of that name", name);
}

/* Whether it begins with a place for fentry; where the list cannot be read, we shall see. */
static bool has_fentry(const char *name)
{
	auto_fclose FILE *file = fopen(TRACEFS "/available_filter_functions", "re");
	auto_free char *line = NULL;
	size_t room = 0, len = strlen(name), lines = 0;

	while (file && getline(&line, &room, file) > 0) {
		if (!strncmp(line, name, len) && strchr(" \t\n", line[len]))
			return true;
		lines++;
	}
	return !lines;
}

/* "integrity" of "none [integrity] confidentiality"; "" where it is none or nobody says. */
static void read_lockdown(char *mode, size_t size)
{
	auto_fclose FILE *file = fopen("/sys/kernel/security/lockdown", "re");
	char text[128] = "", *from;

	if (file && !fgets(text, sizeof(text), file))
		text[0] = '\0';
	from = strchr(text, '[');
	snprintf(mode, size, "%.*s", from ? (int)strcspn(from + 1, "]") : 0, from ? from + 1 : "");
	if (!strcmp(mode, "none"))
		mode[0] = '\0';
}

static int refused(const char *name)
{
	bool built_in = !access("/sys/bus/event_source/devices/kprobe", F_OK);
	char lockdown[32];

	read_lockdown(lockdown, sizeof(lockdown));
	return fail_because(
		EPERM,
		"%s: this kernel lets nobody trace its functions: it refuses fentry, and "
		"%s%s%s",
		name, built_in ? "kprobes" : "has no kprobes", *lockdown ? ": lockdown=" : "",
		lockdown);
}

/* --- fields --- */

static __u32 resolve(const struct btf *btf, __u32 id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type))) {
		id = type->type;
		type = btf__type_by_id(btf, id);
	}
	return id;
}

static bool is_char_pointer(const struct btf *btf, const struct btf_type *pointer)
{
	const struct btf_type *type = btf__type_by_id(btf, pointer->type);
	bool is_const = false;

	/* What is not const is there to be written to. */
	while (type && btf_is_mod(type)) {
		is_const |= btf_is_const(type);
		type = btf__type_by_id(btf, type->type);
	}
	return is_const && type && btf_is_int(type) &&
	       !strcmp(btf__name_by_offset(btf, type->name_off), "char");
}

static void describe(const struct btf *btf, __u32 id, struct event_field *field)
{
	const struct btf_type *type = btf__type_by_id(btf, resolve(btf, id));
	const struct btf_type *outer = btf__type_by_id(btf, id);
	__s64 size = btf__resolve_size(btf, id);

	field->type = outer ? btf__name_by_offset(btf, outer->name_off) : "";
	field->size = size > 0 && size <= 16 ? size : 8;
	field->kind = EVENT_BYTES;
	if (!type)
		return;
	if (btf_is_ptr(type)) {
		field->kind = EVENT_POINTER;
		field->type = is_char_pointer(btf, type) ? "const char *" : "";
	} else if (btf_is_int(type) && field->size <= 8) {
		field->kind = EVENT_NUMBER;
		field->is_signed = btf_int_encoding(type) & BTF_INT_SIGNED;
	} else if (btf_is_any_enum(type)) {
		field->kind = EVENT_NUMBER;
		field->is_signed = btf_kflag(type) || btf_is_enum(type);
	}
}

static void add_ret(const struct btf *btf, __u32 id, struct event_format *format)
{
	struct event_field *ret = &format->fields[format->field_count];

	if (!id)
		return; /* void */
	*ret = (struct event_field){ .name = "ret",
		                     .string = -1,
		                     .offset = offsetof(struct pc_function_record, ret) };
	describe(btf, id, ret);
	if (ret->size > 8)
		ret->size = 8;
	format->field_count++;
}

/* Arguments take as many words as they need, as long as there are some. */
static void add_args(const struct btf *btf, const struct btf_type *proto,
                     struct event_format *format)
{
	const struct btf_param *params = btf_params(proto);
	unsigned word = 0;

	for (int i = 0; i < btf_vlen(proto) && params[i].type; i++) {
		struct event_field *field = &format->fields[format->field_count];

		*field = (struct event_field){ .string = -1 };
		field->name = btf__name_by_offset(btf, params[i].name_off);
		describe(btf, params[i].type, field);
		field->offset = offsetof(struct pc_function_record, args) + 8 * word;
		word += (field->size + 7) / 8;
		if (word > PC_FUNCTION_ARGS)
			return;
		format->field_count++;
	}
}

static int read_proto(const struct btf *btf, __s32 id, bool returns, struct event_format *format)
{
	const struct btf_type *function = btf__type_by_id(btf, id);
	const struct btf_type *proto = btf__type_by_id(btf, function->type);

	if (!proto || !btf_is_func_proto(proto))
		return fail_because(EPROTO, "%s: its type is not understood", format->name);
	format->fields = calloc(btf_vlen(proto) + 1, sizeof(*format->fields));
	if (!format->fields)
		return fail(ENOMEM, "%s", format->name);
	add_args(btf, proto, format);
	event_follow(format);
	if (returns)
		add_ret(btf, proto->type, format);
	return 0;
}

/* The types of a module are in a BTF of its own, on top of the kernel's. 0: neither knows it. */
static __s32 find_type(struct event_format *format, const char *module)
{
	__s32 id;

	format->btf = btf__load_vmlinux_btf();
	if (!format->btf)
		return 0;
	if (*module)
		format->module_btf = btf__load_module_btf(module, format->btf);
	id = btf__find_by_name_kind(format->module_btf ?: format->btf, format->name, BTF_KIND_FUNC);
	return id < 0 ? 0 : id;
}

static int read_registers(bool returns, struct event_format *format)
{
	static const char *const names[PC_FUNCTION_REGS] = { "arg1", "arg2", "arg3", "arg4",
		                                             "arg5" };
	static const struct event_field word = {
		.name = "ret", .type = "", .kind = EVENT_POINTER, .size = 8, .string = -1
	};

	format->fields = calloc(PC_FUNCTION_REGS + 1, sizeof(*format->fields));
	if (!format->fields)
		return fail(ENOMEM, "%s", format->name);
	for (size_t i = 0; i < PC_FUNCTION_REGS + (size_t)returns; i++) {
		struct event_field *field = &format->fields[format->field_count++];

		*field = word;
		field->offset = offsetof(struct pc_function_record, ret);
		if (i == PC_FUNCTION_REGS)
			break;
		field->name = names[i];
		field->offset = offsetof(struct pc_function_record, args) + 8 * i;
	}
	return 0;
}

static int choose(struct event_format *format, const char *module, bool returns,
                  enum function_how *ret_how)
{
	__s32 id = feature_offered("fentry") && has_fentry(format->name) ? find_type(format, module)
	                                                                 : 0;

	*ret_how = id ? FUNCTION_FENTRY : FUNCTION_KPROBE;
	if (id)
		return read_proto(format->module_btf ?: format->btf, id, returns, format);
	return feature_offered("kprobe") ? read_registers(returns, format) : refused(format->name);
}

int function_read(const char *name, bool returns, enum function_how *ret_how,
                  struct event_format *ret_format)
{
	struct event_format format = { .name = strdup(name),
		                       .strings_of = PC_EVENT_OF_EITHER,
		                       .size = sizeof(struct pc_function_record) };
	struct symbol symbol = { 0 };
	int r;

	if (!format.name)
		return fail(ENOMEM, "%s", name);
	r = find(name, &symbol);
	if (!r)
		r = choose(&format, symbol.module, returns, ret_how);
	if (r)
		event_format_free(&format);
	else
		*ret_format = format;
	return r;
}
