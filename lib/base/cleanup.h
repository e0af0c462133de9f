/* SPDX-License-Identifier: GPL-2.0-only */
/* Resources that let go of themselves at the end of their scope. */
#ifndef LIB_BASE_CLEANUP_H
#define LIB_BASE_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_closedir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static inline void cleanup_fclose(FILE **file)
{
	if (*file)
		fclose(*file);
}

#define auto_free     __attribute__((cleanup(cleanup_free)))
#define auto_close    __attribute__((cleanup(cleanup_close)))
#define auto_closedir __attribute__((cleanup(cleanup_closedir)))
#define auto_fclose   __attribute__((cleanup(cleanup_fclose)))

/* Hands the resource on: the scope it leaves no longer lets go of it. */
#define TAKE_FD(fd) \
	({ \
		int taken_ = (fd); \
		(fd) = -1; \
		taken_; \
	})
#define TAKE_PTR(p) \
	({ \
		typeof(p) taken_ = (p); \
		(p) = NULL; \
		taken_; \
	})

#endif
