/* SPDX-License-Identifier: GPL-2.0-only */
/* Moments in time, as people and programs read them. */
#ifndef LIB_BASE_MOMENT_H
#define LIB_BASE_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

#define MOMENT_SIZE 64

/* "2026-11-21T13:04:05.123456+01:00" (RFC 3339, local time), microseconds or none. `realtime` is
 * CLOCK_REALTIME, ns. Returns `text`. */
const char *moment_rfc3339(char text[static MOMENT_SIZE], uint64_t realtime, bool microseconds);

/* "13:04:05.123456", local time. */
const char *moment_of_day(char text[static MOMENT_SIZE], uint64_t realtime);

uint64_t moment_now(void);       /* CLOCK_REALTIME, ns */
uint64_t moment_monotonic(void); /* CLOCK_MONOTONIC, ns */

/* What the wall clock showed at a moment of CLOCK_MONOTONIC, by how they differ now. ns */
uint64_t moment_of_monotonic(uint64_t monotonic);

#endif
