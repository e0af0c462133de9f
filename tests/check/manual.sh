#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The manual says every option and every reason, in the words the programs use.
. "$(dirname "$0")/rule.inc"
offenders() {
	local program word
	for program in loader netctl; do
		while read -r word; do
			sed 's/\\-/-/g' man/*.[58] | grep -qF -e "$word" || echo "$program: $word is in no manual"
		done < <("build/bin/$program" --help | grep -oE -e '--[a-z-]+')
	done
	sed -n 's/^\tX([A-Z0-9_]*, "\(.*\)", "\(.*\)").*/\1\t\2/p' abi/reasons.h | while read -r word; do
		grep -qxF "$word" man/netctl.8 || echo "man/netctl.8: not as abi/reasons.h says: $word"
	done
}
offenders | rule "the manual speaks of every option and reason"
