/* SPDX-License-Identifier: GPL-2.0-only */
/* The built-in policy: its text for people and its one constant for the classifier. */
#ifndef PC_ABI_POLICY_H
#define PC_ABI_POLICY_H

#define PC_BUILTIN_DST_PORT 80
#define PC_BUILTIN_POLICY   "drop in,out tcp dst port 80"

#endif
