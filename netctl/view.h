/* SPDX-License-Identifier: GPL-2.0-only */
/* How counters look: the JSON keys and the columns, in one place. */
#ifndef NETCTL_VIEW_H
#define NETCTL_VIEW_H

#include <stdbool.h>

#include "lib/base/json.h"
#include "lib/kern/counters.h"
#include "lib/kern/summary.h"

struct view_args {
	bool sizes, exact, per_cpu, reset;
};

/* One element of "interfaces"; NULL when memory ran out. */
json_t *view_stats_json(const struct pins *pins, const struct counters *counters,
                        const struct view_args *args);

void view_stats_text(const struct pins *pins, const struct counters *counters,
                     const struct view_args *args);

/* The size histograms of some hooks as bars, `width` columns wide in all. */
void view_sizes_text(const struct summary *summaries, const char *const *titles, int count,
                     int width, bool exact);

/* "1519-9216", as the buckets are called. Returns `text`. */
#define BUCKET_NAME_SIZE 24
const char *view_bucket_name(const struct size_bucket *bucket, char text[static BUCKET_NAME_SIZE]);

/* The terminal's width, or 80 when stdout is none. */
int view_width(void);

#endif
