#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Every header compiles alone. The stages of bpf/ are written against a hook, the pipeline against a
# conclusion as well, and TC's hook against a door, so those come first.
. "$(dirname "$0")/rule.inc"
b="-x c -fsyntax-only -Wall -Wextra -I. -Ibuild/skel"
offenders() {
	local file
	for file in $(git ls-files -co --exclude-standard '*.h'); do
		# shellcheck disable=SC2086
		case $file in
		bpf/pipeline.h) printf '#include "xdp_prog/hook.h"\n#include "bpf/builtin.h"\n#include "%s"\n' "$file" |
			clang -target bpf $b -idirafter "/usr/include/$(cc -dumpmachine)" - ;;
		bpf/*) printf '#include "xdp_prog/hook.h"\n#include "%s"\n' "$file" |
			clang -target bpf $b -idirafter "/usr/include/$(cc -dumpmachine)" - ;;
		tc_prog/hook.h | tc_prog/gso.h) printf '#include "tc_prog/kernel_view.h"\n#include "tc_prog/hook.h"\n' |
			clang -target bpf $b -idirafter "/usr/include/$(cc -dumpmachine)" - ;;
		xdp_prog/* | tc_prog/* | trace_prog/*) printf '#include "%s"\n' "$file" |
			clang -target bpf $b -idirafter "/usr/include/$(cc -dumpmachine)" - ;;
		*) printf '#include "%s"\n' "$file" | cc -std=gnu11 -D_GNU_SOURCE $b - ;;
		esac >/dev/null 2>&1 || echo "$file"
	done
}
offenders | rule "every header compiles alone"
