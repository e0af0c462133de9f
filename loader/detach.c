/* SPDX-License-Identifier: GPL-2.0-only */
/* loader detach: let go of interfaces, leaving no trace. */
#include <errno.h>
#include <stdio.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/kern/guard.h"
#include "loader/commands.h"
#include "loader/session.h"

struct detach_args {
	bool all;
};

static const struct opt detach_opts[] = {
	{ "all", 'a', OPT_FLAG, offsetof(struct detach_args, all), NULL,
	  "every attached interface, in every namespace unless -n names one", NULL },
	{ 0 },
};

static int detach_one(const struct pins *pins)
{
	struct pc_meta meta;
	enum pins_state state = pins_state(pins, &meta);
	int back, r;

	if (state == PINS_NONE)
		return fail_because(ERR_ABSENT, "%s: not attached", pins_name(pins));
	back = netns_visit(pins->netns);
	if (back < 0 && back != -ERR_ABSENT)
		return back;
	r = guard_remove(pins, &meta, back < 0 || state == PINS_GONE);
	if (back >= 0)
		netns_return(back);
	return r;
}

static int detach_named(const struct session *session, const struct invocation *inv, json_t *names)
{
	int r = 0;

	for (int i = 0; i < inv->operand_count; i++) {
		struct pins pins;
		int one;

		one = pins_at(session->root, session->netns, inv->operands[i], &pins);
		if (!one)
			one = detach_one(&pins);
		if (!one)
			json_array_append_new(names, json_string(pins_name(&pins)));
		r = r ? r : one;
	}
	return r;
}

static int detach_all(const struct session *session, const struct common *common, json_t *names)
{
	auto_free struct pins *list = NULL;
	size_t count;
	int r = pins_list(session->root, common->netns ? session->netns : NULL, &list, &count);

	for (size_t i = 0; i < count; i++) {
		int one = detach_one(&list[i]);

		if (!one)
			json_array_append_new(names, json_string(pins_name(&list[i])));
		r = r ? r : one;
	}
	return r;
}

static int run_detach(const struct invocation *inv)
{
	const struct detach_args *args = inv->args;
	auto_session struct session session = { 0 };
	json_t *names;
	size_t index;
	json_t *name;
	int r, printed;

	if (args->all == (inv->operand_count > 0))
		return fail_because(ERR_USAGE,
		                    "detach: interfaces or --all, one of the two, is wanted");
	r = session_begin(&inv->common, false, &session);
	if (!r)
		r = guard_follow_names(session.root);
	if (r)
		return r;
	names = json_array();
	r = args->all ? detach_all(&session, &inv->common, names)
	              : detach_named(&session, inv, names);
	/* Afterwards, so that what was named is detached in whatever state it is. */
	if (guard_heal_all(session.root) && !r)
		r = -EIO;
	if (inv->common.json) {
		printed = json_print(json_pack("{s:o}", "detached", names));
		return r ? r : printed;
	}
	json_array_foreach (names, index, name)
		printf("%s: detached\n", json_string_value(name));
	json_decref(names);
	return r;
}

const struct cmd detach_cmd = {
	"detach",    "IFACE... | --all",         "take portcullis off, leaving no trace",
	detach_opts, sizeof(struct detach_args), run_detach
};
