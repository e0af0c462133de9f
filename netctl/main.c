/* SPDX-License-Identifier: GPL-2.0-only */
/* netctl: looks at and steers a data plane that is already running. */
#include "netctl/commands.h"

int main(int argc, char **argv)
{
	const struct cmd commands[] = {
		stats_cmd,           watch_cmd,
		rule_list_cmd,       rule_add_cmd,
		rule_delete_cmd,     policy_show_cmd,
		policy_apply_cmd,    policy_check_cmd,
		policy_diff_cmd,     policy_confirm_cmd,
		policy_rollback_cmd, explain_cmd,
		trace_exec_cmd,      trace_connect_cmd,
		trace_listen_cmd,    trace_open_cmd,
		trace_readline_cmd,  trace_event_cmd,
		trace_list_cmd,      trace_function_cmd,
		trace_packet_cmd,    { 0 },
	};

	return cmd_main("looks at what portcullis counts and does", commands, argc, argv);
}
