#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# TCP throughput across a veth pair with us attached to one end, each way of attaching against nothing attached.
set -euo pipefail

# shellcheck source=tests/bench/rounds.sh
source "${BASH_SOURCE[0]%/*}/rounds.sh"

lab_name=bench-$$
host=$lab_name-server		# whose eth0 is guarded
port=5201			# iperf3's own
status=0

#	contestant, how to attach, key in the summary
contestants() {
	cat <<-'ROWS'
		nothing attached||
		attach||tcp-attach
		attach --no-xdp|--no-xdp|tcp-no-xdp
		attach --xdp-mode native|--xdp-mode native|tcp-native
		attach --early-drop|--early-drop|tcp-early-drop
	ROWS
}

base='nothing attached'
declare -A options keys
names=()
while IFS='|' read -r name words key; do
	names+=("$name")
	options[$name]=$words
	keys[$name]=$key
done < <(contestants)

lab() {
	"$top/scripts/netns-lab.sh" --name "$lab_name" "$@"
}

# Ends the iperf3 server as well.
leave() {
	trap '' HUP INT TERM
	lab down &>/dev/null || true
}

attach() {
	# shellcheck disable=SC2086  # a list of options
	[[ $1 == "$base" ]] || loader -n "$host" attach eth0 ${options[$1]} >/dev/null || broken "$1 failed"
}

detach() {
	[[ $1 == "$base" ]] || loader -n "$host" detach eth0 >/dev/null || broken "detach after '$1' failed"
}

# ---- verdicts come first -----------------------------------------------------------------------

wrong() {
	echo "throughput.sh: wrong verdict: $*" >&2
	status=1
}

# reach FROM URL - 0: an answer; 28: none, as when it is dropped.
reach() {
	lab exec "$1" curl -fsS --noproxy '*' --max-time 0.5 "$2" &>/dev/null
}

# verdict CONTESTANT DIRECTION FROM ADDRESS - port 8080 answers, port 80 only when nothing is attached.
verdict() {
	local got=0
	reach "$3" "http://$4:8080/" || wrong "$1: port 8080 $2 is blocked"
	reach "$3" "http://$4:80/" || got=$?
	if [[ $1 == "$base" ]]; then
		((got == 0)) || wrong "$1: port 80 $2 is blocked"
	else
		((got == 28)) || wrong "$1: port 80 $2 is not blocked"
	fi
}

check() {
	local name
	for name in "${names[@]}"; do
		attach "$name"
		verdict "$name" 'into the interface' client 10.80.0.2
		verdict "$name" 'out of the interface' server 10.80.0.1
		detach "$name"
	done
}

# ---- rounds ------------------------------------------------------------------------------------

serve() {
	lab exec server iperf3 -s -p "$port" &>/dev/null &
	for _ in {1..250}; do
		[[ ! $(lab exec server ss -Hltn "sport = :$port") ]] || return 0
		sleep 0.02
	done
	broken 'the iperf3 server did not start'
}

# transfer OPTION... - Gbit/s that arrive at the other end, each end on a CPU of its own where there are two.
transfer() {
	local cpus=()
	(($(nproc) < 2)) || cpus=(-A '0,1')
	lab exec client iperf3 -c 10.80.0.2 -p "$port" -t 1 -J "${cpus[@]}" "$@" |
		jq -er '.end.sum_received.bits_per_second / 1e9' || broken "iperf3 failed"
}

run_rounds() {
	local count=$1 round name gbits
	for ((round = 1; round <= count; round++)); do
		while read -r name; do
			attach "$name"
			gbits=$(transfer)
			sample "$round" 'into the interface' "$name" "$gbits"
			gbits=$(transfer --reverse)
			sample "$round" 'out of the interface' "$name" "$gbits"
			detach "$name"
		done < <(shuf -e "${names[@]}")
	done
}

report() {
	local name
	echo "TCP over veth, one stream: medians of $1 rounds of 1 s, ratio to nothing attached"
	table "$base" 'into the interface' Gbit/s "${names[@]}"
	table "$base" 'out of the interface' Gbit/s "${names[@]}"
	for name in "${names[@]}"; do
		[[ ! ${keys[$name]} ]] || figure "${keys[$name]}" "$base" 'into the interface' "$name"
	done
}

main() {
	local program count
	for program in iperf3 jq curl nginx; do
		command -v "$program" >/dev/null || { echo "$program is missing, so nothing is measured" && return; }
	done
	isolate --propagation private
	trap leave EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	lab up &>/dev/null || broken 'the lab does not come up'
	check
	serve
	count=$(rounds 9 2)
	run_rounds "$count"
	report "$count"
	return "$status"
}

main
