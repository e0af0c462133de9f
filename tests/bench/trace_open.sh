#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What it costs to be watched, and what the watchers miss: netctl trace open and exec beside opensnoop, execsnoop and
# bpftrace, on files opened and programs started as fast as that goes. At a pace that everybody keeps up with, two
# watchers at once have to have seen the same.
set -euo pipefail

# shellcheck source=tests/bench/rounds.sh
source "${BASH_SOURCE[0]%/*}/rounds.sh"

calls=${bin%/bin}/tests/bench/calls
base='nothing'
declare -A watchers=()

#	group, kind, threads, calls of each
groups() {
	cat <<-ROWS
		open, 1 thread|open|1|$(rounds 200000 50000)
		open, 2 threads|open|2|$(rounds 100000 25000)
		exec, 1 thread|exec|1|$(rounds 3000 1000)
		exec, 2 threads|exec|2|$(rounds 1500 500)
	ROWS
}

#	kind, contestant, program, its arguments
contestants() {
	cat <<-'ROWS'
		open|netctl trace open|netctl|trace open
		open|netctl trace open --comm|netctl|trace open --comm ^(calls|cat)$
		open|opensnoop|opensnoop|
		open|bpftrace opensnoop.bt|bpftrace|/usr/sbin/opensnoop.bt
		exec|netctl trace exec|netctl|trace exec
		exec|execsnoop|execsnoop|
		exec|bpftrace execsnoop.bt|bpftrace|/usr/sbin/execsnoop.bt
	ROWS
}

# ---- a watcher ---------------------------------------------------------------------------------

# probe KIND WORD - does what is watched, in a way that is found in the output.
probe() {
	case $1 in
	open) cat "/nowhere/$2" 2>/dev/null || true ;;
	exec) /usr/bin/env true "$2" ;;
	esac
}

# shows KIND NAME WORD - until it has come out of it: some print in lots.
shows() {
	local end=$((SECONDS + 60))
	until grep -qw "$3" "$work/$2.out"; do
		((SECONDS < end)) || return 1
		kill -0 "${watchers[$2]}" 2>/dev/null || return 1
		probe "$1" "$3"
		sleep 0.05
	done
}

# watch KIND NAME PROGRAM ARGUMENT... - starts it, and waits until it has seen something.
watch() {
	local kind=$1 name=$2
	shift 2
	: >"$work/$name.out"
	"$@" >"$work/$name.out" 2>"$work/$name.err" &
	watchers[$name]=$!
	shows "$kind" "$name" begin && return
	sed 's/^/    /' "$work/$name.err" | tail -n 3
	unwatch "$kind" "$name"
	return 1
}

# unwatch KIND NAME - when all has come out of it.
unwatch() {
	shows "$1" "$2" end || true
	sleep 0.3
	kill -INT "${watchers[$2]}" 2>/dev/null || true
	wait "${watchers[$2]}" || true
	unset "watchers[$2]"
}

# seen KIND FILE - the files or programs of the load, each as THREAD/NUMBER.
seen() {
	case $1 in
	open) sed -n 's|.*/nowhere/\([0-9]*/[0-9]*\)$|\1|p' "$2" ;;
	exec) sed -n 's|.*/tiny"\{0,1\} *"\{0,1\}\([0-9]*/[0-9]*\)"\{0,1\} *$|\1|p' "$2" ;;
	esac
}

# lost NAME - how many it says.
lost() {
	sed -n 's/.* events\{0,1\}, \([0-9]*\) lost$/\1/p; s/^Lost \([0-9]*\) events.*/\1/p' "$work/$1.err" "$work/$1.out" |
		awk '{ sum += $1 } END { print sum + 0 }'
}

load() {
	"$calls" "$1" "$2" "$3" ${4:+"$4"}
}

# ---- as fast as it goes ------------------------------------------------------------------------

declare -A totals=()

# one ROUND GROUP KIND THREADS COUNT NAME [PROGRAM ARGUMENTS]
one() {
	local ns name=$6 file=
	[[ $3 != exec ]] || file=$work/tiny
	if [[ ! ${7:-} ]]; then
		sample "$1" "$2" "$name" "$(load "$3" "$4" "$5" $file)"
		return
	fi
	# shellcheck disable=SC2086  # arguments
	watch "$3" now "$7" ${8:-} || return 0
	ns=$(load "$3" "$4" "$5" $file)
	unwatch "$3" now
	sample "$1" "$2" "$name" "$ns"
	tally "$2" "$3" "$name" $(($4 * $5))
}

