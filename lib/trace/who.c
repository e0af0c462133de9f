/* SPDX-License-Identifier: GPL-2.0-only */
/* Who: what the numbers of an event's task stand for, each looked up once. */
#include "lib/trace/who.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/moment.h"

/* 1024 entries: a number can be in any of the ways of one set. */
#define SETS 128
#define WAYS 8

#define AGAIN_NS  1000000000 /* what was not found is asked for again, at most so often */
#define NAMES_MAX 10         /* times a name is asked for: state may be written after the start */

struct entry {
	uint64_t id;
	uint64_t used;  /* when; 0: free */
	uint64_t asked; /* ns */
	uint32_t hierarchy;
	unsigned int names; /* times the name was asked for */
	struct who who;
};

struct who_cache {
	struct cgroups cgroups;
	uint64_t clock; /* of `used`: questions so far */
	struct entry entries[SETS][WAYS];
};

struct who_cache *who_open(void)
{
	struct who_cache *cache = calloc(1, sizeof(*cache));

	if (!cache) {
		fail(ENOMEM, "containers");
		return NULL;
	}
	cgroups_open(&cache->cgroups);
	return cache;
}

void who_close(struct who_cache *cache)
{
	if (!cache)
		return;
	for (size_t i = 0; i < SETS; i++) {
		for (size_t j = 0; j < WAYS; j++)
			free(cache->entries[i][j].who.cgroup);
	}
	cgroups_close(&cache->cgroups);
	free(cache);
}

static size_t set_of(uint64_t id, uint32_t hierarchy)
{
	return (id + hierarchy) * 0x9E3779B97F4A7C15 >> 57; /* 7 bits: SETS */
}

/* Its entry, or the one of its set that was not asked for the longest, emptied. */
static struct entry *find_entry(struct who_cache *cache, uint64_t id, uint32_t hierarchy)
{
	struct entry *set = cache->entries[set_of(id, hierarchy)], *oldest = set;

	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].used && set[i].id == id && set[i].hierarchy == hierarchy)
			return &set[i];
		if (set[i].used < oldest->used)
			oldest = &set[i];
	}
	free(oldest->who.cgroup);
	*oldest = (struct entry){ .id = id, .hierarchy = hierarchy };
	return oldest;
}

static void ask_name(struct entry *entry)
{
	entry->names++;
	container_find_name("", &entry->who.container);
}

static void ask_path(const struct cgroups *cgroups, struct entry *entry)
{
	struct who *who = &entry->who;
	char path[PATH_MAX];

	if (cgroup_path(cgroups, entry->hierarchy, entry->id, path))
		return;
	who->cgroup = strdup(path);
	who->in_container = who->cgroup && container_of_path(path, &who->container);
	if (who->in_container)
		ask_name(entry);
}

/* A number that led nowhere may yet: the way there was barred (open files, memory), or a walk
 * missed it. */
static bool is_open(const struct entry *entry)
{
	if (!entry->who.cgroup)
		return true;
	return entry->who.in_container && !*entry->who.container.name && entry->names < NAMES_MAX;
}

static const struct who *ask(struct who_cache *cache, uint64_t id, uint32_t hierarchy)
{
	struct entry *entry = find_entry(cache, id, hierarchy);
	uint64_t time = entry->used && !is_open(entry) ? 0 : moment_monotonic();

	if (!entry->used || (is_open(entry) && time - entry->asked >= AGAIN_NS)) {
		entry->asked = time;
		if (entry->who.cgroup)
			ask_name(entry);
		else
			ask_path(&cache->cgroups, entry);
	}
	entry->used = ++cache->clock;
	return &entry->who;
}

static bool is_root(const struct who *who)
{
	return who->cgroup && !strcmp(who->cgroup, "/");
}

/* On a machine with both versions a service manager may use the one and a container runtime the
 * other: what tells of a container counts, and the root of a hierarchy tells nothing. */
const struct who *who_is(struct who_cache *cache, const struct pc_trace_task *task)
{
	const struct who *v2 = ask(cache, task->cgroup, PC_CGROUP_V2), *v1;

	if (v2->in_container || task->cgroup_v1_hierarchy == PC_CGROUP_V2)
		return v2;
	/* Does not push out the other: a set has more than one way. */
	v1 = ask(cache, task->cgroup_v1, task->cgroup_v1_hierarchy);
	return v1->in_container || !v2->cgroup || is_root(v2) ? v1 : v2;
}
