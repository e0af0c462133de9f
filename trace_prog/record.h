/* SPDX-License-Identifier: GPL-2.0-only */
/* Records of which user space knows what is in them: whether they are wanted, their way to user
 * space, or how many there were. All of a record is read by the helpers, as the kernel would refuse
 * a program that itself looked at what one tracepoint of many does not have. */
#ifndef TRACE_PROG_RECORD_H
#define TRACE_PROG_RECORD_H

#include "abi/trace_event.h"
#include "trace_prog/ring.h"
#include "trace_prog/task.h"

const volatile struct pc_event_wanted wanted;

#define MAX_BYTES (PC_EVENT_MAX_RECORD + PC_EVENT_MAX_STRINGS * PC_EVENT_STRING)

struct event_room {
	struct pc_trace_event event;
	char bytes[MAX_BYTES];
};

/* Where an event is put together. The kernel does not run a program of these kinds on a CPU before
 * it has ended there, even when it is put off in the middle, so that one for each CPU will do. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct event_room);
} pc_room SEC(".maps");

/* --- what of the record is where --- */

static __always_inline void event_locate(const void *record, __u32 offset, bool relative,
                                         __u32 *ret_from, __u32 *ret_size)
{
	__u32 locator = 0;

	bpf_probe_read_kernel(&locator, sizeof(locator), record + offset);
	*ret_from = (locator & 0xffff) + (relative ? offset + sizeof(locator) : 0);
	*ret_size = locator >> 16;
}

/* The size of the record with all that is behind its fixed part. */
static __always_inline __u32 event_size(const void *record)
{
	__u32 size = wanted.size, from, extent;

	for (__u32 i = 0; i < PC_EVENT_MAX_LOCATORS && i < wanted.locator_count; i++) {
		event_locate(record, wanted.locators[i].offset, wanted.locators[i].relative, &from,
		             &extent);
		if (from + extent > size)
			size = from + extent;
	}
	return size;
}

/* --- the filter --- */

#define EVENT_READ(type) \
	({ \
		type number_ = 0; \
		bpf_probe_read_kernel(&number_, sizeof(number_), record + offset); \
		(__u64) number_; \
	})

static __always_inline __u64 event_number(const void *record, __u32 offset, __u32 size,
                                          bool is_signed)
{
	if (size == 1)
		return is_signed ? EVENT_READ(__s8) : EVENT_READ(__u8);
	if (size == 2)
		return is_signed ? EVENT_READ(__s16) : EVENT_READ(__u16);
	if (size == 4)
		return is_signed ? EVENT_READ(__s32) : EVENT_READ(__u32);
	return EVENT_READ(__u64);
}

static __always_inline bool number_fits(const void *record,
                                        const volatile struct pc_event_term *term)
{
	__u64 number = event_number(record, term->at.offset, term->size, term->is_signed);
	__u64 other = term->number;
	bool less = term->is_signed ? (__s64)number < (__s64)other : number < other;

	if (number == other)
		return term->outcomes & PC_EVENT_EQUAL;
	return term->outcomes & (less ? PC_EVENT_LESS : PC_EVENT_GREATER);
}

/* Of a function's argument it is not known whose it is: the kernel's addresses are the upper half.
 */
static __always_inline bool is_of_user(const void *string)
{
	if (wanted.strings_of == PC_EVENT_OF_EITHER)
		return (long)string >= 0;
	return wanted.strings_of == PC_EVENT_OF_USER;
}

static __always_inline long event_read_string(char *to, __u32 size, const void *string)
{
	return is_of_user(string) ? bpf_probe_read_user_str(to, size, string)
	                          : bpf_probe_read_kernel_str(to, size, string);
}

/* Reads the beginning of a string, enough to tell it from what it is compared with. `text` is all
 * 0. */
static __always_inline void event_string(const void *record,
                                         const volatile struct pc_event_term *term, char *text)
{
	__u32 from = term->at.offset, size = term->size;

	if (term->source == PC_EVENT_POINTED) {
		const void *string = (const void *)event_number(record, from, 8, false);

		event_read_string(text, PC_EVENT_TERM_STRING, string);
		return;
	}
	if (term->source == PC_EVENT_LOCATED)
		event_locate(record, from, term->at.relative, &from, &size);
	/* An array that is full has no NUL: reading ends behind it at the latest. */
	if (size > PC_EVENT_TERM_STRING - 1)
		size = PC_EVENT_TERM_STRING - 1;
	bpf_probe_read_kernel_str(text, size + 1, record + from);
}

