/* SPDX-License-Identifier: GPL-2.0-only */
/* A tracepoint: what its format file says of it. */
#include "lib/trace/event.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <traceevent/event-parse.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"

/* --- system calls: every argument takes a register, whatever its type --- */

struct width {
	const char *type;
	unsigned size;
	bool is_signed;
};

static const struct width widths[] = {
	{ "int", 4, true },        { "pid_t", 4, true },         { "key_t", 4, true },
	{ "clockid_t", 4, true },  { "mqd_t", 4, true },         { "timer_t", 4, true },
	{ "s32", 4, true },        { "__s32", 4, true },         { "key_serial_t", 4, true },
	{ "rwf_t", 4, true },      { "long", 8, true },          { "loff_t", 8, true },
	{ "off_t", 8, true },      { "ssize_t", 8, true },       { "unsigned", 4, false },
	{ "uint", 4, false },      { "unsigned int", 4, false }, { "u32", 4, false },
	{ "__u32", 4, false },     { "uint32_t", 4, false },     { "uid_t", 4, false },
	{ "gid_t", 4, false },     { "qid_t", 4, false },        { "umode_t", 2, false },
	{ "old_uid_t", 2, false }, { "old_gid_t", 2, false },
};

static const char *without(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) != 0 ? text : text + len;
}

/* What is beyond the type in a register is nothing the kernel looks at. */
static void narrow(struct event_field *field)
{
	const char *type = without(field->type, "const ");

	for (size_t i = 0; i < sizeof(widths) / sizeof(*widths); i++) {
		if (strcmp(widths[i].type, type) != 0)
			continue;
		if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
			field->offset += field->size - widths[i].size;
		field->size = widths[i].size;
		field->is_signed = widths[i].is_signed;
	}
}

/* --- pointers that are followed --- */

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && !strcmp(text + len - end_len, end);
}

/* Whether a field says how long what is before it is: that is no string then. */
static bool is_length(const struct event_field *field)
{
	static const char *const ends[] = { "len", "size", "siz", "count" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		if (ends_with(field->name, ends[i]))
			return true;
	}
	return !strcmp(field->type, "size_t");
}

static bool is_string(const struct event_format *format, size_t i)
{
	const struct event_field *field = &format->fields[i];

	if (field->kind != EVENT_POINTER || field->size != sizeof(uint64_t) ||
	    strcmp(without(field->type, "const "), "char *") != 0)
		return false;
	/* shmat() takes an address and calls it a string. */
	return strcmp(field->name, "shmaddr") != 0 &&
	       (i + 1 == format->field_count || !is_length(field + 1));
}

void event_follow(struct event_format *format)
{
	int count = 0;

	for (size_t i = 0; i < format->field_count; i++) {
		bool followed = count < PC_EVENT_MAX_STRINGS && is_string(format, i);

		format->fields[i].string = followed ? count++ : -1;
	}
}

/* --- fields --- */

static bool is_number_size(unsigned size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

/* The type of an array's elements and what follows, such as "char[16]". */
static const char *element_type(const struct tep_format_field *field)
{
	return without(without(field->type, "__data_loc "), "__rel_loc ");
}

/* The library knows the size of some types' elements. */
static unsigned element_size(const struct tep_format_field *field)
{
	if (!strncmp(element_type(field), "unsigned int", 12))
		return sizeof(unsigned);
	return field->elementsize;
}

static enum event_kind kind_of(const struct tep_format_field *field)
{
	bool dynamic = field->flags & TEP_FIELD_IS_DYNAMIC;

	/* To the library, bytes are strings too. */
	if (field->flags & TEP_FIELD_IS_STRING && !strncmp(element_type(field), "char", 4))
		return EVENT_STRING;
	/* A set of CPUs has a locator and elements, but no brackets. */
	if (field->flags & TEP_FIELD_IS_ARRAY || dynamic)
		return is_number_size(element_size(field)) && !strstr(field->type, "struct ")
		               ? EVENT_NUMBERS
		               : EVENT_BYTES;
	if (field->flags & TEP_FIELD_IS_POINTER)
		return EVENT_POINTER;
	return is_number_size(field->size) ? EVENT_NUMBER : EVENT_BYTES;
}

/* The format file says nothing of the signs of an array's elements. */
static bool is_signed_array(const struct tep_format_field *field)
{
	static const char *const types[] = { "int", "long", "short", "s8",
		                             "s16", "s32",  "s64",   "pid_t" };

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (without(element_type(field), types[i]) != element_type(field))
			return true;
	}
	return false;
}

static void read_field(const struct tep_format_field *from, struct event_field *field)
{
	*field = (struct event_field){
		.name = from->name,
		.type = from->type,
		.offset = from->offset,
		.size = from->size,
		.element = element_size(from),
		.kind = kind_of(from),
		.is_signed = from->flags & TEP_FIELD_IS_SIGNED,
		.located = from->flags & TEP_FIELD_IS_DYNAMIC,
		.relative = from->flags & TEP_FIELD_IS_RELATIVE,
		.string = -1,
	};
	if (field->kind == EVENT_NUMBERS)
		field->is_signed = is_signed_array(from);
}

