/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers as people read them: three digits and an SI prefix. */
#include "lib/base/units.h"

#include <stdio.h>

const char *units_si(char text[static UNITS_SIZE], double value)
{
	static const char prefixes[] = " kMGTPE";
	int step = 0;

	/* 999.5 would be shown as 1000. */
	while (value >= (step ? 999.5 : 1000.0) && prefixes[step + 1]) {
		value /= 1000;
		step++;
	}
	if (!step)
		snprintf(text, UNITS_SIZE, value == (long)value ? "%.0f" : "%.1f", value);
	else
		snprintf(text, UNITS_SIZE, "%.*f%c",
		         value < 9.995   ? 2
		         : value < 99.95 ? 1
		                         : 0,
		         value, prefixes[step]);
	return text;
}