static __always_inline bool string_fits(const void *record,
                                        const volatile struct pc_event_term *term)
{
	const volatile __u64 *other = (const volatile __u64 *)term->string;
	__u64 text[PC_EVENT_TERM_STRING / sizeof(__u64)] = {};

	event_string(record, term, (char *)text);
	for (__u32 i = 0; i < PC_EVENT_TERM_STRING / sizeof(__u64); i++) {
		if (text[i] != other[i])
			return term->outcomes & (PC_EVENT_LESS | PC_EVENT_GREATER);
	}
	return term->outcomes & PC_EVENT_EQUAL;
}

static __always_inline bool event_is_wanted(const void *record)
{
	for (__u32 i = 0; i < PC_EVENT_MAX_TERMS && i < wanted.term_count; i++) {
		const volatile struct pc_event_term *term = &wanted.terms[i];

		if (term->source == PC_EVENT_NUMBER ? !number_fits(record, term)
		                                    : !string_fits(record, term))
			return false;
	}
	return true;
}

/* --- counting --- */

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1); /* user space makes room when it is to count */
	__type(key, char[PC_TRACE_COMM]);
	__type(value, __u64);
} pc_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} pc_others SEC(".maps");

__u64 counted; /* when there is a limit */

static __always_inline __u64 *count_of(struct task_struct *task)
{
	char comm[PC_TRACE_COMM] = {};
	__u64 zero = 0, *count;

	bpf_core_read_str(comm, sizeof(comm), &task->comm);
	count = bpf_map_lookup_elem(&pc_counts, comm);
	if (count)
		return count;
	/* Another CPU may be faster. */
	bpf_map_update_elem(&pc_counts, comm, &zero, BPF_NOEXIST);
	count = bpf_map_lookup_elem(&pc_counts, comm);
	return count ?: bpf_map_lookup_elem(&pc_others, &(__u32){ 0 });
}

/* Wakes up user space, which wants to know no more than that. */
static __always_inline void count_is_reached(void)
{
	struct pc_trace_task *last = ring_reserve(sizeof(*last));

	if (!last)
		return;
	__builtin_memset(last, 0, sizeof(*last));
	bpf_ringbuf_submit(last, 0);
}

static __always_inline void event_count(struct task_struct *task)
{
	__u64 before = wanted.limit ? __sync_fetch_and_add(&counted, 1) : 0, *count;

	if (wanted.limit && before >= wanted.limit)
		return;
	count = count_of(task);
	if (count)
		*count += 1;
	if (wanted.limit && before + 1 == wanted.limit)
		count_is_reached();
}

/* --- telling --- */

/* Puts the strings that the record points to behind it. Returns where the last one ends. */
static __always_inline __u32 event_follow(const void *record, struct event_room *room, __u32 used)
{
	struct pc_trace_event *event = &room->event;

	for (__u32 i = 0; i < PC_EVENT_MAX_STRINGS; i++) {
		const void *string;
		long size;

		event->strings[i] = 0;
		if (i >= wanted.string_count || used > MAX_BYTES - PC_EVENT_STRING)
			continue;
		string = (const void *)event_number(record, wanted.strings[i], 8, false);
		size = event_read_string(room->bytes + used, PC_EVENT_STRING, string);
		if (size <= 0 || size > PC_EVENT_STRING)
			continue;
		event->strings[i] = size;
		used += size;
	}
	return used;
}

static __always_inline void event_tell(const void *record, struct task_struct *task)
{
	struct event_room *room = bpf_map_lookup_elem(&pc_room, &(__u32){ 0 });
	__u32 size, used;

	if (!room)
		return;
	task_describe(task, task_netns(task), &room->event.task);
	size = event_size(record);
	room->event.whole = size;
	if (size > PC_EVENT_MAX_RECORD)
		size = PC_EVENT_MAX_RECORD;
	if (bpf_probe_read_kernel(room->bytes, size, record))
		size = 0;
	room->event.size = size;
	used = event_follow(record, room, size);
	if (used > MAX_BYTES)
		return;
	if (bpf_ringbuf_output(&pc_ring, room, sizeof(room->event) + used, 0))
		ring_lose();
}

/* All there is to do with a record, of which user space has said what is in it. */
static __always_inline int event_pass(const void *record)
{
	struct task_struct *task = task_current();

	if (!task_is_wanted(task, task_netns(task)) || !event_is_wanted(record))
		return 0;
	if (wanted.count)
		event_count(task);
	else
		event_tell(record, task);
	return 0;
}

#endif
