#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The arrows of README's map, enforced: which folder may include from which.
. "$(dirname "$0")/rule.inc"

may() {
	case $1 in
	abi) echo abi ;;
	bpf) echo abi bpf ;;
	xdp_prog | tc_prog) echo abi bpf "$1" ;;
	trace_prog) echo abi trace_prog ;;
	lib/base) echo lib/base ;;
	lib/packet) echo abi lib/base lib/packet ;;
	lib/rules) echo abi lib/base lib/packet lib/rules ;;
	lib/store) echo abi lib/base lib/rules lib/store ;;
	lib/kern) echo abi lib/base lib/rules lib/kern ;;
	lib/trace) echo abi lib/base lib/kern lib/trace ;;
	loader | netctl) echo abi lib/base lib/packet lib/rules lib/store lib/kern lib/trace "$1" ;;
	esac
}

offenders() {
	local dir from file rest target
	for dir in abi bpf xdp_prog tc_prog trace_prog lib/base lib/packet lib/rules lib/store lib/kern lib/trace loader netctl; do
		from=" $(may "$dir") "
		while IFS=: read -r file rest; do
			target=$(sed -n 's/.*#include "\(.*\)\/[^/]*".*/\1/p' <<<"$rest")
			# netctl embeds the tracers' skeletons, which are built under the tracers' names.
			[[ $rest == *.skel.h* || $from == *" ${target:-$dir} "* ]] || echo "$file includes from $target"
		done < <(grep -H '^#include "' "$dir"/*.[ch] 2>/dev/null)
	done
	return 0
}
offenders | rule "folders include only from where README's map lets them"