# tally GROUP KIND NAME CALLS
tally() {
	local made saw gone key="$1|$3"
	read -r made saw gone <<<"${totals[$key]:-0 0 0}"
	totals[$key]="$((made + $4)) $((saw + $(seen "$2" "$work/now.out" | wc -l))) $((gone + $(lost now)))"
}

# says_seen GROUP NAME...
says_seen() {
	local group=$1 name made saw gone
	shift
	printf '\n    %-34s%12s%12s%12s%12s\n' '' calls seen 'said lost' 'not told'
	for name; do
		[[ ${totals["$group|$name"]:-} ]] || continue
		read -r made saw gone <<<"${totals["$group|$name"]}"
		printf '    %-34s%12d%12d%12d%12d\n' "$name" "$made" "$saw" "$gone" \
			$((made - saw - gone > 0 ? made - saw - gone : 0))
	done
}

race() {
	local group=$1 kind=$2 threads=$3 count=$4 rounds round name program arguments
	local names=("$base") runs=("$base||")
	while IFS='|' read -r name program arguments; do
		if ! command -v "$program" >/dev/null; then
			echo "  $name: missing"
			continue
		fi
		names+=("$name")
		runs+=("$name|$program|$arguments")
	done < <(contestants | sed -n "s/^$kind|//p")
	rounds=$(rounds 7 2)
	for ((round = 1; round <= rounds; round++)); do
		while IFS='|' read -r name program arguments; do
			one "$round" "$group" "$kind" "$threads" "$count" "$name" "$program" "$arguments"
		done < <(shuf -e "${runs[@]}")
	done
	table "$base" "$group" ns "${names[@]}"
	says_seen "$group" "${names[@]}"
}

# ---- side by side ------------------------------------------------------------------------------

# beside KIND NAME OURS THEIRS COUNT [RATE] - both at once; what either has not seen of it.
beside() {
	local kind=$1 ours=$3 theirs=$4 only_theirs only_ours
	if ! command -v "${theirs%% *}" >/dev/null; then
		echo "  $2: missing"
		return
	fi
	# shellcheck disable=SC2086  # arguments
	watch "$kind" theirs $theirs || return 0
	# shellcheck disable=SC2086
	watch "$kind" ours $ours || broken "$ours does not watch"
	load "$kind" 2 "$5" "$6" >/dev/null
	unwatch "$kind" ours
	unwatch "$kind" theirs
	seen "$kind" "$work/ours.out" | sort >"$work/ours"
	seen "$kind" "$work/theirs.out" | sort >"$work/theirs"
	only_theirs=$(comm -13 "$work/ours" "$work/theirs" | wc -l)
	only_ours=$(comm -23 "$work/ours" "$work/theirs" | wc -l)
	printf '  %-26s%12d%12d%12d%12d%12d\n' "$2" $(($5 * 2)) "$(wc -l <"$work/ours")" "$(wc -l <"$work/theirs")" \
		"$only_theirs" "$only_ours"
	((only_theirs <= $(lost ours))) || broken "$2 has seen $only_theirs that $ours has not, nor said so"
}

sides() {
	local opens programs
	opens=$(rounds 20000 5000) programs=$(rounds 1500 500)
	printf '\nboth at once, at a pace\n  %-26s%12s%12s%12s%12s%12s\n' '' calls 'ours saw' 'theirs saw' 'theirs only' 'ours only'
	beside open opensnoop 'netctl trace open' opensnoop "$opens" 5000
	beside open 'bpftrace opensnoop.bt' 'netctl trace open' 'bpftrace /usr/sbin/opensnoop.bt' "$opens" 5000
	beside exec execsnoop 'netctl trace exec' execsnoop "$programs" "$work/tiny"
	beside exec 'bpftrace execsnoop.bt' 'netctl trace exec' 'bpftrace /usr/sbin/execsnoop.bt' "$programs" "$work/tiny"
}

leave() {
	local name
	for name in "${!watchers[@]}"; do
		kill "${watchers[$name]}" 2>/dev/null || true
	done
	rm -rf "$work"
}

main() {
	local group kind threads count
	isolate --net
	[[ -x $calls ]] || broken "$calls is not built: make bench"
	mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null || true
	work=/run/bench
	mkdir "$work"
	trap leave EXIT
	echo 'wall time of one call in each thread: medians, ratio to nobody watching'
	while IFS='|' read -r group kind threads count <&3; do
		race "$group" "$kind" "$threads" "$count"
		echo
	done 3< <(groups)
	sides
}

main
