/* SPDX-License-Identifier: GPL-2.0-only */
/* The end a user asks for: Ctrl-C, a terminal that hangs up, kill. */
#include "lib/base/ending.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t ended;

static void on_signal(int signal)
{
	(void)signal;
	ended = 1;
}

void ending_catch(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = on_signal };

	/* Without SA_RESTART: a wait is to end at once. */
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &action, NULL);
}

bool ending(void)
{
	return ended;
}
