/* SPDX-License-Identifier: GPL-2.0-only */
/* What libbpf and libxdp have to say: shown with --verbose, else kept until a failure asks for it.
 */
#ifndef LIB_BASE_LOG_H
#define LIB_BASE_LOG_H

#include <stdbool.h>

/* Takes over the messages of both libraries. */
void log_init(bool verbose);

/* Forgets what was kept. Call before the step whose failure log_reason() is to explain. */
void log_forget(void);

/* The one line that matters among the messages kept: the verifier's last word if it spoke, else the
 * last warning; NULL if there was none. Valid until the next message. */
const char *log_reason(void);

/* The line of a verifier log that says what was wrong, in `line`: the last one before the
 * statistics. False: there is none. */
bool log_verifier_line(const char *log, char *line, unsigned size);

#endif
