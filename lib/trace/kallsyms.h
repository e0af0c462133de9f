/* SPDX-License-Identifier: GPL-2.0-only */
/* The functions of the kernel by their addresses, as /proc/kallsyms lists them. */
#ifndef LIB_TRACE_KALLSYMS_H
#define LIB_TRACE_KALLSYMS_H

#include <stdint.h>
#include <stdio.h>

struct kallsyms;

/* NULL: no memory. A list that hides its addresses is one of nothing. */
struct kallsyms *kallsyms_read(FILE *from);
struct kallsyms *kallsyms_open(void); /* the running kernel's */
void kallsyms_close(struct kallsyms *symbols);

#define KALLSYM_SIZE 160

/* "tcp_v4_rcv+0x52"; "0xffffffff81000000" where none is known. Returns `text`. */
const char *kallsym_text(const struct kallsyms *symbols, uint64_t address,
                         char text[static KALLSYM_SIZE]);

#endif
