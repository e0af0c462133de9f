/* SPDX-License-Identifier: GPL-2.0-only */
/* netctl watch: rates as they are now, a minute's sparkline, sizes as bars; lines or JSON when
 * piped. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/ending.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/moment.h"
#include "lib/base/table.h"
#include "lib/base/units.h"
#include "netctl/commands.h"
#include "netctl/select.h"
#include "netctl/view.h"

#define SPARKS 60 /* what a sparkline remembers */

struct watch_args {
	double interval;
	unsigned count;
};

static const struct opt watch_opts[] = {
	{ "interval", 'i', OPT_SECONDS, offsetof(struct watch_args, interval), "SECONDS",
	  "between two looks; 1 unless said", NULL },
	{ "limit", 'c', OPT_COUNT, offsetof(struct watch_args, count), "COUNT",
	  "end after so many looks", NULL },
	{ 0 },
};

/* One interface: what it stood at last time, what happened since, what happened before that. */
struct watched {
	struct pins pins;
	struct cpu_counts last;
	struct summary since[PC_HOOK_COUNT];
	double sparks[PC_HOOK_COUNT][SPARKS]; /* packets per second, the newest last */
	int spark_count;
};

static int read_now(const struct pins *pins, struct cpu_counts *ret_sum)
{
	auto_free struct counters *counters = NULL;
	int r = counters_read(pins, &counters);

	if (!r)
		counters_sum(counters, ret_sum);
	return r;
}

static void push_spark(double *sparks, double value)
{
	memmove(sparks, sparks + 1, (SPARKS - 1) * sizeof(*sparks));
	sparks[SPARKS - 1] = value;
}

static int look(struct watched *w, double seconds)
{
	auto_free struct cpu_counts *now = malloc(sizeof(*now));
	auto_free struct cpu_counts *since = malloc(sizeof(*since));
	const __u64 *a = (const __u64 *)now, *b = (const __u64 *)&w->last;
	int r;

	if (!now || !since)
		return fail(ENOMEM, "%s", pins_name(&w->pins));
	r = read_now(&w->pins, now);
	if (r)
		return r;
	for (size_t i = 0; i < sizeof(*now) / sizeof(__u64); i++) {
		/* Less than last time: somebody reset in between, and this is what came since. */
		((__u64 *)since)[i] = a[i] >= b[i] ? a[i] - b[i] : a[i];
	}
	for (int hook = 0; hook < PC_HOOK_COUNT; hook++) {
		summarize(since, hook, &w->since[hook]);
		push_spark(w->sparks[hook], w->since[hook].total.packets / seconds);
	}
	w->spark_count += w->spark_count < SPARKS;
	w->last = *now;
	return 0;
}

/* --- rendering --- */

static json_t *watched_json(const struct watched *w, const char *time, double seconds)
{
	json_t *hooks = json_object();

	for (int hook = 0; hook < PC_HOOK_COUNT; hook++) {
		const struct summary *s = &w->since[hook];

		json_object_set_new(hooks, hook_tokens[hook],
		                    json_pack("{s:f,s:f,s:f,s:I,s:I,s:I}", "packets_per_second",
		                              s->total.packets / seconds, "bits_per_second",
		                              s->total.bytes * 8 / seconds, "drops_per_second",
		                              s->dropped.packets / seconds, "packets",
		                              (json_int_t)s->total.packets, "bytes",
		                              (json_int_t)s->total.bytes, "dropped",
		                              (json_int_t)s->dropped.packets));
	}
	return json_pack("{s:s,s:s,s:o,s:f,s:o}", "time", time, "ifname", w->pins.ifname, "netns",
	                 json_text(w->pins.netns), "seconds", seconds, "hooks", hooks);
}

static void rate_cells(struct table *table, const struct summary *s, double seconds)
{
	char text[UNITS_SIZE];

	table_cell(table, "%s", units_si(text, s->total.packets / seconds));
	table_cell(table, "%s", units_si(text, s->total.bytes * 8 / seconds));
	table_cell(table, "%s", units_si(text, s->dropped.packets / seconds));
}

static void watched_lines(const struct watched *w, const char *time, double seconds)
{
	printf("%s %s", time, pins_name(&w->pins));
	for (int hook = 0; hook < PC_HOOK_COUNT; hook++) {
		const struct summary *s = &w->since[hook];
		char packets[UNITS_SIZE], bits[UNITS_SIZE], drops[UNITS_SIZE];

		printf("  %s %s pkt/s %s bit/s %s drop/s", hook_tokens[hook],
		       units_si(packets, s->total.packets / seconds),
		       units_si(bits, s->total.bytes * 8 / seconds),
		       units_si(drops, s->dropped.packets / seconds));
	}
	putchar('\n');
}

