/* SPDX-License-Identifier: GPL-2.0-only */
/* netctl's commands: each file has one or those of one noun. */
#ifndef NETCTL_COMMANDS_H
#define NETCTL_COMMANDS_H

#include "lib/base/cmd.h"

extern const struct cmd stats_cmd, watch_cmd;
extern const struct cmd rule_list_cmd, rule_add_cmd, rule_delete_cmd;
extern const struct cmd policy_show_cmd, policy_apply_cmd, policy_check_cmd, policy_confirm_cmd,
	policy_rollback_cmd, policy_diff_cmd;
extern const struct cmd explain_cmd;
extern const struct cmd trace_exec_cmd, trace_connect_cmd, trace_listen_cmd, trace_open_cmd,
	trace_readline_cmd, trace_event_cmd, trace_list_cmd, trace_function_cmd, trace_packet_cmd;

#endif
