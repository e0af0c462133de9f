/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's list of tracepoints, /sys/kernel/tracing. */
#include "lib/trace/tracefs.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

#include "lib/base/err.h"

int tracefs_need(void)
{
	if (!access(TRACEFS "/events", R_OK))
		return 0;
	/* Others' mounts still reach us, so that a container started later is not hidden from us.
	 */
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL))
		return fail(errno, "a mount namespace for " TRACEFS);
	if (mount("tracefs", TRACEFS, "tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
		return fail(errno, TRACEFS);
	return access(TRACEFS "/events", R_OK) ? fail(errno, TRACEFS "/events") : 0;
}

bool tracefs_has(const char *category, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), TRACEFS "/events/%s/%s/id", category, name);
	return !access(path, F_OK);
}
