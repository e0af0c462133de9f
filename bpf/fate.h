/* SPDX-License-Identifier: GPL-2.0-only */
/* What becomes of a packet, and why. */
#ifndef BPF_FATE_H
#define BPF_FATE_H

#include "abi/reasons.h"
#include "abi/types.h"

struct fate {
	enum pc_verdict verdict;
	enum pc_reason reason;
};

#endif
