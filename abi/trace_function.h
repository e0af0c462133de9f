/* SPDX-License-Identifier: GPL-2.0-only */
/* trace function: a call as a record like that of a tracepoint (abi/trace_event.h), each argument a
 * word. */
#ifndef PC_ABI_TRACE_FUNCTION_H
#define PC_ABI_TRACE_FUNCTION_H

#include "abi/trace_event.h"

#define PC_FUNCTION_ARGS 6 /* words; those in registers, on most machines */
#define PC_FUNCTION_REGS 5 /* as many by a kprobe */

struct pc_function_record {
	__u64 common;
	__u64 args[PC_FUNCTION_ARGS];
	__u64 ret;
};

_Static_assert(sizeof(struct pc_function_record) == 64, "as both sides have it");

#endif
