/* SPDX-License-Identifier: GPL-2.0-only */
/* trace event: the record of any tracepoint, as it is. */
#include "trace_prog/record.h"

SEC("tracepoint")
int event(const void *record)
{
	return event_pass(record);
}
