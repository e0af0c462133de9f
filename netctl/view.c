/* SPDX-License-Identifier: GPL-2.0-only */
/* How counters look: the JSON keys and the columns, in one place. */
#include "netctl/view.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/table.h"
#include "lib/base/units.h"

int view_width(void)
{
	struct winsize size;

	return !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col >= 40 ? size.ws_col : 80;
}

const char *view_bucket_name(const struct size_bucket *bucket, char text[static BUCKET_NAME_SIZE])
{
	if (bucket->to == UINT32_MAX)
		snprintf(text, BUCKET_NAME_SIZE, "%u+", bucket->from);
	else if (bucket->from == bucket->to)
		snprintf(text, BUCKET_NAME_SIZE, "%u", bucket->from);
	else
		snprintf(text, BUCKET_NAME_SIZE, "%u-%u", bucket->from, bucket->to);
	return text;
}

/* --- JSON --- */

static json_t *counter_json(const struct pc_counter *counter)
{
	return json_pack("{s:I,s:I}", "packets", (json_int_t)counter->packets, "bytes",
	                 (json_int_t)counter->bytes);
}

static json_t *counters_json(const struct pc_counter *counters, const char *const *tokens,
                             int count)
{
	json_t *object = json_object();

	for (int i = 0; i < count; i++)
		json_object_set_new(object, tokens[i], counter_json(&counters[i]));
	return object;
}

/* A size, or null where no packet has one. */
static json_t *size_json(const struct summary *s, __u32 size)
{
	return s->total.packets ? json_integer(size) : json_null();
}

static json_t *buckets_json(const struct summary *s)
{
	json_t *buckets = json_array();

	for (int i = 0; i < SIZE_BUCKETS; i++) {
		const struct size_bucket *b = &s->buckets[i];

		json_array_append_new(
			buckets, json_pack("{s:i,s:o,s:I}", "from", b->from, "to",
		                           b->to == UINT32_MAX ? json_null() : json_integer(b->to),
		                           "packets", (json_int_t)b->packets));
	}
	return buckets;
}

static json_t *exact_json(const struct cpu_counts *counts, enum pc_hook hook)
{
	json_t *exact = json_array();

	for (__u32 slot = 0; slot < PC_SLOTS; slot++) {
		__u64 packets = counts_size(counts, hook, slot);

		if (packets)
			json_array_append_new(
				exact, json_pack("[i,I]", pc_slot_size(slot), (json_int_t)packets));
	}
	return exact;
}

static json_t *per_cpu_json(const struct counters *counters, enum pc_hook hook)
{
	json_t *cpus = json_array();

	for (unsigned cpu = 0; cpu < counters->cpus; cpu++) {
		struct summary s;

		summarize(&counters->cpu[cpu], hook, &s);
		json_array_append_new(cpus, json_pack("{s:i,s:I,s:I,s:o,s:o}", "cpu", cpu,
		                                      "packets", (json_int_t)s.total.packets,
		                                      "bytes", (json_int_t)s.total.bytes, "passed",
		                                      counter_json(&s.passed), "dropped",
		                                      counter_json(&s.dropped)));
	}
	return cpus;
}

static json_t *hook_json(const struct counters *counters, const struct cpu_counts *sum,
                         enum pc_hook hook, const struct view_args *args)
{
	struct summary s;
	json_t *object, *sizes;

