#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# How long a user waits for loader to attach and detach, against xdp-filter and against a process that does nothing.
set -euo pipefail

# shellcheck source=tests/bench/rounds.sh
source "${BASH_SOURCE[0]%/*}/rounds.sh"

names=('empty process' 'portcullis' 'portcullis --no-xdp' 'xdp-filter, all')
base='xdp-filter, all'

on() {
	case $1 in
	'empty process') "$(type -P true)" ;;
	portcullis) loader attach eth0 ;;
	'portcullis --no-xdp') loader attach eth0 --no-xdp ;;
	'xdp-filter, all') xdp-filter load -m skb -f all eth0 ;;
	esac
}

off() {
	case $1 in
	'empty process') "$(type -P true)" ;;
	portcullis*) loader detach eth0 ;;
	xdp-filter*) xdp-filter unload eth0 ;;
	esac
}

# programs - how many of them are attached to eth0.
programs() {
	bpftool -j net show dev eth0 | jq '[.[0] | .xdp, .tc | length] | add'
}

check() {
	local -A want=(['empty process']=0 [portcullis]=3 ['portcullis --no-xdp']=2 ['xdp-filter, all']=1)
	local name
	for name in "${names[@]}"; do
		on "$name" >/dev/null || broken "$name failed"
		(($(programs) == want[$name])) || broken "$name: $(programs) programs attached instead of ${want[$name]}"
		off "$name" >/dev/null || broken "$name: undoing it failed"
		(($(programs) == 0)) || broken "$name: programs left behind"
	done
}

# timed COMMAND... - leaves its wall time in `took`, in milliseconds.
timed() {
	local start=$EPOCHREALTIME end
	"$@" >/dev/null || broken "$* failed"
	end=$EPOCHREALTIME
	took=$((${end/./} - ${start/./}))
	took=$((took / 1000)).$(printf %03d $((took % 1000)))
}

run_rounds() {
	local count=$1 round name took on_took
	for ((round = 1; round <= count; round++)); do
		while read -r name; do
			timed on "$name"
			on_took=$took
			timed off "$name"
			sample "$round" attach "$name" "$on_took"
			sample "$round" detach "$name" "$took"
		done < <(shuf -e "${names[@]}")
	done
}

main() {
	local count
	isolate --net
	ip link add eth0 type veth peer name eth1
	ip link set eth0 up
	ip link set eth1 up
	if ! command -v xdp-filter >/dev/null; then
		echo 'xdp-filter is missing (package xdp-tools): ratios are to an empty process'
		unset 'names[3]'
		base=${names[0]}
	fi
	check
	count=$(rounds 31 5)
	run_rounds "$count"
	echo "wall time of the whole process on a veth: medians of $count rounds, ratio to $base"
	table "$base" attach ms "${names[@]}"
	table "$base" detach ms "${names[@]}"
	[[ $base != xdp-filter* ]] || figure attach "$base" attach portcullis
}

main
