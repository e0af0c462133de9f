/* SPDX-License-Identifier: GPL-2.0-only */
/* Policies out of texts that have to be right. */
#ifndef TESTS_UNIT_PARSED_H
#define TESTS_UNIT_PARSED_H

#include "lib/base/cleanup.h"
#include "lib/rules/parse.h"
#include "tests/tap.h"

/* Whether it is; else the test has failed, with what is wrong. */
static inline bool parsed(const char *text, struct policy *ret_policy)
{
	auto_diag struct diag diag = { 0 };
	auto_free char *why = NULL;

	if (!policy_parse("test", text, strlen(text), ret_policy, &diag))
		return true;
	why = diag_text(&diag);
	tap_fail("%s", why);
	return false;
}

#endif