	summarize(sum, hook, &s);
	sizes = json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "min", size_json(&s, s.min), "max",
	                  size_json(&s, s.max), "mean",
	                  s.total.packets ? json_real(s.mean) : json_null(), "p50",
	                  size_json(&s, s.p50), "p90", size_json(&s, s.p90), "p99",
	                  size_json(&s, s.p99), "buckets", buckets_json(&s));
	if (args->exact)
		json_object_set_new(sizes, "exact", exact_json(sum, hook));
	object = json_pack("{s:I,s:I,s:o,s:o,s:o,s:o,s:o}", "packets", (json_int_t)s.total.packets,
	                   "bytes", (json_int_t)s.total.bytes, "passed", counter_json(&s.passed),
	                   "dropped", counter_json(&s.dropped), "protocols",
	                   counters_json(s.protocols, protocol_tokens, PC_PROTO_COUNT), "reasons",
	                   counters_json(s.reasons, reason_tokens, PC_R_COUNT), "sizes", sizes);
	if (args->per_cpu)
		json_object_set_new(object, "per_cpu", per_cpu_json(counters, hook));
	return object;
}

json_t *view_stats_json(const struct pins *pins, const struct counters *counters,
                        const struct view_args *args)
{
	auto_free struct cpu_counts *sum = malloc(sizeof(*sum));
	json_t *hooks = json_object();

	if (!sum)
		return NULL;
	counters_sum(counters, sum);
	for (int hook = 0; hook < PC_HOOK_COUNT; hook++)
		json_object_set_new(hooks, hook_tokens[hook], hook_json(counters, sum, hook, args));
	return json_pack("{s:s,s:o,s:o}", "ifname", pins->ifname, "netns", json_text(pins->netns),
	                 "hooks", hooks);
}

/* --- text --- */

static void number_cell(struct table *table, __u64 number, bool exact)
{
	char text[UNITS_SIZE];

	if (exact)
		table_cell(table, "%" PRIu64, (uint64_t)number);
	else
		table_cell(table, "%s", units_si(text, number));
}

static void total_row(struct table *table, const char *title, const struct summary *s, bool exact)
{
	table_cell(table, "%s", title);
	number_cell(table, s->total.packets, exact);
	number_cell(table, s->total.bytes, exact);
	number_cell(table, s->passed.packets, exact);
	number_cell(table, s->dropped.packets, exact);
	number_cell(table, s->dropped.bytes, exact);
	if (!s->total.packets) {
		for (int i = 0; i < 5; i++)
			table_cell(table, "-");
		return;
	}
	table_cell(table, "%u", s->min);
	table_cell(table, "%.1f", s->mean);
	table_cell(table, "%u", s->p50);
	table_cell(table, "%u", s->p99);
	table_cell(table, "%u", s->max);
}

static void header_row(struct table *table, const char *const *titles)
{
	for (; *titles; titles++)
		table_cell(table, "%s", *titles);
}

static void totals_text(const struct counters *counters, const struct summary *summaries,
                        const struct view_args *args)
{
	static const char *const titles[] = { "hook",    "packets", "bytes",    "passed",
		                              "dropped", "bytes",   "size min", "mean",
		                              "p50",     "p99",     "max",      NULL };
	auto_table struct table *table = table_new("lrrrrrrrrrr");

	header_row(table, titles);
	for (int hook = 0; hook < PC_HOOK_COUNT; hook++) {
		total_row(table, hook_tokens[hook], &summaries[hook], args->exact);
		for (unsigned cpu = 0; args->per_cpu && cpu < counters->cpus; cpu++) {
			char title[32];
			struct summary s;

			snprintf(title, sizeof(title), "  CPU %u", cpu);
			summarize(&counters->cpu[cpu], hook, &s);
			total_row(table, title, &s, args->exact);
		}
	}
	table_print(table, "  ", stdout);
}

/* One row for each protocol or reason that any hook has seen, one column for each hook. */
static void share_rows(struct table *table, const struct summary *summaries,
                       const char *const *tokens, int count, size_t offset, bool exact)
{
	for (int i = 0; i < count; i++) {
		const struct pc_counter *counters[PC_HOOK_COUNT];
		__u64 seen = 0;

		for (int hook = 0; hook < PC_HOOK_COUNT; hook++) {
			counters[hook] =
				(const struct pc_counter *)((const char *)&summaries[hook] +
			                                    offset) +
				i;
			seen += counters[hook]->packets;
		}
		if (!seen)
			continue;
		table_cell(table, "%s", tokens[i]);
		for (int hook = 0; hook < PC_HOOK_COUNT; hook++)
			number_cell(table, counters[hook]->packets, exact);
	}
}

