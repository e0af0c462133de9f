/* SPDX-License-Identifier: GPL-2.0-only */
/* Which packets are wanted: a pcap-filter(7) expression, made into what the kernel side runs. */
#ifndef LIB_TRACE_PACKET_FILTER_H
#define LIB_TRACE_PACKET_FILTER_H

#include <stddef.h>

#include "abi/trace_packet.h"

/* For frames of Ethernet. The caller frees *ret_code, of at least one instruction. -ERR_USAGE, said
 * in libpcap's words, when the expression makes no sense. */
int packet_filter_compile(const char *expression, struct pc_packet_insn **ret_code,
                          size_t *ret_count);

#endif
