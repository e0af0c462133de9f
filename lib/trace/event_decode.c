/* SPDX-License-Identifier: GPL-2.0-only */
/* A tracepoint's record, field by field: as JSON, and as a line of text. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <traceevent/event-parse.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/trace/event.h"

/* What is being taken apart. Whatever the record says of itself, nothing outside of it is read. */
struct record {
	const struct event_format *format;
	const struct pc_trace_event *event;
	const char *bytes;
	size_t size;
	const char *strings[PC_EVENT_MAX_STRINGS]; /* NULL: not to be read */
};

/* A part of it. */
struct span {
	const char *bytes;
	size_t size;
	bool whole;
};

static struct span span_of(const struct record *record, size_t from, size_t size)
{
	struct span span = { .whole = from + size <= record->size };

	if (from >= record->size)
		return span;
	span.bytes = record->bytes + from;
	span.size = span.whole ? size : record->size - from;
	return span;
}

static struct span locate(const struct record *record, const struct event_field *field)
{
	struct span span = span_of(record, field->offset, field->size);
	uint32_t locator;
	size_t from;

	if (!field->located || !span.whole || !span.bytes)
		return span;
	memcpy(&locator, span.bytes, sizeof(locator));
	from = (locator & 0xffff) + (field->relative ? field->offset + sizeof(locator) : 0);
	return span_of(record, from, locator >> 16);
}

/* --- values --- */

static uint64_t number_at(const char *bytes, size_t size, bool is_signed)
{
	int8_t one;
	int16_t two;
	int32_t four;
	uint64_t eight;

	switch (size) {
	case 1:
		memcpy(&one, bytes, size);
		return is_signed ? (uint64_t)one : (uint8_t)one;
	case 2:
		memcpy(&two, bytes, size);
		return is_signed ? (uint64_t)two : (uint16_t)two;
	case 4:
		memcpy(&four, bytes, size);
		return is_signed ? (uint64_t)four : (uint32_t)four;
	default:
		memcpy(&eight, bytes, sizeof(eight));
		return eight;
	}
}

static json_t *hex_json(uint64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%" PRIx64, number);
	return json_string(text);
}

/* Readers of JSON have no numbers above those of 63 bits. */
static json_t *number_json(const char *bytes, size_t size, bool is_signed)
{
	uint64_t number = number_at(bytes, size, is_signed);

	return !is_signed && number > INT64_MAX ? hex_json(number) : json_integer((int64_t)number);
}

static json_t *bytes_json(struct span span)
{
	auto_free char *text = malloc(2 * span.size + 3);

	if (!text)
		return NULL;
	memcpy(text, "0x", sizeof("0x"));
	for (size_t i = 0; i < span.size; i++)
		sprintf(text + 2 + 2 * i, "%02x", (unsigned char)span.bytes[i]);
	return json_string(text);
}

static json_t *numbers_json(const struct event_field *field, struct span span)
{
	json_t *array = json_array();

	for (size_t i = 0; i + field->element <= span.size; i += field->element)
		json_array_append_new(
			array, number_json(span.bytes + i, field->element, field->is_signed));
	return array;
}

static json_t *pointer_json(const struct record *record, const struct event_field *field,
                            struct span span)
{
	const char *string = field->string < 0 ? NULL : record->strings[field->string];

	if (string)
		return json_bytes(string, strlen(string));
	return hex_json(number_at(span.bytes, span.size, false));
}

static json_t *value_json(const struct record *record, const struct event_field *field)
{
	struct span span = locate(record, field);

	switch (field->kind) {
	case EVENT_STRING:
		return span.bytes ? json_bytes(span.bytes, strnlen(span.bytes, span.size))
		                  : json_null();
	case EVENT_NUMBERS:
		return numbers_json(field, span);
	case EVENT_BYTES:
		return bytes_json(span);
	case EVENT_POINTER:
	case EVENT_NUMBER:
		break;
	}
	if (!span.whole || !span.bytes)
		return json_null();
	return field->kind == EVENT_POINTER
	               ? pointer_json(record, field, span)
	               : number_json(span.bytes, field->size, field->is_signed);
}

static json_t *fields_json(const struct record *record)
{
	json_t *fields = json_object();

	for (size_t i = 0; i < record->format->field_count; i++)
		json_object_set_new(fields, record->format->fields[i].name,
		                    value_json(record, &record->format->fields[i]));
	return fields;
}

/* --- text --- */

/* What a number of a system call, or of a function, is known by. */
static bool put_known(const struct event_format *format, const struct event_field *field,
                      json_int_t number, FILE *to)
{
	const char *error = number < 0 && number > -4096 ? strerrorname_np((int)-number) : NULL;

	if (!format->is_syscall && format->event)
		return false;
	if (!strcmp(field->type, "umode_t"))
		return fprintf(to, "0%" PRIo64, (uint64_t)number) > 0;
	if (number == AT_FDCWD && strstr(field->name, "fd"))
		return fputs("AT_FDCWD", to) >= 0;
	if (error && !strcmp(field->name, "ret"))
		return fputs(error, to) >= 0;
	return false;
}

