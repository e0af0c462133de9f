/* SPDX-License-Identifier: GPL-2.0-only */
/* A tracepoint: what its format file says of it, what that makes of a record. Pure functions. The
 * calls of a function are the same kind of thing (lib/trace/function.h). */
#ifndef LIB_TRACE_EVENT_H
#define LIB_TRACE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/trace_event.h"
#include "lib/base/json.h"

struct btf;
struct tep_event;
struct tep_handle;

enum event_kind {
	EVENT_NUMBER,  /* of 1, 2, 4 or 8 bytes */
	EVENT_POINTER, /* shown as an address, or as the string there */
	EVENT_STRING,  /* characters up to a NUL or the end of the field */
	EVENT_NUMBERS, /* several of one size */
	EVENT_BYTES,   /* anything else */
};

struct event_field {
	const char *name, *type; /* as the format file has them */
	unsigned offset, size;   /* where it is, or its locator */
	unsigned element;        /* EVENT_NUMBERS: the size of one */
	enum event_kind kind;
	bool is_signed;
	bool located, relative; /* the field is a locator, see abi/trace_event.h */
	int string; /* EVENT_POINTER: its index among the strings that are followed; -1 */
};

struct event_format {
	char *name;  /* "category:name", or a function's */
	unsigned id; /* a tracepoint's */
	bool is_syscall;
	enum pc_event_owner strings_of;
	unsigned size; /* what every record has */
	struct event_field *fields;
	size_t field_count;

	/* What the fields' names belong to: of a tracepoint */
	struct tep_handle *tep;
	struct tep_event *event;
	/* of a function */
	struct btf *btf, *module_btf;
};

#define auto_event_format __attribute__((cleanup(event_format_free)))

/* Reads a format file, NUL-terminated. Says what is wrong. */
int event_format_read(const char *category, const char *name, const char *text, size_t size,
                      struct event_format *ret_format);
void event_format_free(struct event_format *format);

/* Chooses the pointers to strings among the fields. */
void event_follow(struct event_format *format);

/* NULL: there is none of that name. */
const struct event_field *event_field(const struct event_format *format, const char *name);

/* What the program has to know to hand back whole records: all of `wanted` but the filter and
 * counting. */
void event_describe(const struct event_format *format, struct pc_event_wanted *wanted);

/* An event in the making. */
struct event_values {
	json_t *fields; /* an object: name to value */
	char *text;     /* in one line */
	bool truncated;
};

/* What the program handed back. -EPROTO, said, when it is no event. */
int event_decode(const struct event_format *format, const void *event, size_t size,
                 struct event_values *ret_values);

#endif
