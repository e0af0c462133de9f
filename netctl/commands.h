/* SPDX-License-Identifier: GPL-2.0-only */
/* netctl's commands: each file has one, its options and what it does. */
#ifndef NETCTL_COMMANDS_H
#define NETCTL_COMMANDS_H

#include "lib/base/cmd.h"

extern const struct cmd stats_cmd, watch_cmd;

#endif
