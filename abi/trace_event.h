/* SPDX-License-Identifier: GPL-2.0-only */
/* trace event, trace function: what user space found out about a tracepoint's records or a
 * function's arguments and the program has to know, and what the program hands back: the record as
 * it is. */
#ifndef PC_ABI_TRACE_EVENT_H
#define PC_ABI_TRACE_EVENT_H

#include "abi/trace.h"

#define PC_EVENT_COUNTS "pc_counts" /* per-CPU hash, char[PC_TRACE_COMM] -> __u64 */
#define PC_EVENT_OTHERS "pc_others" /* per-CPU array of one __u64: of names that found no room */

#define PC_EVENT_MAX_RECORD   8192
#define PC_EVENT_MAX_LOCATORS 16
#define PC_EVENT_MAX_STRINGS  4
#define PC_EVENT_STRING       4096 /* of a string that is pointed to; its NUL included */
#define PC_EVENT_MAX_TERMS    8
#define PC_EVENT_TERM_STRING  128
#define PC_EVENT_MAX_COMMS    4096

/* The first bytes of every record: of struct trace_entry in the format file, the program sees
 * something else in their place. */
#define PC_EVENT_COMMON 8

/* Where the record says where a field of variable size is: its low half is the offset, from the
 * record's start or, if `relative`, from the locator's end, its high half the size. */
struct pc_event_locator {
	__u16 offset;
	__u16 relative;
};

enum pc_event_source {
	PC_EVENT_NUMBER,
	PC_EVENT_CHARS,   /* in an array of `size` */
	PC_EVENT_LOCATED, /* in a field of variable size */
	PC_EVENT_POINTED, /* where a pointer points to */
};

/* What becomes of a comparison, as bits: an operator is those that it likes. */
enum {
	PC_EVENT_LESS = 1,
	PC_EVENT_EQUAL = 2,
	PC_EVENT_GREATER = 4,
};

enum pc_event_owner {
	PC_EVENT_OF_KERNEL,
	PC_EVENT_OF_USER,
	PC_EVENT_OF_EITHER, /* as the address says */
};

/* A condition of the filter. */
struct pc_event_term {
	struct pc_event_locator at;
	__u16 size;
	__u8 source;    /* enum pc_event_source */
	__u8 is_signed; /* numbers */
	__u32 outcomes;
	__u32 reserved;
	__u64 number;
	char string[PC_EVENT_TERM_STRING]; /* all bytes after the NUL are 0 */
};

/* The variable `wanted` of the program. */
struct pc_event_wanted {
	__u64 limit; /* when counting: of how many it is told that they were; 0: of none */
	__u32 size;  /* of what every record has */
	__u32 locator_count, string_count, term_count;
	__u8 strings_of; /* enum pc_event_owner: whose memory it is that pointers point to */
	bool count;      /* the events, instead of telling them */
	__u8 reserved[6];
	struct pc_event_locator locators[PC_EVENT_MAX_LOCATORS];
	__u16 strings[PC_EVENT_MAX_STRINGS]; /* offsets of pointers */
	struct pc_event_term terms[PC_EVENT_MAX_TERMS];
};

/* Followed by the record and the strings. */
struct pc_trace_event {
	struct pc_trace_task task;
	__u32 size;                          /* of the record that follows */
	__u32 whole;                         /* what it would have been */
	__u16 strings[PC_EVENT_MAX_STRINGS]; /* their sizes, NUL included, after the record; 0: it
	                                      * could not be read */
};

_Static_assert(sizeof(struct pc_event_term) == 152, "as both sides have it");
_Static_assert(sizeof(struct pc_event_wanted) == 32 + 64 + 8 + 8 * 152, "as both sides have it");
_Static_assert(sizeof(struct pc_trace_event) == sizeof(struct pc_trace_task) + 16,
               "as both sides have it");

#endif
