/* SPDX-License-Identifier: GPL-2.0-only */
/* Network namespaces by number, as ip-netns(8) names them. */
#include "lib/trace/netns_names.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "lib/base/cleanup.h"
#include "lib/kern/netns.h"

static void add(struct netns_names *names, uint32_t number, const char *name)
{
	struct netns_row *rows = reallocarray(names->rows, names->count + 1, sizeof(*rows));

	if (!rows)
		return;
	names->rows = rows;
	rows[names->count].number = number;
	snprintf(rows[names->count++].name, sizeof(rows->name), "%s", name);
}

static void look(struct netns_names *names)
{
	auto_closedir DIR *dir = opendir(NETNS_DIR);
	struct dirent *entry;
	struct stat st;

	names->count = 0;
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] != '.' && !fstatat(dirfd(dir), entry->d_name, &st, 0))
			add(names, st.st_ino, entry->d_name);
	}
}

static const char *find(const struct netns_names *names, uint32_t number)
{
	for (size_t i = 0; i < names->count; i++) {
		if (names->rows[i].number == number)
			return names->rows[i].name;
	}
	return NULL;
}

const char *netns_name_of(struct netns_names *names, uint32_t number)
{
	time_t now = time(NULL);

	if (names->looked != now)
		look(names);
	names->looked = now;
	return find(names, number);
}

void netns_names_free(struct netns_names *names)
{
	free(names->rows);
	*names = (struct netns_names){ 0 };
}
