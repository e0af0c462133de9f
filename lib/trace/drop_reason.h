/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's names of its reasons to drop packets, which differ from one version to the next. */
#ifndef LIB_TRACE_DROP_REASON_H
#define LIB_TRACE_DROP_REASON_H

#include <stdint.h>

struct drop_reasons;

/* Out of the kernel's own description of its types; NULL: no memory, said. */
struct drop_reasons *drop_reasons_open(void);
void drop_reasons_close(struct drop_reasons *reasons);

#define DROP_REASON_SIZE 80

/* "NETFILTER_DROP"; one of a subsystem by that and its number there, "MAC80211_UNUSABLE:5"; "7"
 * where the kernel does not say. Returns `text`. */
const char *drop_reason_text(const struct drop_reasons *reasons, uint32_t reason,
                             char text[static DROP_REASON_SIZE]);

#endif