static void put_value(const json_t *value, FILE *to)
{
	const json_t *one;
	size_t i;

	if (json_is_string(value)) {
		fwrite(json_string_value(value), 1, json_string_length(value), to);
	} else if (json_is_integer(value)) {
		fprintf(to, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	} else if (json_is_array(value)) {
		json_array_foreach (value, i, one) {
			fputs(i ? "," : "", to);
			put_value(one, to);
		}
	} else {
		fputc('-', to);
	}
}

/* NAME=VALUE of every field. */
static void put_fields(const struct record *record, const json_t *fields, FILE *to)
{
	const struct event_format *format = record->format;
	bool first = true;

	for (size_t i = 0; i < format->field_count; i++) {
		const struct event_field *field = &format->fields[i];
		const json_t *value = json_object_get(fields, field->name);

		/* The number of a system call says what the tracepoint's name does. */
		if (format->is_syscall && field->name[0] == '_')
			continue;
		fprintf(to, "%s%s=", first ? "" : " ", field->name);
		if (!json_is_integer(value) ||
		    !put_known(format, field, json_integer_value(value), to))
			put_value(value, to);
		first = false;
	}
}

/* Whether the library may be let loose on it: it believes every locator, and that strings end. */
static bool is_whole(const struct record *record)
{
	const struct event_format *format = record->format;

	if (record->size < format->size)
		return false;
	for (size_t i = 0; i < format->field_count; i++) {
		if (!locate(record, &format->fields[i]).whole)
			return false;
	}
	return true;
}

/* Whether the kernel's own way to print it is the better one: of system calls it shows registers,
 * of strings that are pointed to the address. */
static bool has_print(const struct event_format *format)
{
	if (format->is_syscall || !format->event || format->event->flags & TEP_EVENT_FL_FAILED)
		return false;
	for (size_t i = 0; i < format->field_count; i++) {
		if (format->fields[i].string >= 0)
			return false;
	}
	return true;
}

/* The record with its first fields, and NULs behind it, where the library stops at the latest. */
static char *print_copy(const struct record *record)
{
	char *copy = calloc(1, record->size + sizeof(uint64_t));
	uint16_t id = record->format->id;

	if (!copy)
		return NULL;
	memcpy(copy, record->bytes, record->size);
	memset(copy, 0, PC_EVENT_COMMON);
	memcpy(copy, &id, sizeof(id));
	return copy;
}

static void put_print(const struct record *record, FILE *to)
{
	auto_free char *copy = print_copy(record);
	struct tep_record whole = { .size = record->size,
		                    .record_size = record->size,
		                    .data = copy };
	struct trace_seq text;

	if (!copy)
		return;
	trace_seq_init(&text);
	tep_print_event(record->format->tep, &text, &whole, "%s", TEP_PRINT_INFO);
	if (text.state == TRACE_SEQ__GOOD)
		fwrite(text.buffer, 1, text.len, to);
	trace_seq_destroy(&text);
}

static char *text_of(const struct record *record, const json_t *fields)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return NULL;
	if (has_print(record->format) && is_whole(record))
		put_print(record, to);
	if (ftell(to) <= 0)
		put_fields(record, fields, to);
	if (fclose(to)) {
		free(text);
		return NULL;
	}
	return text;
}

/* --- an event --- */

static int open_record(struct record *record, size_t size)
{
	const struct pc_trace_event *event = record->event;
	const char *at, *end = (const char *)event + size;

	if (size < sizeof(*event) || event->size > size - sizeof(*event))
		return -EPROTO;
	record->bytes = (const char *)(event + 1);
	record->size = event->size;
	at = record->bytes + record->size;
	for (int i = 0; i < PC_EVENT_MAX_STRINGS; i++) {
		if (!event->strings[i])
			continue;
		if (event->strings[i] > end - at || at[event->strings[i] - 1])
			return -EPROTO;
		record->strings[i] = at;
		at += event->strings[i];
	}
	return 0;
}

/* A string as long as there was room for may have been longer. */
static bool is_truncated(const struct pc_trace_event *event)
{
	bool truncated = event->size < event->whole;

	for (int i = 0; i < PC_EVENT_MAX_STRINGS; i++)
		truncated |= event->strings[i] == PC_EVENT_STRING;
	return truncated;
}

int event_decode(const struct event_format *format, const void *event, size_t size,
                 struct event_values *ret_values)
{
	struct record record = { .format = format, .event = event };
	struct event_values values;

	if (open_record(&record, size))
		return fail_because(EPROTO, "%s: an event is shorter than it says", format->name);
	values.fields = fields_json(&record);
	values.text = text_of(&record, values.fields);
	values.truncated = is_truncated(event);
	if (!values.fields || !values.text) {
		json_decref(values.fields);
		free(values.text);
		return fail(ENOMEM, "%s", format->name);
	}
	*ret_values = values;
	return 0;
}
