/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/trace: who a task is, each asked for once, in bounded memory. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/trace/who.h"
#include "tests/tap.h"

#define ID "feedfacefeedfacefeedfacefeedfacefeedfacefeedfacefeedfacefeedface"

/* More than are remembered, by far. */
#define MANY 20000

#define NO_SUCH (1ULL << 60) /* no machine has made so many */

static const struct who *who_of(struct who_cache *cache, uint64_t cgroup,
                                enum pc_cgroup_hierarchy hierarchy)
{
	const struct pc_trace_task v2 = { .cgroup = cgroup };
	const struct pc_trace_task v1 = { .cgroup = NO_SUCH,
		                          .cgroup_v1 = cgroup,
		                          .cgroup_v1_hierarchy = hierarchy };

	return who_is(cache, hierarchy == PC_CGROUP_V2 ? &v2 : &v1);
}

static bool is_nobody(const struct who *who)
{
	return !who->cgroup && !who->in_container;
}

static void nobody(void)
{
	struct who_cache *cache = who_open();

	if (!tap_check(cache != NULL))
		return;
	tap_check(is_nobody(who_of(cache, 0, PC_CGROUP_V2)));
	tap_check(is_nobody(who_of(cache, UINT64_MAX, PC_CGROUP_PIDS)));
	tap_check(is_nobody(who_of(cache, 1, PC_CGROUP_HIERARCHIES)));
	tap_check(is_nobody(who_of(cache, 1, UINT32_MAX)));
	for (int i = 0; i < MANY; i++) {
		if (!is_nobody(who_of(cache, NO_SUCH + i, PC_CGROUP_V2)))
			tap_fail("%d is somebody", i);
	}
	who_close(cache);
	who_close(NULL);
}

/* --- cgroups made for it --- */

static struct cgroups cgroups;
static char path[128];

/* A container's cgroup and its parents, as far as they could be made. Returns its number or 0. */
static uint64_t make(void)
{
	int mount = cgroups.mounts[PC_CGROUP_V2];
	char part[sizeof(path)];
	struct stat st;

	snprintf(path, sizeof(path), "portcullis-who-%d/docker/" ID, getpid());
	for (const char *slash = path; mount >= 0 && (slash = strchr(slash, '/')); slash++) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		mkdirat(mount, part, 0755);
	}
	if (mount < 0 || mkdirat(mount, path, 0755) || fstatat(mount, path, &st, 0))
		return 0;
	return st.st_ino;
}

static void unmake(void)
{
	char part[sizeof(path)], *slash;

	snprintf(part, sizeof(part), "%s", path);
	for (;;) {
		unlinkat(cgroups.mounts[PC_CGROUP_V2], part, AT_REMOVEDIR);
		slash = strrchr(part, '/');
		if (!slash)
			return;
		*slash = '\0';
	}
}

static void check_container(const struct who *who)
{
	tap_check_str(who->cgroup ? who->cgroup + 1 : NULL, path);
	tap_check(who->in_container);
	tap_check_str(who->container.id, ID);
	tap_check_str(who->container.runtime, "docker");
}

static void remembered(void)
{
	struct who_cache *cache = who_open();
	uint64_t id = make();

	if (!id || !cache) {
		tap_skip("no cgroups can be made here");
	} else {
		check_container(who_of(cache, id, PC_CGROUP_V2));
		tap_check(!who_of(cache, 1, PC_CGROUP_V2)->in_container);
		tap_check_str(who_of(cache, 1, PC_CGROUP_V2)->cgroup, "/");
		unmake();
		check_container(who_of(cache, id, PC_CGROUP_V2));
		/* asked for now and then: it stays */
		for (int i = 0; i < MANY; i++) {
			who_of(cache, NO_SUCH + i, PC_CGROUP_V2);
			if (!(i % 64))
				who_of(cache, id, PC_CGROUP_V2);
		}
		check_container(who_of(cache, id, PC_CGROUP_V2));
		for (int i = 0; i < MANY; i++)
			who_of(cache, NO_SUCH + i, PC_CGROUP_V2);
		tap_check(is_nobody(who_of(cache, id, PC_CGROUP_V2)));
	}
	unmake();
	who_close(cache);
}

int main(void)
{
	cgroups_open(&cgroups);
	tap_test("who cannot be found is nobody");
	nobody();
	tap_test("a container is remembered as long as it is asked for, gone or not");
	remembered();
	cgroups_close(&cgroups);
	return tap_done();
}
