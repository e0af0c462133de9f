/* SPDX-License-Identifier: GPL-2.0-only */
/* What a user wants to see, from words to what the programs compare (abi/trace.h). */
#ifndef LIB_TRACE_FILTER_H
#define LIB_TRACE_FILTER_H

#include <regex.h>
#include <stddef.h>

#include "abi/trace.h"

/* As the command line has it; NULL: not asked for. */
struct trace_words {
	const char *pids;      /* "1234" or "1,22,333" */
	const char *uid;       /* a number or a name */
	const char *cgroup;    /* a path, see cgroup_find() */
	const char *container; /* a name or an ID, see container_find() */
	const char *netns;     /* as ip-netns(8) names it */
	const char *comm;      /* POSIX extended regular expression */
};

struct trace_filter {
	struct pc_trace_filter kernel;
	__u32 pids[PC_TRACE_MAX_PIDS];
	size_t pid_count;
	regex_t comm; /* if kernel.by_comm */
};

/* Says what is wrong: -ERR_USAGE, -ERR_ABSENT or a negative errno value. To be followed by
 * trace_filter_free() in any case. */
int trace_filter_read(const struct trace_words *words, struct trace_filter *ret_filter);
void trace_filter_free(struct trace_filter *filter);

#endif
