/* SPDX-License-Identifier: GPL-2.0-only */
/* The files whose readline() is to be watched: shells, other programs and libraries. A file is told
 * by what it is, not by its path: each is there once, and stays what it was found to be. */
#ifndef LIB_TRACE_READERS_H
#define LIB_TRACE_READERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct reader {
	int fd;
	char *path;      /* as the user said, or as the process sees it that runs it */
	uint64_t offset; /* of the function in the file */
	bool asked_for;  /* it was named, or its process; else it was merely found */
	struct stat status;
};

struct readers {
	struct reader *items;
	size_t count;
};

/* Files named by their paths, with commas between them. Each has to have such a function, or to
 * need a libreadline, which is taken instead. Says what is wrong, as the following do. */
int readers_named(struct readers *readers, const char *paths);

/* What these processes run: the program, or the libreadline that it has loaded. */
int readers_of(struct readers *readers, const uint32_t *pids, size_t count);

/* /bin/bash, and every other bash that is running: one in a container is another file. */
int readers_shells(struct readers *readers);

void readers_free(struct readers *readers);

#endif
