/* SPDX-License-Identifier: GPL-2.0-only */
/* How attached interfaces look: the JSON keys and the columns, in one place. */
#include "loader/view.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "abi/policy.h"
#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/table.h"
#include "lib/kern/commit.h"
#include "lib/kern/guard.h"
#include "lib/kern/link.h"
#include "lib/kern/prog.h"
#include "lib/kern/summary.h"

struct view {
	const struct common *common;
	struct table *table;
	json_t *interfaces;
};

/* One attached, or missing, program. */
struct line {
	enum pc_hook hook;
	const char *how; /* XDP: the mode; TC: the backend */
	uint32_t id;     /* 0: it should be attached and is not */
	const char *note;
};

struct view *view_new(const struct common *common)
{
	struct view *view = calloc(1, sizeof(*view));

	if (!view)
		return NULL;
	view->common = common;
	view->table = table_new("lllrll");
	view->interfaces = json_array();
	return view;
}

void view_free(struct view **view)
{
	if (!*view)
		return;
	table_free((*view)->table);
	json_decref((*view)->interfaces);
	free(*view);
}

static void add_line(struct view *view, const struct pins *pins, const struct line *line,
                     json_t *programs)
{
	char name[PROG_NAME_SIZE] = "";

	if (line->id)
		prog_name(line->id, name);
	table_cell(view->table, "%s", pins_name(pins));
	table_cell(view->table, "%s", hook_tokens[line->hook]);
	table_cell(view->table, "%s", line->how);
	table_cell(view->table, line->id ? "%u" : "-", line->id);
	table_cell(view->table, "%s", line->id ? name : "NOT ATTACHED");
	table_cell(view->table, "%s", line->note);
	json_array_append_new(
		programs,
		json_pack("{s:s,s:s,s:o,s:o,s:b,s:o}", "hook", hook_tokens[line->hook],
	                  line->hook == PC_HOOK_XDP ? "mode" : "backend", line->how, "id",
	                  line->id ? json_integer(line->id) : json_null(), "name", json_text(name),
	                  "attached", line->id != 0, "note", json_text(line->note)));
}

static void describe_xdp(const struct pins *pins, const struct pc_meta *meta,
                         const struct guard *guard, char *note, size_t size)
{
	const char *why = "as asked for";
	struct link link;

	if (meta->plan.xdp_auto && !link_get(pins->ifname, &link)) {
		if (xdp_best_mode(&link, &guard->xdp, guard->xdp_id, meta->plan.early_drop, &why) !=
		    meta->plan.xdp_mode)
			why = "the driver has no native XDP";
	}
	snprintf(note, size, "%s; %s; %s", meta->plan.early_drop ? "drops early" : "counts only",
	         guard->xdp.dispatcher ? "in libxdp's dispatcher"
	                               : "alone: no dispatcher on this kernel",
	         why);
}

static void add_lines(struct view *view, const struct pins *pins, const struct pc_meta *meta,
                      const struct guard *guard, json_t *programs)
{
	char note[256], policy[COMMIT_BRIEF_SIZE] = PC_BUILTIN_RULE;
	struct commit_brief brief;

	if (!commit_read_brief(pins, &brief) && brief.generation)
		commit_brief_text(&brief, policy);
	if (meta->plan.xdp_mode != PC_XDP_NONE) {
		describe_xdp(pins, meta, guard, note, sizeof(note));
		add_line(view, pins,
		         &(struct line){ PC_HOOK_XDP, xdp_mode_name(meta->plan.xdp_mode),
		                         guard->xdp_id, note },
		         programs);
	}
	if (meta->plan.tc_backend == PC_TC_NONE)
		return;
	for (enum pc_hook hook = PC_HOOK_TC_INGRESS; hook <= PC_HOOK_TC_EGRESS; hook++) {
		bool tcx = meta->plan.tc_backend == PC_TC_TCX;
		const struct guard_tc *tc = &guard->tc[hook];

		add_line(view, pins,
		         &(struct line){ hook, tcx ? "tcx" : "clsact",
		                         tcx         ? tc->link_prog_id
		                         : tc->count ? tc->filters[0].prog_id
		                                     : 0,
		                         policy },
		         programs);
	}
}

static int observe(struct view *view, const struct pins *pins, const struct pc_meta *meta)
{
	json_t *programs = json_array();
	struct guard guard;
	int r = guard_observe(pins, meta->ifindex, &guard);

	if (r) {
		json_decref(programs);
		return r;
	}
	add_lines(view, pins, meta, &guard, programs);
	json_array_append_new(view->interfaces,
	                      json_pack("{s:s,s:i,s:o,s:s,s:o}", "ifname", pins->ifname, "ifindex",
	                                meta->ifindex, "netns", json_text(pins->netns), "pin_dir",
	                                pins->path, "programs", programs));
	return 0;
}

int view_add(struct view *view, const struct pins *pins)
{
	struct pc_meta meta;
	int back, r;

	if (!view)
		return fail(ENOMEM, "%s", pins_name(pins));
	if (pins_state(pins, &meta) != PINS_WHOLE)
		return fail_because(ERR_ABSENT, "%s: not attached", pins_name(pins));
	back = pins_visit(pins);
	if (back < 0)
		return back;
	r = observe(view, pins, &meta);
	netns_return(back);
	return r;
}

int view_print(struct view *view)
{
	if (view->common->json)
		return json_print(json_pack("{s:O}", "interfaces", view->interfaces));
	table_print(view->table, "", stdout);
	return 0;
}
