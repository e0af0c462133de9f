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

static uint64_t sum_of(const struct bpf_map *map, const void *key, size_t key_size, uint64_t *cells,
                       int cpus)
{
	uint64_t sum = 0;

	if (bpf_map__lookup_elem(map, key, key_size, cells, cpus * sizeof(*cells), 0))
		return 0;
	for (int i = 0; i < cpus; i++)
		sum += cells[i];
	return sum;
}

static int by_events(const void *a, const void *b)
{
	const struct count *one = a, *other = b;

	if (one->events != other->events)
		return one->events < other->events ? 1 : -1;
	return strncmp(one->comm, other->comm, sizeof(one->comm));
}

static int read_counts(struct trace_session *session, struct counts *counts)
{
	const struct bpf_map *by_comm =
		bpf_object__find_map_by_name(session->object, PC_EVENT_COUNTS);
	const struct bpf_map *others =
		bpf_object__find_map_by_name(session->object, PC_EVENT_OTHERS);
	int cpus = libbpf_num_possible_cpus();
	auto_free uint64_t *cells = cpus > 0 ? calloc(cpus, sizeof(*cells)) : NULL;
	char *last = NULL;

	if (!cells)
		return fail(ENOMEM, "trace");
	while (counts->size < PC_EVENT_MAX_COMMS) {
		struct count *count = &counts->of[counts->size];

		if (bpf_map__get_next_key(by_comm, last, count->comm, sizeof(count->comm)))
			break;
		last = count->comm;
		count->events = sum_of(by_comm, count->comm, sizeof(count->comm), cells, cpus);
		/* When counting, nobody asks which names are wanted before the end. */
		if (session->filter->kernel.by_comm &&
		    regexec(&session->filter->comm, count->comm, 0, NULL, 0) != 0)
			count->events = 0;
		counts->all += count->events;
		counts->size++;
	}
	counts->others = sum_of(others, &(__u32){ 0 }, sizeof(__u32), cells, cpus);
	counts->all += counts->others;
	qsort(counts->of, counts->size, sizeof(*counts->of), by_events);
	return 0;
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
	int r;

	if (!counts)
		return fail(ENOMEM, "trace");
	r = read_counts(session, counts);
	if (r)
		return r;
	session->shown = counts->all;
	return tracing->lines.json ? print_json(counts, traced->key, traced->format.name)
	                           : print_table(counts);
}
