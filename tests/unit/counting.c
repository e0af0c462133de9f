/* SPDX-License-Identifier: GPL-2.0-only */
/* abi/counting.h: every cell and every slot is one of its own, inside its map. */

#include "abi/counting.h"
#include "tests/tap.h"

static void cells_are_distinct(void)
{
	static bool seen[PC_CELLS];
	int distinct = 0;

	for (int hook = 0; hook < PC_HOOK_COUNT; hook++) {
		for (int reason = 0; reason < PC_R_COUNT; reason++) {
			for (int proto = 0; proto < PC_PROTO_COUNT; proto++) {
				for (int verdict = 0; verdict < PC_VERDICT_COUNT; verdict++) {
					__u32 cell = pc_cell(hook, reason, proto, verdict);

					if (!tap_check(cell < PC_CELLS))
						return;
					distinct += !seen[cell];
					seen[cell] = true;
				}
			}
		}
	}
	tap_check_int(distinct, PC_CELLS);
}

static void sizes_land_where_the_contract_says(void)
{
	static const struct {
		__u32 size, slot;
	} rows[] = {
		{ 0, 0 },
		{ 60, 60 },
		{ 9216, 9216 },
		{ 9217, 9217 },
		{ 9280, 9217 },
		{ 9281, 9218 },
		{ 65536, 10096 },
		{ 65537, PC_SLOT_OVER },
		{ 4000000000u, PC_SLOT_OVER },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		tap_note("size %u", rows[i].size);
		tap_check_int(pc_size_slot(rows[i].size), rows[i].slot);
	}
	tap_check_int(PC_SLOT_OVER, 10097);
	tap_check_int(PC_SLOTS, 10098);
}

static void slots_say_their_smallest_size(void)
{
	for (__u32 slot = 0; slot < PC_SLOTS; slot++) {
		__u32 size = pc_slot_size(slot);

		if (!tap_check_int(pc_size_slot(size), slot))
			return;
		if (size && !tap_check(pc_size_slot(size - 1) == slot - 1))
			return;
	}
}

int main(void)
{
	tap_test("cells are distinct and inside the map");
	cells_are_distinct();
	tap_test("sizes land where the contract says");
	sizes_land_where_the_contract_says();
	tap_test("a slot's size is the smallest that lands in it");
	slots_say_their_smallest_size();
	return tap_done();
}
