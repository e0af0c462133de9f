#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Every file opens with its licence and one sentence of what it is for.
. "$(dirname "$0")/rule.inc"
offenders() {
	local file
	while read -r file; do
		head -n 4 "$file" | grep -q 'SPDX-License-Identifier: ' || echo "$file: no licence line"
		head -n 4 "$file" | grep -qE '^(/\* |# )[A-Z.a-z].*[a-z]' || echo "$file: no sentence"
	done < <(c_files; shell_files; echo Makefile)
}
offenders | rule "every file says what it is for"