/* Nothing may lie before the fields that every event has, nor beyond what we can take. */
static bool is_plausible(const struct tep_format_field *field)
{
	bool dynamic = field->flags & TEP_FIELD_IS_DYNAMIC;

	return field->name && field->type && field->offset >= PC_EVENT_COMMON && field->size >= 0 &&
	       field->offset <= PC_EVENT_MAX_RECORD && field->size <= PC_EVENT_MAX_RECORD &&
	       field->offset + field->size <= PC_EVENT_MAX_RECORD &&
	       (!dynamic || field->size == sizeof(uint32_t));
}

static int read_fields(struct event_format *format)
{
	const struct tep_format_field *from = format->event->format.fields;
	size_t count = 0;

	for (; from; from = from->next)
		count++;
	format->fields = calloc(count + 1, sizeof(*format->fields));
	if (!format->fields)
		return fail(ENOMEM, "%s", format->name);
	format->size = PC_EVENT_COMMON;
	for (from = format->event->format.fields; from; from = from->next) {
		struct event_field *field = &format->fields[format->field_count];

		if (!is_plausible(from))
			return fail_because(EPROTO, "%s: a field of its format is out of place",
			                    format->name);
		read_field(from, field);
		if (field->offset + field->size > format->size)
			format->size = field->offset + field->size;
		if (format->is_syscall && field->kind == EVENT_NUMBER && field->size == 8)
			narrow(field);
		format->field_count++;
	}
	event_follow(format);
	return 0;
}

/* --- all of it --- */

static bool is_syscall(const char *category, const char *name)
{
	return !strcmp(category, "syscalls") && name == strstr(name, "sys_");
}

/* Whether a line says a field with its place, or nothing. */
static bool is_field_line(const char *line, size_t len)
{
	auto_free char *copy = strndup(line, len);
	unsigned offset, size, is_signed;
	int end = 0;

	if (!copy || !len)
		return copy;
	return sscanf(copy, "\tfield:%*[^;];\toffset:%u;\tsize:%u;\tsigned:%u;%n", &offset, &size,
	              &is_signed, &end) == 3 &&
	       end == (int)len;
}

/* Whether a text has the lines of a format file, up to how it is printed. The library does not look
 * where it steps. */
static bool is_format(const char *text, size_t size)
{
	static const char begin[] = "format:\n", end[] = "print fmt:";
	const char *line = memmem(text, size, begin, sizeof(begin) - 1), *next;

	if (!line || strncmp(text, "name: ", 6) != 0 || strlen(text) != size ||
	    text[size - 1] != '\n')
		return false;
	for (line += sizeof(begin) - 1; (next = strchr(line, '\n')); line = next + 1) {
		if (!strncmp(line, end, sizeof(end) - 1))
			return true;
		if (!is_field_line(line, next - line))
			return false;
	}
	return false;
}

static int parse(struct event_format *format, const char *category, const char *text, size_t size)
{
	enum tep_errno r;

	tep_set_loglevel(TEP_LOG_NONE);
	format->tep = tep_alloc();
	if (!format->tep)
		return fail(ENOMEM, "%s", format->name);
	tep_set_long_size(format->tep, sizeof(long));
	tep_set_file_bigendian(format->tep,
	                       tep_is_bigendian() ? TEP_BIG_ENDIAN : TEP_LITTLE_ENDIAN);
	tep_set_local_bigendian(format->tep,
	                        tep_is_bigendian() ? TEP_BIG_ENDIAN : TEP_LITTLE_ENDIAN);
	/* What it cannot print, it can still take apart. */
	r = is_format(text, size)
	            ? tep_parse_format(format->tep, &format->event, text, size, category)
	            : TEP_ERRNO__READ_FORMAT_FAILED;
	if (!format->event || (r && !(format->event->flags & TEP_EVENT_FL_FAILED)))
		return fail_because(EPROTO, "%s: its format is not understood", format->name);
	format->id = format->event->id;
	return 0;
}

int event_format_read(const char *category, const char *name, const char *text, size_t size,
                      struct event_format *ret_format)
{
	struct event_format format = { .is_syscall = is_syscall(category, name) };
	int r;

	format.strings_of = format.is_syscall ? PC_EVENT_OF_USER : PC_EVENT_OF_KERNEL;
	if (asprintf(&format.name, "%s:%s", category, name) < 0)
		return fail(ENOMEM, "%s:%s", category, name);
	r = parse(&format, category, text, size);
	if (!r)
		r = read_fields(&format);
	if (r)
		event_format_free(&format);
	else
		*ret_format = format;
	return r;
}

void event_format_free(struct event_format *format)
{
	free(format->name);
	free(format->fields);
	tep_free(format->tep);
	btf__free(format->module_btf);
	btf__free(format->btf);
	*format = (struct event_format){ 0 };
}

const struct event_field *event_field(const struct event_format *format, const char *name)
{
	for (size_t i = 0; i < format->field_count; i++) {
		if (!strcmp(format->fields[i].name, name))
			return &format->fields[i];
	}
	return NULL;
}

void event_describe(const struct event_format *format, struct pc_event_wanted *wanted)
{
	wanted->size = format->size;
	wanted->strings_of = format->strings_of;
	wanted->locator_count = wanted->string_count = 0;
	for (size_t i = 0; i < format->field_count; i++) {
		const struct event_field *field = &format->fields[i];

		if (field->located && wanted->locator_count < PC_EVENT_MAX_LOCATORS)
			wanted->locators[wanted->locator_count++] = (struct pc_event_locator){
				.offset = field->offset,
				.relative = field->relative,
			};
		if (field->string >= 0)
			wanted->strings[wanted->string_count++] = field->offset;
	}
}
