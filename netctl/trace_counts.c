/* SPDX-License-Identifier: GPL-2.0-only */
/* How often what is traced happened, by the name of the process. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "abi/trace_event.h"
#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/table.h"
#include "netctl/trace_record.h"

struct count {
	char comm[PC_TRACE_COMM];
	uint64_t events;
};

struct counts {
	struct count of[PC_EVENT_MAX_COMMS];
	size_t size;
	uint64_t others, all;
};

static int by_events(const void *a, const void *b)
{
	const struct count *one = a, *other = b;

	if (one->events != other->events)
		return one->events < other->events ? 1 : -1;
	return strncmp(one->comm, other->comm, sizeof(one->comm));
}

static void read_counts(const struct trace_session *session, struct counts *counts)
{
	const struct bpf_map *by_comm =
		bpf_object__find_map_by_name(session->object, PC_EVENT_COUNTS);
	char *last = NULL;

	while (counts->size < PC_EVENT_MAX_COMMS) {
		struct count *count = &counts->of[counts->size];

		if (bpf_map__get_next_key(by_comm, last, count->comm, sizeof(count->comm)))
			break;
		last = count->comm;
		/* When counting, nobody asks which names are wanted before the end. */
		if (!session->filter->kernel.by_comm ||
		    !regexec(&session->filter->comm, count->comm, 0, NULL, 0))
			count->events = trace_sum(session, PC_EVENT_COUNTS, count->comm,
			                          sizeof(count->comm));
		counts->all += count->events;
		counts->size++;
	}
	counts->others = trace_sum(session, PC_EVENT_OTHERS, &(__u32){ 0 }, sizeof(__u32));
	counts->all += counts->others;
	qsort(counts->of, counts->size, sizeof(*counts->of), by_events);
}

static int print_json(const struct counts *counts, const char *key, const char *name)
{
	json_t *comms = json_array();

	for (size_t i = 0; i < counts->size && counts->of[i].events; i++) {
		const struct count *count = &counts->of[i];

		json_array_append_new(comms, json_pack("{s:o,s:I}", "comm",
		                                       json_bytes(count->comm, strlen(count->comm)),
		                                       "count", (json_int_t)count->events));
	}
	return json_print(json_pack("{s:s,s:I,s:o,s:I}", key, name, "count",
	                            (json_int_t)counts->all, "comms", comms, "others",
	                            (json_int_t)counts->others));
}

static int print_table(const struct counts *counts)
{
	auto_table struct table *table = table_new("rl");

	if (!table)
		return fail(ENOMEM, "trace");
	table_cell(table, "COUNT");
	table_cell(table, "COMM");
	for (size_t i = 0; i < counts->size && counts->of[i].events; i++) {
		table_cell(table, "%llu", (unsigned long long)counts->of[i].events);
		table_cell(table, "%s", counts->of[i].comm);
	}
	if (counts->others) {
		table_cell(table, "%llu", (unsigned long long)counts->others);
		table_cell(table, "(others)");
	}
	table_print(table, "", stdout);
	return 0;
}

int record_print_counts(struct trace_session *session, const struct tracing *tracing)
{
	const struct traced *traced = tracing->state;
	auto_free struct counts *counts = calloc(1, sizeof(*counts));

	if (!counts)
		return fail(ENOMEM, "trace");
	read_counts(session, counts);
	session->shown = counts->all;
	return tracing->lines.json ? print_json(counts, traced->key, traced->format.name)
	                           : print_table(counts);
}
