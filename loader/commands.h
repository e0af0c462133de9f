/* SPDX-License-Identifier: GPL-2.0-only */
/* The loader's commands: each file has one, its options and what it does. */
#ifndef LOADER_COMMANDS_H
#define LOADER_COMMANDS_H

#include "lib/base/cmd.h"

extern const struct cmd attach_cmd, detach_cmd, status_cmd, check_cmd;

#endif
