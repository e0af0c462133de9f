/* SPDX-License-Identifier: GPL-2.0-only */
/* The filter on a tracepoint's fields: from words to what the program compares. */
#ifndef LIB_TRACE_EVENT_FILTER_H
#define LIB_TRACE_EVENT_FILTER_H

#include "lib/trace/event.h"

/* Adds the conditions of "FIELD OP VALUE [&& ...]". OP is one of == != < <= > >=, of strings == and
 * != only; a VALUE with blanks or && in it stands in quotes. Says what is wrong: -ERR_USAGE. */
int event_filter_read(const struct event_format *format, const char *text,
                      struct pc_event_wanted *wanted);

#endif
