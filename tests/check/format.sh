#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# .clang-format decides how C looks.
. "$(dirname "$0")/rule.inc"
c_files | xargs clang-format --dry-run 2>&1 | grep -E 'warning|error' | rule "C is formatted as .clang-format says"
