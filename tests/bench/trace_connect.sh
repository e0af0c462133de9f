#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What tracing connects costs those who connect, and whether it sees them all: netctl trace connect, bpftrace and the
# tools of libbpf-tools on the same load.
set -euo pipefail

# shellcheck source=tests/bench/rounds.sh
source "${BASH_SOURCE[0]%/*}/rounds.sh"

connects=${bin%/bin}/tests/bench/connects
base='nothing traced'
names=("$base" 'netctl trace connect' 'netctl trace connect --tcp' 'netctl, of another user' bpftrace tcpconnect tcpconnlat)
able=()
declare -A tracer=()

#	What bpftrace(8) offers for the same: no result, no container.
script='BEGIN { printf("ready\n"); }
tracepoint:sock:inet_sock_set_state /args->protocol == 6 && args->newstate == 2/ { @start[args->skaddr] = nsecs; @pid[args->skaddr] = pid; @comm[args->skaddr] = comm; }
tracepoint:sock:inet_sock_set_state /args->oldstate == 2 && @start[args->skaddr]/ {
	printf("%d %s %d %s %d %d\n", @pid[args->skaddr], @comm[args->skaddr], args->newstate, ntop(args->daddr), args->dport, nsecs - @start[args->skaddr]);
	delete(@start[args->skaddr]); delete(@pid[args->skaddr]); delete(@comm[args->skaddr]);
}'

command_of() {
	case $1 in
	'netctl trace connect') command=(netctl trace connect) ;;
	'netctl trace connect --tcp') command=(netctl trace connect --tcp) ;;
	'netctl, of another user') command=(netctl trace connect -u 12345) ;;
	bpftrace) command=(bpftrace -e "$script") ;;
	*) command=("$1") ;;
	esac
}

# tracer_start CONTESTANT - until it is at work, as far as it says so.
tracer_start() {
	local command ready=watching
	command_of "$1"
	rm -f "$work/$1.out" "$work/$1.err"
	"${command[@]}" >"$work/$1.out" 2>"$work/$1.err" &
	tracer[$1]=$!
	case $1 in
	netctl*) ;;
	bpftrace) ready=^ready ;;
	*) sleep 3 && return ;;
	esac
	for ((i = 0; i < 300; i++)); do
		! grep -qs "$ready" "$work/$1.out" "$work/$1.err" || return 0
		sleep 0.1
	done
	return 1
}

tracer_end() {
	kill -INT "${tracer[$1]}" 2>/dev/null || true
	wait "${tracer[$1]}" 2>/dev/null || true
}

# Which of them there are here. Where the kernel is locked down, some are refused.
find_able() {
	local name command why
	for name in "${names[@]:1}"; do
		command_of "$name"
		if ! command -v "${command[0]}" >/dev/null; then
			echo "  $name: missing"
			continue
		fi
		tracer_start "$name" || true
		if kill -0 "${tracer[$name]}" 2>/dev/null; then
			able+=("$name")
		else
			why=$(tail -n 1 "$work/$name.err")
			echo "  $name: does not run here: $why"
		fi
		tracer_end "$name"
	done
}

# ---- what it costs -----------------------------------------------------------------------------

cost() {
	local count rounds round name took rate other
	count=$(rounds 30000 5000)
	rounds=$(rounds 11 3)
	for ((round = 1; round <= rounds; round++)); do
		while read -r name; do
			[[ $name == "$base" ]] || tracer_start "$name" || broken "$name: $(tail -n 1 "$work/$name.err")"
			read -r took rate other < <("$connects" "$count")
			[[ $name == "$base" ]] || tracer_end "$name"
			sample "$round" 'a connect() over loopback' "$name" "$took"
			sample "$round" 'any other system call' "$name" "$other"
		done < <(shuf -e "$base" "${able[@]}")
	done
	table "$base" 'a connect() over loopback' ns "${names[@]}"
	table "$base" 'any other system call' ns "${names[@]}"
	figure trace-connect "$base" 'a connect() over loopback' 'netctl trace connect'
	figure trace-connect-other "$base" 'a connect() over loopback' 'netctl, of another user'
}

# ---- whether it sees them all ------------------------------------------------------------------

# lost CONTESTANT - as it says itself.
lost() {
	case $1 in
	netctl*) sed -n 's/.* events\?, \([0-9]*\) lost$/\1/p' "$work/$1.err" ;;
	*) awk 'tolower($1) == "lost" { n += $2 } END { print n + 0 }' "$work/$1.out" "$work/$1.err" ;;
	esac
}

# seen WHAT RATE - each by itself, then all on the same load.
seen() {
	local count name took rate other got told
	count=$(rounds 200000 20000)
	printf '\n  %s\n' "$1"
	for name in "${@:3}"; do tracer_start "$name" || broken "$name: $(tail -n 1 "$work/$name.err")"; done
	read -r took rate other < <("$connects" "$count" "$2")
	sleep 3
	for name in "${@:3}"; do
		tracer_end "$name"
		got=$(grep -c ' connects ' "$work/$name.out") || true
		told=$(lost "$name")
		printf '    %-34s%8d of %d at %d/s, said to be lost: %s%s\n' "$name" "$got" "$count" "$rate" "${told:-?}" \
			"$( ((got + told == count)) || echo ' - does not add up')"
	done
}

main() {
	local name together=()
	isolate --net
	mount -t tracefs tracefs /sys/kernel/tracing
	work=$(mktemp -d /run/bench.XXXXXX)
	trap 'for name in "${!tracer[@]}"; do kill "${tracer[$name]}" 2>/dev/null || true; done' EXIT
	ip link set lo up
	find_able
	cost
	for name in "${able[@]}"; do
		[[ $name != *user ]] || continue
		seen "20,000 a second, $name alone" 20000 "$name"
		[[ $name == *--tcp ]] || together+=("$name")
	done
	seen '20,000 a second, beside each other' 20000 "${together[@]}"
	seen 'as many as can be' 0 'netctl trace connect'
}

main
