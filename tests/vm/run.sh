#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs the suites that want a stock kernel, all in one QEMU guest, and prints their TAP.
#
# usage: run.sh [-k METAPACKAGE] [SUITE...]
#   -k METAPACKAGE  whose kernel, as kernel.sh takes it (linux-image-amd64)
#   SUITE           an executable that prints TAP, relative to the top directory; they come after
#                   all of tests/vm/guest/*.sh
#
# Skips, with a plan of 1..0, where there can be no guest. A suite that breaks off, or that fails
# without saying what, gets a "not ok" of its own, and so does one that the guest did not live to
# start. Exit status: 1 when there was a "not ok", else 0.
set -euo pipefail
cd "$(dirname "$0")/../.."

budget=660      # seconds for everything, fetching the kernel included
suite_limit=240 # one suite that hangs leaves the others half of it

usage() {
	sed -n '/^# usage/,/^#$/s/^# \{0,1\}//p' tests/vm/run.sh >&2
	exit 2
}

suite_name() {
	local name=${1%.sh}
	name=${name#build/}
	echo "${name#tests/}"
}

# --- in the guest

# What a suite's exit status $2 and its output $3 leave unsaid.
judge() {
	awk -v name="$1" -v status="$2" -v limit="$suite_limit" '
		/^ok( |$)/      { results++ }
		/^not ok( |$)/  { results++; failures++ }
		/^1\.\.[0-9]+/  { planned = 1; plan = substr($1, 4) + 0 }
		/# SKIP/        { skipped = 1 }
		END {
			if (status == 77 && !failures && skipped)
				exit
			if (status == 77 && !results) {
				print "1..0 # SKIP " name " does not say why"
				exit
			}
			if (status == 124)
				why = "no end after " limit " s"
			else if (status == 137)
				why = "killed, for want of memory or as it had no end after " limit " s"
			else if (status > 128)
				why = "died of signal " status - 128
			else if (planned && plan != results)
				why = "planned " plan " tests, ran " results + 0
			else if (status != 0 && !failures)
				why = "exit status " status
			else if (!planned && !results)
				why = "no tests"
			if (why != "")
				print "not ok " results + 1 " - " name ": " why
		}' "$3"
}

# The output goes to a file, which tail shows as it grows: through a pipe, a process that the suite
# left running would keep us waiting.
run_suite() {
	local name output pid status=0 began=$SECONDS
	name=$(suite_name "$1")
	output=$(mktemp /run/suite.XXXXXX)
	echo "# suite: $name (vm $(uname -r))"
	# The parentheses keep bash's own "Segmentation fault" out of the TAP; judge says it better.
	(timeout -k 5 "$suite_limit" "./$1" </dev/null >"$output" 2>&1 || exit) 2>/dev/null &
	pid=$!
	tail -n +1 -f -s 0.1 --pid="$pid" "$output"
	# A suite that broke off in mid-line must not swallow what is said about it.
	[ -z "$(tail -c 1 "$output")" ] || echo
	wait "$pid" || status=$?
	judge "$name" "$status" "$output"
	echo "# $name took $((SECONDS - began)) s"
}

if [ "${1-}" = --inside ]; then
	shift
	export PORTCULLIS_ROUNDS=6 # of killing loaders: a guest is slow
	for suite; do run_suite "$suite"; done
	exit 0
fi

# --- out here

skip() {
	echo "1..0 # SKIP $*"
	exit 0
}

# Asks what the guest needs to do something, as being installed is not yet being allowed to run.
check_tools() {
	timeout 10 qemu-system-x86_64 -accel tcg -machine none -nodefaults -display none -monitor stdio \
		<<<quit >/dev/null 2>&1 || skip 'qemu-system-x86_64 is missing or does not run here'
	busybox true 2>/dev/null || skip 'busybox is missing (package busybox-static)'
	! ldd "$(command -v busybox)" >/dev/null 2>&1 ||
		skip 'busybox is not a static one (package busybox-static)'
	cpio --version >/dev/null 2>&1 || skip 'cpio is missing (package cpio)'
	modprobe --version >/dev/null 2>&1 || skip 'modprobe is missing (package kmod)'
}

# Start and finish a command that takes long. In the background, as bash defers its traps until a
# command in the foreground has ended; and setpriv, so that it does not outlive this script, however
# that ends.
start() {
	setpriv --pdeathsig TERM "$@" &
	child=$!
}

finish() {
	status=0
	wait "$child" || status=$?
	child=''
}

# The guest ended early, and $1 is why: says so for the suite it was in and for those to come.
report_death() {
	local started suite results
	started=$(grep -c '^# suite: .* (vm .*)$' "$work/tap" || :)
	results=$(awk '/^# suite: / { n = 0 } /^(not )?ok( |$)/ { n++ } END { print n + 0 }' "$work/tap")
	if [ "$started" -gt 0 ]; then
		suite=$(suite_name "${suites[started - 1]}")
		echo "not ok $((results + 1)) - $suite: $1"
	fi
	for suite in "${suites[@]:started}"; do
		suite=$(suite_name "$suite")
		echo "# suite: $suite (vm $(basename "$kernel"/lib/modules/*))"
		echo "not ok 1 - $suite: not started: $1"
	done
}

metapackage=linux-image-amd64
while getopts k: option; do
	case $option in
	k) metapackage=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))

suites=()
for suite in tests/vm/guest/*.sh; do
	[ ! -x "$suite" ] || suites+=("$suite")
done
suites+=("$@")
[ ${#suites[@]} -gt 0 ] || skip 'no suites'
check_tools

work='' child=''
cleanup() {
	trap '' INT TERM HUP
	[ -z "$child" ] || kill "$child" 2>/dev/null || :
	wait
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
work=$(mktemp -d "${TMPDIR:-/tmp}/portcullis-vm.XXXXXX")

start timeout $((budget / 2)) tests/vm/kernel.sh "$metapackage" >"$work/kernel" 2>"$work/log"
finish
if [ "$status" -ne 0 ]; then
	cat "$work/log" >&2
	skip "no kernel to boot ($(tail -n 1 "$work/log"))"
fi
kernel=$(<"$work/kernel")

start tests/vm/boot.sh -k "$kernel" -t $((budget - SECONDS)) \
	tests/vm/run.sh --inside "${suites[@]}" >"$work/tap"
tail -n +1 -f -s 0.1 --pid="$child" "$work/tap" &
tail=$!
finish
wait "$tail" || :

case $status in
0) ;;
124) report_death "time is up, after $budget s in all" ;;
*) report_death 'the guest died, its log is on stderr' ;;
esac | tee -a "$work/tap"
! grep -q '^not ok' "$work/tap"
