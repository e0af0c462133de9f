#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# How long a user waits for a policy: netctl policy apply and nft -f of the same rules, on interfaces of their own.
set -euo pipefail

# shellcheck source=tests/bench/rounds.sh
source "${BASH_SOURCE[0]%/*}/rounds.sh"

tests=${bin%/bin}/tests/bench
base='nft -f'
names=("$base" 'netctl policy apply')

#	group, ruleset, rules
groups() {
	cat <<-ROWS
		1 rule|acl|1
		1,000 rules|acl|1000
		10,000 rules|acl|10000
		10,000 fw rules|fw|10000
	ROWS
}

# prepare KIND COUNT
prepare() {
	"$tests/rules" "$1" "$2" portcullis >"$work/policy"
	{
		echo 'flush ruleset'
		echo 'table netdev bench {'
		echo 'chain bench { type filter hook ingress device eth0 priority 0;'
		"$tests/rules" "$1" "$2" nft
		printf '}\n}\n'
	} >"$work/nft"
}

put() {
	case $1 in
	nft*) nft -f "$work/nft" ;;
	netctl*) netctl policy apply "$work/policy" eth0 2>"$work/said" ;; # rules that are never reached
	esac
}

# in_force CONTESTANT - how many rules.
in_force() {
	case $1 in
	nft*) nft list ruleset | grep -c drop ;;
	netctl*) netctl rule list eth0 -j | jq '.interfaces[0].rules | length' ;;
	esac
}

check() {
	local name got
	for name in "${names[@]}"; do
		put "$name" >/dev/null || broken "$name failed"
		got=$(in_force "$name")
		((got == $1)) || broken "$name: $got rules in force, not $1"
	done
}

run_rounds() {
	local round name start end took
	for ((round = 1; round <= $2; round++)); do
		while read -r name; do
			start=$EPOCHREALTIME
			put "$name" >/dev/null || broken "$name failed"
			end=$EPOCHREALTIME
			took=$((${end/./} - ${start/./}))
			sample "$round" "$1" "$name" "$((took / 1000)).$(printf %03d $((took % 1000)))"
		done < <(shuf -e "${names[@]}")
	done
}

main() {
	local group kind count rounds
	isolate --net
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	ip link add eth0 type veth peer name eth1
	ip link set eth0 up
	ip link set eth1 up
	loader attach eth0 >/dev/null
	if ! command -v nft >/dev/null; then
		echo 'nft is missing (package nftables): no ratios'
		unset 'names[0]'
	fi
	rounds=$(rounds 11 3)
	echo "wall time of the whole process: medians of $rounds rounds, ratio to $base"
	while IFS='|' read -r group kind count; do
		prepare "$kind" "$count"
		check "$count"
		run_rounds "$group" "$rounds"
		table "$base" "$group" ms "${names[@]}"
	done < <(groups)
	figure apply "$base" '10,000 rules' 'netctl policy apply'
	loader detach eth0 >/dev/null
}

main
