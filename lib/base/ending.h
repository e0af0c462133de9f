/* SPDX-License-Identifier: GPL-2.0-only */
/* The end a user asks for: Ctrl-C, a terminal that hangs up, kill. */
#ifndef LIB_BASE_ENDING_H
#define LIB_BASE_ENDING_H

#include <stdbool.h>

/* From here on such a signal no longer kills: it makes ending() true and interrupts what waits. */
void ending_catch(void);

bool ending(void);

#endif
