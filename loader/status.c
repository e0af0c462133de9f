/* SPDX-License-Identifier: GPL-2.0-only */
/* loader status: what is attached where, as the kernel says it now. */
#include <stdio.h>

#include "lib/base/cleanup.h"
#include "lib/kern/guard.h"
#include "loader/commands.h"
#include "loader/session.h"
#include "loader/view.h"

static int add_named(const struct session *session, const struct invocation *inv, struct view *view)
{
	int r = 0;

	for (int i = 0; i < inv->operand_count; i++) {
		struct pins pins;
		int one;

		one = pins_at(session->root, session->netns, inv->operands[i], &pins);
		if (!one)
			one = view_add(view, &pins);
		r = r ? r : one;
	}
	return r;
}

static int add_all(const struct session *session, const struct common *common, struct view *view)
{
	auto_free struct pins *list = NULL;
	size_t count;
	int r = pins_list(session->root, common->netns ? session->netns : NULL, &list, &count);

	for (size_t i = 0; !r && i < count; i++)
		r = view_add(view, &list[i]);
	if (!r && !count && !common->json)
		printf("nothing is attached\n");
	return r;
}

static int run_status(const struct invocation *inv)
{
	auto_view struct view *view = view_new(&inv->common);
	auto_session struct session session = { 0 };
	int r, printed;

	r = session_begin(&inv->common, false, &session);
	if (!r)
		r = guard_heal_all(session.root);
	if (r)
		return r;
	r = inv->operand_count ? add_named(&session, inv, view)
	                       : add_all(&session, &inv->common, view);
	printed = view ? view_print(view) : r;
	return r ? r : printed;
}

const struct cmd status_cmd = {
	"status", "[IFACE...]", "what is attached, and whether it still is", NULL, 0, run_status
};
