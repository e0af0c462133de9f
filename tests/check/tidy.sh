#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# C is clean for clang-tidy; .clang-tidy has the checks. Wants the skeletons built.
. "$(dirname "$0")/rule.inc"
git ls-files -co --exclude-standard '*.c' | grep -v '\.bpf\.c$' |
	xargs -P "$(nproc)" -n 4 sh -c 'clang-tidy --quiet "$@" -- -std=gnu11 -D_GNU_SOURCE -I. -Ibuild/skel -DPC_VERSION=\"x\" 2>/dev/null' tidy |
	grep -E 'warning:|error:' | sort -u | rule "C is clean for clang-tidy"
