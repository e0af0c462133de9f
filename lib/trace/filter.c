/* SPDX-License-Identifier: GPL-2.0-only */
/* What a user wants to see, from words to what the programs compare. */
#include "lib/trace/filter.h"

#include <errno.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/kern/netns.h"
#include "lib/trace/cgroup.h"
#include "lib/trace/container.h"

/* A whole number that ends at one of `ends` or the end of the text. */
static int read_number(const char **text, char end, uint32_t *ret)
{
	char *after;
	unsigned long value;

	if (**text < '0' || **text > '9')
		return -EINVAL;
	errno = 0;
	value = strtoul(*text, &after, 10);
	if (errno || value > UINT32_MAX || (*after && *after != end))
		return -EINVAL;
	*text = after + (*after == end);
	*ret = value;
	return 0;
}

static int read_pids(const char *text, struct trace_filter *filter)
{
	const char *rest = text;

	do {
		uint32_t *pid = &filter->pids[filter->pid_count];

		if (filter->pid_count == PC_TRACE_MAX_PIDS)
			return fail_because(ERR_USAGE, "--pid: more than %d", PC_TRACE_MAX_PIDS);
		if (read_number(&rest, ',', pid) || !*pid || *pid > INT32_MAX)
			return fail_because(ERR_USAGE,
			                    "--pid '%s': process IDs are wanted, "
			                    "such as 1234 or 1,22,333",
			                    text);
		filter->pid_count++;
	} while (*rest);
	filter->kernel.by_pid = true;
	return 0;
}

static int read_uid(const char *text, struct pc_trace_filter *kernel)
{
	const char *rest = text;
	const struct passwd *user;

	kernel->by_uid = true;
	if (!read_number(&rest, '\0', &kernel->uid))
		return 0;
	user = getpwnam(text);
	if (!user)
		return fail_because(ERR_ABSENT, "--uid '%s': there is no such user", text);
	kernel->uid = user->pw_uid;
	return 0;
}

/* The inode number of a namespace file, which is what the kernel knows a namespace by. */
static int namespace_number(const char *path, __u32 *ret)
{
	struct stat st;

	if (stat(path, &st))
		return fail(errno, "%s", path);
	*ret = st.st_ino;
	return 0;
}

static int read_cgroup(const struct trace_words *words, struct pc_trace_filter *kernel)
{
	auto_cgroups struct cgroups cgroups;
	enum pc_cgroup_hierarchy hierarchy = PC_CGROUP_V2;
	uint64_t id = 0;
	int r;

	if (words->cgroup && words->container)
		return fail_because(ERR_USAGE, "--cgroup and --container: only one of them");
	cgroups_open(&cgroups);
	r = words->cgroup ? cgroup_find(&cgroups, words->cgroup, &hierarchy, &id)
	                  : container_find(&cgroups, "", words->container, &hierarchy, &id);
	kernel->by_cgroup = true;
	kernel->cgroup_hierarchy = hierarchy;
	kernel->cgroup = id;
	return r;
}

static int read_comm(const char *text, struct trace_filter *filter)
{
	char why[128];
	int r = regcomp(&filter->comm, text, REG_EXTENDED | REG_NOSUB);

	if (r) {
		regerror(r, &filter->comm, why, sizeof(why));
		return fail_because(ERR_USAGE, "--comm '%s': %s", text, why);
	}
	filter->kernel.by_comm = true;
	return 0;
}

int trace_filter_read(const struct trace_words *words, struct trace_filter *ret_filter)
{
	int r;

	memset(ret_filter, 0, sizeof(*ret_filter));
	ret_filter->kernel.self = getpid();
	r = namespace_number("/proc/self/ns/pid", &ret_filter->kernel.pidns);
	if (!r && words->pids)
		r = read_pids(words->pids, ret_filter);
	if (!r && words->uid)
		r = read_uid(words->uid, &ret_filter->kernel);
	ret_filter->kernel.by_netns = words->netns;
	if (!r && words->netns)
		r = netns_number(words->netns, &ret_filter->kernel.netns);
	if (!r && (words->cgroup || words->container))
		r = read_cgroup(words, &ret_filter->kernel);
	if (!r && words->comm)
		r = read_comm(words->comm, ret_filter);
	return r;
}

void trace_filter_free(struct trace_filter *filter)
{
	if (filter->kernel.by_comm)
		regfree(&filter->comm);
	filter->kernel.by_comm = false;
}
