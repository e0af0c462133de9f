/* SPDX-License-Identifier: GPL-2.0-only */
/* Which interfaces a command is about: those named, or all that are attached. */
#include "netctl/select.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"

static const char *what_is_wrong(enum pins_state state)
{
	switch (state) {
	case PINS_NONE:
		return "not attached";
	case PINS_HALF:
		return "an attach is under way or was interrupted; any loader command cleans up";
	case PINS_CHANGING:
		return "the loader is at work, or was interrupted; any loader command puts it "
		       "right";
	case PINS_GONE:
		return "the interface is gone; any loader command cleans up";
	case PINS_RENAMED:
		return "the interface was renamed; any loader command moves its pins";
	default:
		return NULL;
	}
}

static int select_named(int count, char **names, const char *root, const char *netns,
                        struct pins *list)
{
	for (int i = 0; i < count; i++) {
		struct pc_meta meta;
		const char *wrong;

		if (pins_at(root, netns, names[i], &list[i]))
			return -ERR_ABSENT;
		wrong = what_is_wrong(pins_state(&list[i], &meta));
		if (wrong)
			return fail_because(ERR_ABSENT, "%s: %s", pins_name(&list[i]), wrong);
	}
	return 0;
}

static size_t keep_whole(struct pins *list, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		struct pc_meta meta;
		const char *wrong = what_is_wrong(pins_state(&list[i], &meta));

		if (wrong)
			warn("%s: %s", pins_name(&list[i]), wrong);
		else
			list[kept++] = list[i];
	}
	return kept;
}

/* Those with these names, or all. */
static int select_of(const struct common *common, int count, char **names, struct pins **ret_pins,
                     size_t *ret_count)
{
	const char *root;
	auto_free struct pins *list = NULL;
	char netns[NETNS_NAME_SIZE];
	size_t found = count;
	int r;

	if (geteuid())
		return fail_because(EPERM, "root is needed: try sudo");
	r = pins_root(common->pin_root, &root);
	if (!r)
		r = netns_enter(common->netns);
	if (!r)
		r = netns_name(netns);
	if (r)
		return r;
	if (count) {
		list = calloc(count, sizeof(*list));
		r = list ? select_named(count, names, root, netns, list) : fail(ENOMEM, "start");
	} else {
		r = pins_list(root, common->netns ? netns : NULL, &list, &found);
		if (!r)
			found = keep_whole(list, found);
		if (!r && !found)
			r = fail_because(ERR_ABSENT, "no interface is attached");
	}
	if (r)
		return r;
	*ret_pins = TAKE_PTR(list);
	*ret_count = found;
	return 0;
}

int select_interfaces(const struct invocation *inv, struct pins **ret_pins, size_t *ret_count)
{
	return select_of(&inv->common, inv->operand_count, inv->operands, ret_pins, ret_count);
}

int select_lock(const struct pins *pins, struct pc_meta *ret_meta, int *ret_lock)
{
	int r;

	*ret_lock = -1;
	r = pins_lock(pins->root, false, ret_lock);
	if (!r && pins_state(pins, ret_meta) != PINS_WHOLE)
		r = fail_because(ERR_ABSENT, "%s: not attached", pins_name(pins));
	return r;
}

int select_policy(const struct pins *pins, struct commit_state *ret_state)
{
	struct pc_meta meta;
	int lock, r = select_lock(pins, &meta, &lock);

	if (!r)
		r = commit_read(pins, ret_state);
	pins_unlock(pins->root, lock);
	return r;
}

int select_each(const struct invocation *inv,
                int (*say)(const struct pins *pins, const struct listing *listing))
{
	struct listing listing = { .interfaces = inv->common.json ? json_array() : NULL };
	auto_free struct pins *list = NULL;
	int r = select_interfaces(inv, &list, &listing.count);

	for (size_t i = 0; !r && i < listing.count; i++)
		r = say(&list[i], &listing);
	if (r || !listing.interfaces) {
		json_decref(listing.interfaces);
		return r;
	}
	return json_print(json_pack("{s:o}", "interfaces", listing.interfaces));
}

int select_one(const struct invocation *inv, int at, struct pins *ret_pins)
{
	auto_free struct pins *list = NULL;
	size_t count = 0;
	int r;

	if (inv->operand_count > at + 1)
		return fail_because(ERR_USAGE, "'%s' is one operand too many",
		                    inv->operands[at + 1]);
	r = select_of(&inv->common, inv->operand_count > at, inv->operands + at, &list, &count);
	if (!r && count > 1)
		r = fail_because(ERR_USAGE, "several interfaces are attached: name one");
	if (!r && list)
		*ret_pins = *list;
	return r;
}
