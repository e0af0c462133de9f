/* SPDX-License-Identifier: GPL-2.0-only */
/* abi/policy.h: which policy a word says is in force, at any time of the clock. */
#include "abi/policy.h"
#include "tests/tap.h"

#define SECOND 1000000000ull
#define DAY    (86400 * SECOND)

static __u64 word_with(__u64 deadline)
{
	return PC_CHOICE_B | PC_CHOICE_A << PC_ACTIVE_RETURN_SHIFT |
	       (deadline >> PC_DEADLINE_UNIT_SHIFT) << PC_ACTIVE_DEADLINE_SHIFT;
}

static void deadlines(void)
{
	/* The last: a host that is up for three hundred years. */
	static const __u64 starts[] = { 0, DAY, 800 * DAY, 900 * DAY, 4000 * DAY, 109500 * DAY };
	static const __u64 seconds[] = { 1, 60, 72057595, 4294967295 };

	for (int i = 0; i < 6; i++) {
		for (int k = 0; k < 4; k++) {
			__u64 now = starts[i], deadline = now + seconds[k] * SECOND;
			__u64 active = word_with(deadline);

			tap_note("up %llu days, %llu s", (unsigned long long)(now / DAY),
			         (unsigned long long)seconds[k]);
			tap_check_int(pc_choice_at(active, now), PC_CHOICE_B);
			tap_check_int(pc_choice_at(active, deadline - SECOND / 2), PC_CHOICE_B);
			tap_check_int(pc_choice_at(active, deadline), PC_CHOICE_A);
			tap_check_int(pc_choice_at(active, deadline + DAY), PC_CHOICE_A);
		}
	}
}

int main(void)
{
	tap_test("without a deadline a policy stays");
	tap_check_int(pc_choice_at(PC_CHOICE_A, ~0ull), PC_CHOICE_A);
	tap_test("with one it goes back then, however long the host is up and the deadline away");
	deadlines();
	return tap_done();
}
