/* SPDX-License-Identifier: GPL-2.0-only */
/* Knobs the loader freezes before load; what they switch off, the verifier removes. */
#ifndef BPF_CONFIG_H
#define BPF_CONFIG_H

#include <linux/types.h>

/* Whether this hook acts on the policy or only counts and measures. */
const volatile __u8 enforce = 1;

#endif