static void shares_text(const struct summary *summaries, bool exact)
{
	auto_table struct table *table = table_new("lrrr");

	table_cell(table, "protocol");
	for (int hook = 0; hook < PC_HOOK_COUNT; hook++)
		table_cell(table, "%s", hook_tokens[hook]);
	share_rows(table, summaries, protocol_tokens, PC_PROTO_COUNT,
	           offsetof(struct summary, protocols), exact);
	table_cell(table, "reason");
	for (int hook = 0; hook < PC_HOOK_COUNT; hook++)
		table_cell(table, "%s", "");
	share_rows(table, summaries, reason_tokens, PC_R_COUNT, offsetof(struct summary, reasons),
	           exact);
	table_print(table, "  ", stdout);
}

static void bar(double share, int width)
{
	/* Eighths of a character cell, so that small shares can be told apart. */
	static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	int filled = lround(share * width * 8);

	if (share > 0 && !filled)
		filled = 1;
	for (int i = 0; i < filled / 8; i++)
		fputs("█", stdout);
	fputs(eighths[filled % 8], stdout);
}

static void sizes_of(const struct summary *s, const char *title, int width, bool exact)
{
	__u64 most = 1;

	printf("  %s: packets by size in bytes\n", title);
	for (int i = 0; i < SIZE_BUCKETS; i++)
		most = s->buckets[i].packets > most ? s->buckets[i].packets : most;
	for (int i = 0; i < SIZE_BUCKETS; i++) {
		const struct size_bucket *b = &s->buckets[i];
		char name[BUCKET_NAME_SIZE], number[UNITS_SIZE];

		if (exact)
			snprintf(number, sizeof(number), "%" PRIu64, (uint64_t)b->packets);
		else
			units_si(number, b->packets);
		printf("  %10s %12s  ", view_bucket_name(b, name), number);
		bar((double)b->packets / most, width - 28);
		putchar('\n');
	}
}

void view_sizes_text(const struct summary *summaries, const char *const *titles, int count,
                     int width, bool exact)
{
	for (int i = 0; i < count; i++) {
		if (summaries[i].total.packets)
			sizes_of(&summaries[i], titles[i], width, exact);
	}
}

static void exact_text(const struct cpu_counts *sum)
{
	for (int hook = 0; hook < PC_HOOK_COUNT; hook++) {
		auto_table struct table *table = table_new("rr");

		printf("  %s: every size seen\n", hook_tokens[hook]);
		for (__u32 slot = 0; slot < PC_SLOTS; slot++) {
			__u64 packets = counts_size(sum, hook, slot);

			if (!packets)
				continue;
			table_cell(table, slot > PC_SIZE_EXACT ? "%u+" : "%u", pc_slot_size(slot));
			table_cell(table, "%" PRIu64, (uint64_t)packets);
		}
		table_print(table, "    ", stdout);
	}
}

void view_stats_text(const struct pins *pins, const struct counters *counters,
                     const struct view_args *args)
{
	auto_free struct cpu_counts *sum = malloc(sizeof(*sum));
	struct summary summaries[PC_HOOK_COUNT];

	if (!sum)
		return;
	counters_sum(counters, sum);
	for (int hook = 0; hook < PC_HOOK_COUNT; hook++)
		summarize(sum, hook, &summaries[hook]);
	printf("%s\n", pins_name(pins));
	totals_text(counters, summaries, args);
	shares_text(summaries, args->exact);
	if (args->sizes)
		view_sizes_text(summaries, hook_tokens, PC_HOOK_COUNT, view_width(), args->exact);
	if (args->sizes && args->exact)
		exact_text(sum);
}
