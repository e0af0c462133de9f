/* SPDX-License-Identifier: GPL-2.0-only */
/* Who: what the numbers of an event's task stand for, each looked up once. */
#ifndef LIB_TRACE_WHO_H
#define LIB_TRACE_WHO_H

#include "abi/trace.h"
#include "lib/trace/container.h"

struct who_cache;

struct who {
	char *cgroup; /* path; NULL: it was gone before it could be asked for */
	bool in_container;
	struct container container; /* if so */
};

/* NULL: no memory, said. */
struct who_cache *who_open(void);
void who_close(struct who_cache *cache);

/* Of bounded memory: what was not asked for lately is forgotten. Never NULL; valid until the next
 * call. */
const struct who *who_is(struct who_cache *cache, const struct pc_trace_task *task);

#endif