static void sparkline(const double *sparks, int count, char *text, size_t size)
{
	static const char *const heights[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	double most = 0;
	size_t len = 0;

	text[0] = '\0';
	for (int i = SPARKS - count; i < SPARKS; i++)
		most = sparks[i] > most ? sparks[i] : most;
	for (int i = SPARKS - count; i < SPARKS && len < size; i++) {
		/* Nothing is a gap, a little is the lowest bar. */
		int height = most > 0 ? (int)lround(sparks[i] / most * 7) : 0;

		len += snprintf(text + len, size - len, "%s",
		                sparks[i] > 0 ? heights[height] : " ");
	}
}

static void watched_screen(const struct watched *w, double seconds)
{
	auto_table struct table *table = table_new("lrrrl");
	int room = view_width() - 44;
	int sparks = w->spark_count < room ? w->spark_count : room;

	printf("%s\n", pins_name(&w->pins));
	table_cell(table, "hook");
	table_cell(table, "pkt/s");
	table_cell(table, "bit/s");
	table_cell(table, "drop/s");
	table_cell(table, "pkt/s, the last %d looks", SPARKS);
	for (int hook = 0; hook < PC_HOOK_COUNT; hook++) {
		char line[SPARKS * 4];

		table_cell(table, "%-10s", hook_tokens[hook]);
		rate_cells(table, &w->since[hook], seconds);
		sparkline(w->sparks[hook], sparks > 0 ? sparks : 0, line, sizeof(line));
		table_cell(table, "%s", line);
	}
	table_print(table, "  ", stdout);
	view_sizes_text(w->since, hook_tokens, PC_HOOK_COUNT, view_width(), false);
}

static int render(const struct watched *list, size_t count, const struct invocation *inv,
                  double seconds)
{
	char time[MOMENT_SIZE];
	int r = 0;

	moment_rfc3339(time, moment_now(), false);
	if (!inv->common.json && isatty(STDOUT_FILENO))
		printf("\033[H\033[J%s   the last %.3g s, Ctrl-C ends\n\n", time, seconds);
	for (size_t i = 0; !r && i < count; i++) {
		if (inv->common.json)
			r = json_print(watched_json(&list[i], time, seconds));
		else if (isatty(STDOUT_FILENO))
			watched_screen(&list[i], seconds);
		else
			watched_lines(&list[i], time, seconds);
	}
	fflush(stdout);
	return r;
}

/* --- the loop --- */

static double elapsed(const struct timespec *from, const struct timespec *to)
{
	return (to->tv_sec - from->tv_sec) + (to->tv_nsec - from->tv_nsec) / 1e9;
}

static void sleep_until(struct timespec *next, double interval)
{
	long nanoseconds = next->tv_nsec + (long)((interval - (long)interval) * 1e9);

	next->tv_sec += (long)interval + nanoseconds / 1000000000;
	next->tv_nsec = nanoseconds % 1000000000;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL);
}

static int loop(struct watched *list, size_t count, const struct invocation *inv)
{
	const struct watch_args *args = inv->args;
	double interval = args->interval > 0 ? args->interval : 1;
	struct timespec next, last, now;
	int r = 0;

	clock_gettime(CLOCK_MONOTONIC, &last);
	next = last;
	for (unsigned turn = 0; !r && (!args->count || turn < args->count); turn++) {
		sleep_until(&next, interval);
		if (ending())
			break;
		clock_gettime(CLOCK_MONOTONIC, &now);
		for (size_t i = 0; !r && i < count; i++)
			r = look(&list[i], elapsed(&last, &now));
		if (!r)
			r = render(list, count, inv, elapsed(&last, &now));
		last = now;
	}
	return ending() ? 0 : r;
}

static int run_watch(const struct invocation *inv)
{
	bool screen = !inv->common.json && isatty(STDOUT_FILENO);
	auto_free struct watched *list = NULL;
	auto_free struct pins *pins = NULL;
	size_t count = 0;
	int r = select_interfaces(inv, &pins, &count);

	if (r)
		return r;
	list = calloc(count, sizeof(*list));
	if (!list)
		return fail(ENOMEM, "watch");
	for (size_t i = 0; !r && i < count; i++) {
		list[i].pins = pins[i];
		r = read_now(&pins[i], &list[i].last);
	}
	if (r)
		return r;
	ending_catch();
	if (screen)
		fputs("\033[?1049h\033[?25l", stdout); /* the other screen, without a cursor */
	r = loop(list, count, inv);
	if (screen)
		fputs("\033[?25h\033[?1049l", stdout);
	return r;
}

const struct cmd watch_cmd = { "watch",
	                       "[IFACE...]",
	                       "live rates, a sparkline, sizes as bars",
	                       watch_opts,
	                       sizeof(struct watch_args),
	                       run_watch };
