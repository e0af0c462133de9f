/* SPDX-License-Identifier: GPL-2.0-only */
/* netctl stats: what was counted, once. */
#include <stdlib.h>

#include "lib/base/cleanup.h"
#include "lib/base/json.h"
#include "netctl/commands.h"
#include "netctl/select.h"
#include "netctl/view.h"

static const struct opt stats_opts[] = {
	{ "sizes", 's', OPT_FLAG, offsetof(struct view_args, sizes), NULL,
	  "the size histogram as well", NULL },
	{ "exact", 0, OPT_FLAG, offsetof(struct view_args, exact), NULL,
	  "numbers in full, and every size that was seen", NULL },
	{ "per-cpu", 0, OPT_FLAG, offsetof(struct view_args, per_cpu), NULL,
	  "each CPU's share as well", NULL },
	{ "reset", 0, OPT_FLAG, offsetof(struct view_args, reset), NULL,
	  "and count from zero; no packet is lost or counted twice", NULL },
	{ 0 },
};

static int run_stats(const struct invocation *inv)
{
	const struct view_args *args = inv->args;
	auto_free struct pins *list = NULL;
	json_t *interfaces = json_array();
	size_t count = 0;
	int r = select_interfaces(inv, &list, &count);

	for (size_t i = 0; !r && i < count; i++) {
		auto_free struct counters *counters = NULL;

		r = args->reset ? counters_reset(&list[i], &counters)
		                : counters_read(&list[i], &counters);
		if (r)
			break;
		if (inv->common.json)
			json_array_append_new(interfaces,
			                      view_stats_json(&list[i], counters, args));
		else
			view_stats_text(&list[i], counters, args);
	}
	if (r || !inv->common.json) {
		json_decref(interfaces);
		return r;
	}
	return json_print(json_pack("{s:o}", "interfaces", interfaces));
}

const struct cmd stats_cmd = { "stats",
	                       "[IFACE...]",
	                       "packets, bytes, sizes, drops and why",
	                       stats_opts,
	                       sizeof(struct view_args),
	                       run_stats };
