/* SPDX-License-Identifier: GPL-2.0-only */
/* Network namespaces by the number the kernel knows them by, as ip-netns(8) names them. */
#ifndef LIB_TRACE_NETNS_NAMES_H
#define LIB_TRACE_NETNS_NAMES_H

#include <limits.h>
#include <stdint.h>
#include <time.h>

struct netns_names {
	struct netns_row {
		uint32_t number;
		char name[NAME_MAX + 1];
	} * rows;
	size_t count;
	time_t looked; /* at the directory */
};

/* NULL: it has no name, or had none when this second began. Valid until the next call. */
const char *netns_name_of(struct netns_names *names, uint32_t number);
void netns_names_free(struct netns_names *names);

#endif
