/* SPDX-License-Identifier: GPL-2.0-only */
/* loader: puts the data plane into the kernel and takes it out. */
#include "loader/commands.h"

int main(int argc, char **argv)
{
	const struct cmd commands[] = { attach_cmd, detach_cmd, status_cmd, check_cmd, { 0 } };

	return cmd_main("puts portcullis on network interfaces and takes it off", commands, argc,
	                argv);
}
