/* SPDX-License-Identifier: GPL-2.0-only */
/* What our maps, programs and pins are called, in the kernel and on bpffs. */
#ifndef PC_ABI_NAMES_H
#define PC_ABI_NAMES_H

/* Goes up with any change to what a release pins: libbpf reuses a pinned map when its type and
 * sizes fit, whatever its fields mean, so the version has to be part of the path. */
#define PC_ABI_VERSION 1
#define PC_ABI_DIR     "v1"

#define PC_BPFFS    "/sys/fs/bpf"
#define PC_PIN_BASE PC_BPFFS "/portcullis"
#define PC_PIN_ROOT PC_PIN_BASE "/" PC_ABI_DIR

/* Where libxdp keeps its dispatchers; shared with every other user of libxdp. */
#define PC_LIBXDP_DIR PC_BPFFS "/xdp"

/* Every map the programs use, pinned under its own name. */
#define PC_MAP_COUNTERS "pc_counters"
#define PC_MAP_SIZES    "pc_sizes"

/* Written by user space only: what was attached, and what the counters stood at on --reset. */
#define PC_MAP_META     "pc_meta"
#define PC_MAP_BASELINE "pc_baseline"

/* The policy in force, the memory policies live in and a page of it (abi/policy.h); what the
 * built-in rule dropped. */
#define PC_MAP_ACTIVE  "pc_active"
#define PC_MAP_PAGES   "pc_pages"
#define PC_MAP_PAGE    "pc_page"
#define PC_MAP_BUILTIN "pc_builtin"

/* The section of the variable that is pinned as PC_MAP_ACTIVE, and the name of the map that libbpf
 * makes of it. */
#define PC_SECTION_ACTIVE ".data." PC_MAP_ACTIVE

#define PC_MAPS(X) \
	X(PC_MAP_COUNTERS) \
	X(PC_MAP_SIZES) \
	X(PC_MAP_META) \
	X(PC_MAP_BASELINE) \
	X(PC_MAP_ACTIVE) \
	X(PC_MAP_PAGES) \
	X(PC_MAP_PAGE) \
	X(PC_MAP_BUILTIN)

/* The kernel keeps 15 characters of a name. */
#define X(name) _Static_assert(sizeof(name) <= 16, name " is too long");
PC_MAPS(X)
X(PC_SECTION_ACTIVE)
#undef X

#endif
