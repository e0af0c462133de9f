/* SPDX-License-Identifier: GPL-2.0-only */
/* What an interrupted command or a vanished device left behind, put right. */
#include <stdio.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/kern/guard.h"

static int heal(const struct pins *pins, enum pins_state state, struct pc_meta *meta)
{
	struct pc_plan plan = meta->plan;

	switch (state) {
	case PINS_HALF:
		warn("%s: removing what an interrupted attach left", pins_name(pins));
		return guard_remove(pins, meta, false);
	case PINS_CHANGING:
		warn("%s: going back to the state before an interrupted change", pins_name(pins));
		return guard_converge(pins, meta, &plan, true);
	case PINS_GONE:
		warn("%s: the interface is gone, removing its pins", pins_name(pins));
		return guard_remove(pins, meta, true);
	default:
		return 0;
	}
}

static int each(const char *root, int (*visit)(struct pins *pins))
{
	auto_free struct pins *list = NULL;
	size_t count;
	int r = pins_list(root, NULL, &list, &count);

	for (size_t i = 0; !r && i < count; i++)
		r = visit(&list[i]);
	return r;
}

static int follow_name(struct pins *pins)
{
	char name[IF_NAMESIZE], was[NAME_MAX + 1];
	struct pc_meta meta;
	int r;

	if (pins_state(pins, &meta) != PINS_RENAMED)
		return 0;
	pins_current_name(pins, &meta, name);
	snprintf(was, sizeof(was), "%s", pins_name(pins));
	r = pins_rename(pins, name);
	if (!r)
		warn("%s: the interface is called %s now, its pins are moved", was, name);
	return r;
}

int guard_follow_names(const char *root)
{
	return each(root, follow_name);
}

static int heal_one(struct pins *pins)
{
	struct pc_meta meta;
	enum pins_state state = pins_state(pins, &meta);
	int back, r;

	if (state == PINS_WHOLE || state == PINS_NONE || state == PINS_RENAMED)
		return 0;
	if (state == PINS_GONE)
		return heal(pins, state, &meta);
	back = netns_visit(pins->netns);
	if (back == -ERR_ABSENT)
		return heal(pins, PINS_GONE, &meta);
	if (back < 0)
		return back;
	r = heal(pins, state, &meta);
	netns_return(back);
	return r;
}

int guard_heal_all(const char *root)
{
	int r = each(root, heal_one);

	return r ? r : guard_follow_names(root);
}
