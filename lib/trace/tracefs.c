/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's list of tracepoints, /sys/kernel/tracing. */
#include "lib/trace/tracefs.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
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

int tracefs_format(const char *category, const char *name, char **ret_text, size_t *ret_size)
{
	auto_fclose FILE *file = NULL;
	auto_free char *text = NULL;
	size_t room = 0;
	char path[PATH_MAX];
	ssize_t size;

	snprintf(path, sizeof(path), TRACEFS "/events/%s/%s/format", category, name);
	file = fopen(path, "re");
	size = file ? getdelim(&text, &room, '\0', file) : -1;
	if (size < 0)
		return fail(errno ?: EIO, "%s", path);
	*ret_text = TAKE_PTR(text);
	*ret_size = size;
	return 0;
}

/* --- all of them --- */

static int is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && entry->d_type == DT_DIR;
}

static void free_entries(struct dirent **entries, int count)
{
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
}

static int each_of(const char *category,
                   int (*visit)(void *context, const char *category, const char *name),
                   void *context)
{
	struct dirent **entries;
	char path[PATH_MAX];
	int count, r = 0;

	snprintf(path, sizeof(path), TRACEFS "/events/%s", category);
	count = scandir(path, &entries, is_shown, alphasort);
	if (count < 0)
		return fail(errno, "%s", path);
	for (int i = 0; !r && i < count; i++)
		r = visit(context, category, entries[i]->d_name);
	free_entries(entries, count);
	return r;
}

int tracefs_each(int (*visit)(void *context, const char *category, const char *name), void *context)
{
	struct dirent **entries;
	int count = scandir(TRACEFS "/events", &entries, is_shown, alphasort), r = 0;

	if (count < 0)
		return fail(errno, TRACEFS "/events");
	for (int i = 0; !r && i < count; i++) {
		/* The formats of ftrace's own records; nothing of it can be attached to. */
		if (strcmp(entries[i]->d_name, "ftrace") != 0)
			r = each_of(entries[i]->d_name, visit, context);
	}
	free_entries(entries, count);
	return r;
}
