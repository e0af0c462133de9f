/* SPDX-License-Identifier: GPL-2.0-only */
/* The steps of packets as people read them. */
#include "netctl/packet_groups.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/base/moment.h"
#include "lib/base/table.h"
#include "netctl/lines.h"

#define GROUPS    4096
#define MAX_STEPS 64
#define QUIET_NS  200000000ull /* after which a packet is taken to be where it went */

struct row {
	uint64_t time; /* CLOCK_MONOTONIC, ns */
	uint8_t step, direction;
	char *where, *netns, *who, *why;
};

struct group {
	uint64_t id;    /* 0: none */
	uint64_t heard; /* of it last; CLOCK_MONOTONIC, ns */
	char what[HEADERS_TEXT_SIZE];
	enum fate fate;
	char *why;  /* of the fate, where it says it */
	bool again; /* steps of it have been printed */
	size_t count;
	struct row rows[MAX_STEPS];
};

struct packet_groups {
	bool time;
	bool printed; /* anything */
	uint64_t newest;
	struct group *groups[GROUPS]; /* by id, the newest over the oldest */
};

struct packet_groups *packet_groups_new(bool with_time)
{
	struct packet_groups *groups = calloc(1, sizeof(*groups));

	if (groups)
		groups->time = with_time;
	else
		fail(ENOMEM, "trace packet");
	return groups;
}

static void empty(struct group *group)
{
	for (size_t i = 0; i < group->count; i++) {
		free(group->rows[i].where);
		free(group->rows[i].netns);
		free(group->rows[i].who);
		free(group->rows[i].why);
	}
	group->count = 0;
}

static void group_free(struct group *group)
{
	if (!group)
		return;
	empty(group);
	free(group->why);
	free(group);
}

void packet_groups_free(struct packet_groups *groups)
{
	for (size_t i = 0; groups && i < GROUPS; i++)
		group_free(groups->groups[i]);
	free(groups);
}

/* --- a step in words --- */

__attribute__((format(printf, 1, 2))) static char *text_of(const char *format, ...)
{
	auto_free char *text = NULL;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	return n < 0 ? NULL : harmless_text(text);
}

static char *netns_text(const struct packet_step *step)
{
	return step->netns_name ? text_of("%s", step->netns_name)
	                        : text_of("%u", step->event->netns);
}

static char *who_text(const struct pc_trace_task *task)
{
	if (task->nobody)
		return text_of("-");
	return task->pid ? text_of("%s[%u]", task->comm, task->pid) : text_of("%s", task->comm);
}

/* "rule 1, web: drop in,out tcp dst port 80" */
static char *blame_text(const struct blame *blame)
{
	const char *label = blame->label && *blame->label ? blame->label : NULL;

	if (!blame->rule)
		return text_of("portcullis at %s: %s", blame->hook, blame->reason);
	return text_of("portcullis at %s: rule %zu%s%s: %s", blame->hook, blame->rule,
	               label ? ", " : "", label ?: "", blame->text ?: "");
}

static char *why_text(const struct packet_step *step)
{
	if (step->blame)
		return blame_text(step->blame);
	if (*step->reason)
		return text_of("%s at %s", step->reason, step->location);
	return *step->location ? text_of("at %s", step->location) : text_of("%s", "");
}

/* --- gathering --- */

static struct group *group_of(struct packet_groups *groups, const struct packet_step *step)
{
	struct group **place = &groups->groups[step->event->id % GROUPS];
	struct headers headers = step->headers;

	if (!*place)
		*place = calloc(1, sizeof(**place));
	if (!*place || (*place)->id == step->event->id)
		return *place;
	empty(*place);
	free((*place)->why);
	**place = (struct group){ .id = step->event->id };
	headers.len = step->event->size;
	headers_text(&headers, (*place)->what);
	if (groups->newest < step->event->id)
		groups->newest = step->event->id;
	return *place;
}

static void find_fate(struct group *group, const struct packet_step *step)
{
	enum fate fate = fate_after(group->fate, step->fate);

	if (fate != group->fate || step->fate == FATE_DROPPED) {
		free(group->why);
		group->why = NULL;
	}
	if (fate == FATE_DROPPED && step->fate == FATE_DROPPED)
		group->why = text_of("%s", step->blame ? "portcullis" : step->reason);
	group->fate = fate;
}

static int print_group(struct packet_groups *groups, struct group *group);

int packet_groups_add(struct packet_groups *groups, const struct packet_step *step)
{
	const struct pc_trace_packet *event = step->event;
	struct group *group = groups->groups[event->id % GROUPS];
	struct row *row;
	int r = 0;

	if (group && (group->id != event->id || group->count == MAX_STEPS))
		r = print_group(groups, group);
	group = group_of(groups, step);
	if (r || !group)
		return r ?: fail(ENOMEM, "trace packet");
	row = &group->rows[group->count++];
	*row = (struct row){ .time = event->task.time,
		             .step = step->step,
		             .direction = event->direction,
		             .where = text_of("%s", *event->ifname ? event->ifname : "-"),
		             .netns = netns_text(step),
		             .who = who_text(&event->task),
		             .why = why_text(step) };
	group->heard = event->task.time;
	find_fate(group, step);
	return 0;
}

/* --- printing --- */

static void print_head(struct packet_groups *groups, const struct group *group)
{
	char moment[MOMENT_SIZE];

	if (groups->printed)
		putchar('\n');
	groups->printed = true;
	if (groups->time)
		printf("%s ", moment_of_day(moment, moment_of_monotonic(group->rows[0].time)));
	printf("#%" PRIu64 " %s%s%s%s%s%s\n", group->id, group->what, group->again ? ", later" : "",
	       group->fate ? ": " : "", group->fate ? fate_words[group->fate] : "",
	       group->why ? ", " : "", group->why ?: "");
}

static int print_group(struct packet_groups *groups, struct group *group)
{
	auto_table struct table *table = table_new("rllllll");

	if (!table)
		return fail(ENOMEM, "trace packet");
	if (!group->count)
		return 0;
	print_head(groups, group);
	for (size_t i = 0; i < group->count; i++) {
		const struct row *row = &group->rows[i];

		table_cell(table, "+%.1f us", (row->time - group->rows[0].time) / 1e3);
		table_cell(table, "%s", packet_step_words[row->step]);
		table_cell(table, "%s", row->direction == PC_PACKET_OUT ? "out" : "in");
		table_cell(table, "%s", row->where ?: "");
		table_cell(table, "%s", row->netns ?: "");
		table_cell(table, "%s", row->who ?: "");
		table_cell(table, "%s", row->why ?: "");
	}
	table_print(table, "  ", stdout);
	empty(group);
	group->again = true;
	return fflush(stdout) ? fail(errno, "standard output") : 0;
}

int packet_groups_print(struct packet_groups *groups, bool all)
{
	uint64_t now = moment_monotonic();
	int r = 0;

	/* The oldest first. */
	for (size_t i = 1; !r && i <= GROUPS; i++) {
		struct group *group = groups->groups[(groups->newest + i) % GROUPS];

		if (group && group->count && (all || now > group->heard + QUIET_NS))
			r = print_group(groups, group);
	}
	return r;
}
