/* SPDX-License-Identifier: GPL-2.0-only */
/* The last policy applied to an interface and the one before it, kept on disk. */
#include "lib/store/keep.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/err.h"
#include "lib/rules/print.h"
#include "lib/store/source.h"

#define POLICY_FILE "policy"

const char *keep_dir(const char *option)
{
	const char *environment = getenv("PORTCULLIS_STATE_DIR");

	if (option && *option)
		return option;
	return environment && *environment ? environment : KEEP_DIR;
}

/* What a policy's directory is called behind the interface's name, and while it is written. Too
 * long to be the end of an interface's name, so that it is not what another one keeps. */
static const struct {
	const char *whole, *fresh;
} suffixes[] = {
	[KEEP_LAST] = { "", ".unfinished.last" },
	[KEEP_PREVIOUS] = { ".previous.policy", ".unfinished.previous" },
};

/* A directory of ours has no directories in it. Where a symbolic link leads is not ours: only the
 * link goes. */
static void remove_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_closedir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (fd >= 0 && !dir)
		close(fd);
	while (dir && (entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	if (fd < 0)
		unlink(path);
	else
		rmdir(path);
}

static int finish(FILE *file, const char *path)
{
	if (fflush(file) || fsync(fileno(file)) || ferror(file))
		return fail(errno, "%s", path);
	return 0;
}

static int save_set(const char *dir, const struct set *set)
{
	char path[PATH_MAX], addr[INET6_ADDRSTRLEN];
	auto_fclose FILE *file = NULL;

	if (snprintf(path, sizeof(path), "%s/%s.set", dir, set->name) >= PATH_MAX)
		return fail(ENAMETOOLONG, "%s", dir);
	file = fopen(path, "we");
	if (!file)
		return fail(errno, "%s", path);
	fprintf(file, "# set %s, as read from %s\n", set->name, set->file);
	for (size_t i = 0; i < set->n_prefixes; i++) {
		const struct prefix *p = &set->prefixes[i];

		inet_ntop(p->family == 6 ? AF_INET6 : AF_INET, p->addr, addr, sizeof(addr));
		fprintf(file, "%s/%u\n", addr, p->len);
	}
	return finish(file, path);
}

/* The text, its lists being those kept beside it. */
static char *text_beside(const struct policy *policy)
{
	auto_free struct set *sets = calloc(policy->n_sets + 1, sizeof(*sets));
	auto_free char *names = calloc(policy->n_sets + 1, 2 * RULES_NAME_SIZE);
	struct policy beside = *policy;

	if (!sets || !names)
		return NULL;
	for (size_t i = 0; i < policy->n_sets; i++) {
		char *name = names + i * 2 * RULES_NAME_SIZE;

		sets[i] = policy->sets[i];
		snprintf(name, 2 * RULES_NAME_SIZE, "%s.set", sets[i].name);
		if (sets[i].file)
			sets[i].file = name;
	}
	beside.sets = sets;
	return policy_print(&beside);
}

static int save_text(const char *dir, const char *text)
{
	auto_fclose FILE *file = NULL;
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/" POLICY_FILE, dir) >= PATH_MAX)
		return fail(ENAMETOOLONG, "%s", dir);
	file = fopen(path, "we");
	if (!file)
		return fail(errno, "%s", path);
	fputs(text, file);
	return finish(file, path);
}

static int save_fresh(const char *fresh, const struct keep *keep)
{
	auto_free char *beside = NULL;
	bool has_lists = false;
	int r = 0;

	remove_dir(fresh); /* left by who was interrupted */
	if (mkdir(fresh, 0700))
		return fail(errno, "%s", fresh);
	for (size_t i = 0; !r && i < keep->policy->n_sets; i++) {
		if (!keep->policy->sets[i].file)
			continue;
		has_lists = true;
		r = save_set(fresh, &keep->policy->sets[i]);
	}
	if (!r && has_lists) {
		beside = text_beside(keep->policy);
		r = beside ? 0 : fail(ENOMEM, "%s", fresh);
	}
	if (!r)
		r = save_text(fresh, beside ?: keep->text);
	if (r)
		remove_dir(fresh);
	return r;
}

static int make_dir(const char *dir)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", dir);
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	return mkdir(path, 0700) && errno != EEXIST ? fail(errno, "%s", dir) : 0;
}

/* Makes a directory be this policy's: the old one or the new one is there at any moment. */
static int replace(const char *dir, const char *name, enum keep_which which,
                   const struct keep *keep)
{
	char path[PATH_MAX], fresh[PATH_MAX];
	int r;

	if (snprintf(path, PATH_MAX, "%s/%s%s", dir, name, suffixes[which].whole) >= PATH_MAX ||
	    snprintf(fresh, PATH_MAX, "%s/%s%s", dir, name, suffixes[which].fresh) >= PATH_MAX)
		return fail(ENAMETOOLONG, "%s", dir);
	r = save_fresh(fresh, keep);
	if (r)
		return r;
	if (renameat2(AT_FDCWD, fresh, AT_FDCWD, path,
	              faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) ? RENAME_NOREPLACE
	                                                                   : RENAME_EXCHANGE))
		return fail(errno, "%s", path);
	remove_dir(fresh);
	return 0;
}

int keep_save(const char *dir, const char *name, const struct keep *last,
              const struct keep *previous)
{
	int r = make_dir(dir);

	if (!r)
		r = replace(dir, name, KEEP_PREVIOUS, previous);
	return r ? r : replace(dir, name, KEEP_LAST, last);
}

/* In force again, it is the last one, and its lists are where keep_save() puts those. */
static int call_last(const char *dir, const char *name, struct policy *policy)
{
	auto_free char *base = realpath(dir, NULL);

	if (!base)
		return fail(errno, "%s", dir);
	for (size_t i = 0; i < policy->n_sets; i++) {
		char *path;

		if (!policy->sets[i].file)
			continue;
		if (asprintf(&path, "%s/%s/%s.set", base, name, policy->sets[i].name) < 0)
			return fail(ENOMEM, "%s", dir);
		free(policy->sets[i].file);
		policy->sets[i].file = path;
	}
	return 0;
}

int keep_load(const char *dir, const char *name, enum keep_which which, struct policy *ret_policy)
{
	auto_diag struct diag diag = { 0 };
	char path[PATH_MAX];
	int r;

	if (snprintf(path, sizeof(path), "%s/%s%s/" POLICY_FILE, dir, name,
	             suffixes[which].whole) >= PATH_MAX)
		return fail(ENAMETOOLONG, "%s", dir);
	if (access(path, F_OK))
		return fail_because(ERR_ABSENT, "%s: no policy is kept there", path);
	r = source_read(path, ret_policy, &diag);
	if (r == -EINVAL)
		return fail_because(EINVAL, "%s: damaged", path);
	return r ? r : call_last(dir, name, ret_policy);
}
