/* SPDX-License-Identifier: GPL-2.0-only */
/* The container that a user means, among those that have a cgroup. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/trace/container.h"

#define PREFIX_MIN 4 /* digits that a user has to type at least */

/* Those that answer to what the user said, as far as they are named in a complaint. */
#define FEW 3

struct match {
	struct container container;
	enum pc_cgroup_hierarchy hierarchy;
	uint64_t id;
};

struct matches {
	struct match few[FEW];
	size_t n; /* all of them, at most FEW + 1 */
};

struct search {
	const char *root, *wanted;
	enum pc_cgroup_hierarchy hierarchy;
	struct container last;       /* of the cgroup before this one */
	struct matches exact, begun; /* called so; with an ID that begins so */
};

static bool is_same(const struct container *a, const struct container *b)
{
	return !strcmp(a->id, b->id) && !strcmp(a->name, b->name);
}

/* Its outermost cgroup is met first, in the hierarchies one after the other. */
static void add(struct matches *matches, const struct search *search,
                const struct container *container, uint64_t id)
{
	for (size_t i = 0; i < matches->n && i < FEW; i++) {
		if (is_same(&matches->few[i].container, container))
			return;
	}
	if (matches->n < FEW)
		matches->few[matches->n] = (struct match){ *container, search->hierarchy, id };
	if (matches->n <= FEW)
		matches->n++;
}

static int visit(void *context, const char *path, uint64_t id)
{
	struct search *search = context;
	size_t len = strlen(search->wanted);
	struct container container, found;

	if (!container_of_path(path, &found) || is_same(&found, &search->last))
		return 0;
	search->last = container = found;
	container_find_name(search->root, &container);
	if (!strcmp(container.id, search->wanted) || !strcmp(container.name, search->wanted))
		add(&search->exact, search, &container, id);
	else if (len >= PREFIX_MIN && container_id_is_made_up(container.id) &&
	         !strncmp(container.id, search->wanted, len))
		add(&search->begun, search, &container, id);
	return 0;
}

static int say_ambiguous(const char *wanted, const struct matches *matches)
{
	char list[FEW * 96] = "";
	size_t len = 0;

	for (size_t i = 0; i < FEW && i < matches->n; i++) {
		const struct container *container = &matches->few[i].container;

		len += snprintf(list + len, sizeof(list) - len, "%s%.12s%s%.32s%s", i ? ", " : "",
		                container->id, *container->name ? " (" : "", container->name,
		                *container->name ? ")" : "");
	}
	return fail_because(EINVAL, "container '%s': there are several, say which by its ID: %s%s",
	                    wanted, list, matches->n > FEW ? ", ..." : "");
}

int container_find(const struct cgroups *cgroups, const char *root, const char *wanted,
                   enum pc_cgroup_hierarchy *ret_hierarchy, uint64_t *ret_id)
{
	struct search search = { .root = root, .wanted = wanted };
	const struct matches *matches;

	for (int i = 0; *wanted && i < PC_CGROUP_HIERARCHIES; i++) {
		int r;

		search.hierarchy = i;
		search.last = (struct container){ 0 };
		r = cgroup_walk(cgroups, i, visit, &search);
		if (r)
			return fail(-r, "looking for container '%s'", wanted);
	}
	matches = search.exact.n ? &search.exact : &search.begun;
	if (!matches->n)
		return fail_because(ERR_ABSENT,
		                    "container '%s': there is none of that name or ID running",
		                    wanted);
	if (matches->n > 1)
		return say_ambiguous(wanted, matches);
	*ret_hierarchy = matches->few[0].hierarchy;
	*ret_id = matches->few[0].id;
	return 0;
}
