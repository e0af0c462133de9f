#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Each fuzzer on its seeds for FUZZ_SECONDS (20); what breaks one is kept under build/fuzz.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

fuzzers=(tests/fuzz/*.c)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
	clang -fsanitize=fuzzer,address,undefined -x c - -o "$work/probe" 2>/dev/null; then
	echo "1..0 # SKIP clang has no fuzzer runtime here (libclang-rt-14-dev)"
	exit 77
fi

echo "1..${#fuzzers[@]}"
number=0 failed=0
for source in "${fuzzers[@]}"; do
	name=$(basename "$source" .c)
	number=$((number + 1))
	mkdir -p "$work/$name" build/fuzz
	if make -s "build/fuzz/$name" >"$work/log" 2>&1 &&
		"build/fuzz/$name" -max_total_time="${FUZZ_SECONDS:-20}" -timeout=10 -max_len=4096 \
			-use_value_profile=1 -print_final_stats=1 -artifact_prefix="build/fuzz/$name-" \
			"$work/$name" "tests/fuzz/corpus/$name" >"$work/log" 2>&1; then
		echo "ok $number - $name survives whatever it is given"
		grep -E 'number_of_executed_units|cov:' "$work/log" | tail -n 2 | sed 's/^/# /'
	else
		failed=1
		echo "not ok $number - $name survives whatever it is given"
		grep -av '^#[0-9]' "$work/log" | tail -n 30 | sed 's/^/# /'
	fi
done
exit "$failed"
