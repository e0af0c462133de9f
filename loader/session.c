/* SPDX-License-Identifier: GPL-2.0-only */
/* One run of the loader under the root's lock: in the right namespace, tidied up after. */
#include "loader/session.h"

#include <errno.h>
#include <unistd.h>

#include "lib/base/err.h"

int session_begin(const struct common *common, bool create, struct session *ret_session)
{
	struct session *session = ret_session;
	int r;

	*session = (struct session){ .lock = -1 };
	if (geteuid())
		return fail_because(EPERM, "root is needed: try sudo");
	r = pins_root(common->pin_root, &session->root);
	if (!r)
		r = netns_enter(common->netns);
	if (!r)
		r = netns_name(session->netns);
	if (!r)
		r = pins_lock(session->root, create, &session->lock);
	return r;
}

void session_end(struct session *session)
{
	if (session->root)
		pins_unlock(session->root, session->lock);
}
