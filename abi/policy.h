/* SPDX-License-Identifier: GPL-2.0-only */
/* The policy in force: the built-in one, or one of two images; and the memory policies share. */
#ifndef PC_ABI_POLICY_H
#define PC_ABI_POLICY_H

#include "image.h"

/* The built-in policy: its text for people and its one constant for the classifier. */
#define PC_BUILTIN_DST_PORT 80
#define PC_BUILTIN_RULE     "drop in,out tcp dst port 80"
#define PC_BUILTIN_LABEL    "web"
#define PC_BUILTIN_POLICY   PC_BUILTIN_LABEL ": " PC_BUILTIN_RULE "\n"

/* The word of pc_active is read once for each packet and written by a single store, so that both
 * directions and all hooks change from one policy to the next together:
 *
 *   bits 0-1    the policy in force: 0 the built-in one, 1 and 2 an image
 *   bits 2-3    the policy that comes back when the deadline is past
 *   bits 8-63   the deadline, in units of 2^8 ns of CLOCK_MONOTONIC, which reaches as far as the
 *               clock does; 0: none
 */
enum pc_choice { PC_CHOICE_BUILTIN, PC_CHOICE_A, PC_CHOICE_B };
#define PC_CHOICE_MASK           3u
#define PC_ACTIVE_RETURN_SHIFT   2
#define PC_ACTIVE_DEADLINE_SHIFT 8
#define PC_DEADLINE_UNIT_SHIFT   8

static inline __attribute__((always_inline)) __u64 pc_deadline(__u64 active)
{
	return active >> PC_ACTIVE_DEADLINE_SHIFT;
}

/* Whether there is a deadline and it is still to come at `now`, ns of CLOCK_MONOTONIC. */
static inline __attribute__((always_inline)) int pc_is_pending(__u64 active, __u64 now)
{
	return now >> PC_DEADLINE_UNIT_SHIFT < pc_deadline(active);
}

/* Which policy applies at `now`; it is looked at only with a deadline. */
static inline __attribute__((always_inline)) enum pc_choice pc_choice_at(__u64 active, __u64 now)
{
	if (pc_deadline(active) && !pc_is_pending(active, now))
		active >>= PC_ACTIVE_RETURN_SHIFT;
	return active & PC_CHOICE_MASK;
}

/* Value of pc_active: the word, in a cache line of its own, and the fronts of the images by
 * choice - PC_CHOICE_A. As many few entries as there may be can be read wherever they begin: it
 * spares the data plane a check. */
struct pc_active {
	__u64 word, unused[7];
	struct pc_front front[2];
	__u8 slack[PC_FEW_REACH - sizeof(struct pc_front) + PC_FEW * sizeof(struct pc_few)];
};

/* Where rules count and keep their buckets. Twice as many as a policy has rules, as one that waits
 * to be confirmed and the one that would come back may have no rule in common. */
#define PC_MAX_CELLS      (2 * PC_MAX_RULES)
#define PC_CELLS_PER_PAGE 16384

/* pc_pages: an array of maps of one struct pc_page each. The pages of image A, those of image B,
 * then what outlives an image: buckets, and for each CPU the rules' cells (struct pc_counter) and
 * the flow cache. Where nothing is needed there is no page. */
#define PC_PAGE_OF_IMAGE(choice) (((choice)-PC_CHOICE_A) * PC_IMAGE_PAGES)
#define PC_PAGE_BUCKETS          (2 * PC_IMAGE_PAGES)  /* rate limits: __u64 for each cell */
#define PC_PAGE_SOURCES          (PC_PAGE_BUCKETS + 1) /* the same for source addresses */
#define PC_SOURCE_PAGES          4
#define PC_PAGE_OF_CPUS          (PC_PAGE_SOURCES + PC_SOURCE_PAGES + 3)
#define PC_PAGES_PER_CPU         8
#define PC_PAGE_OF_CPU(cpu)      (PC_PAGE_OF_CPUS + (cpu)*PC_PAGES_PER_CPU)
#define PC_PAGE_CELLS(cpu, cell) (PC_PAGE_OF_CPU(cpu) + (cell) / PC_CELLS_PER_PAGE)
#define PC_CELL_PAGES            2
#define PC_PAGE_FLOWS6(cpu)      (PC_PAGE_OF_CPU(cpu) + PC_CELL_PAGES)
#define PC_PAGE_FLOWS4(cpu)      (PC_PAGE_FLOWS6(cpu) + 1)
#define PC_FLOW4_PAGES           4
#define PC_PAGES(cpus)           PC_PAGE_OF_CPU(cpus)

_Static_assert(PC_CELLS_PER_PAGE * 16 == PC_PAGE_SIZE, "16 bytes are a struct pc_counter");
_Static_assert(PC_MAX_CELLS * sizeof(__u64) == PC_PAGE_SIZE, "the buckets are one page");

/* A place of the flow cache for IPv4, four of which are a line: a flow, which image was asked about
 * it, and what the rule that decided does, so that the rule itself need not be looked at. From the
 * highest bit of `rest` on: ports (16 bits each), IP protocol (8), direction (1), whether there are
 * ports (1), enum pc_choice (2; 0: the place is free), 3 bits of nothing, and what pc_deed() says
 * (17). Who puts another image in the place of one must free the flows of the old one first. */
struct pc_flow4 {
	__u32 saddr, daddr;
	__u64 rest;
};
#define PC_FLOW4_CHOICE_SHIFT 20
#define PC_FLOWS4_PER_PAGE    (PC_PAGE_SIZE / sizeof(struct pc_flow4))
_Static_assert(PC_MAX_CELLS <= 1 << PC_DEED_ACTION_SHIFT, "a cell fits its bits");

/* The single entry of pc_decision, which a program loaded for a dry run writes: what it would have
 * done with the packet. */
struct pc_decision {
	__u32 verdict; /* enum pc_verdict */
	__u32 reason;  /* enum pc_reason */
	__s32 rule;    /* by index; -1: none, or the built-in one */
	__u32 choice;  /* enum pc_choice */
	__u32 kind;    /* enum pc_kind */
};

#endif
