/* SPDX-License-Identifier: GPL-2.0-only */
/* Where in an ELF file a function is. The file may be anybody's, and anything: what does not hold
 * together is refused. Nothing here says what failed, as callers try one file after the other. */
#ifndef LIB_TRACE_SYMBOL_H
#define LIB_TRACE_SYMBOL_H

#include <limits.h>
#include <stdint.h>

/* The offset in the file of a function that it defines. -ENOENT: it defines none of that name;
 * -ENOEXEC: that is no ELF file, or a damaged one. */
int symbol_find(int fd, const char *name, uint64_t *ret_offset);

/* The first library it says to need whose name begins with `prefix`. -ENOENT, -ENOEXEC. */
int symbol_needs(int fd, const char *prefix, char ret_name[static NAME_MAX + 1]);

/* Opens that library where the system has its libraries, of the same machine as the file. Returns
 * the file descriptor, or -ENOENT or -ENOEXEC. */
int symbol_open_library(int fd, const char *name, char ret_path[static PATH_MAX]);

#endif
