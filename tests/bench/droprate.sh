#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# How many packets a second are dropped at the end of a veth pair, by us and by everybody else: the packet that
# only the last rule speaks of, then packets of all the rules, then a set. Ratios are to an XDP program that does
# nothing but drop. Generator and receiver share a CPU, so each rate has the generator's share in it.
set -euo pipefail

# shellcheck source=tests/bench/rounds.sh
source "${BASH_SOURCE[0]%/*}/rounds.sh"

tests=${bin%/bin}/tests/bench
cpu=$(($(nproc) - 1))	# interrupts prefer the first
many=65536		# flows

base='XDP, empty'
names=("$base" 'portcullis --early-drop' 'portcullis' 'xdp-filter' 'TC bpf, empty' 'nft netdev ingress'
	'nft inet input' 'iptables-legacy' 'iptables-nft')

#	group, ruleset, rules, flows
groups() {
	cat <<-ROWS
		1 rule|acl|1|1
		10 rules|acl|10|1
		100 rules|acl|100|1
		1,000 rules|acl|1000|1
		10,000 rules|acl|10000|1
		10,000 rules, 64K flows|acl|10000|$many
		100 rules, 64K flows|acl|100|$many
		10,000 fw rules|fw|10000|1
		set of 10,000|set|10000|1
	ROWS
}

# ---- what each contestant is given -------------------------------------------------------------

rules() {
	"$tests/rules" "$@"
}

# nft_table KIND COUNT HEAD... - the head opens table and chain.
nft_table() {
	local kind=$1 count=$2
	echo "table $3 bench {"
	if [[ $kind == set ]]; then
		rules set "$count" nft
		printf 'chain bench { %s\nip saddr @s drop\n}\n}\n' "$4"
	else
		printf 'chain bench { %s\n' "$4"
		rules "$kind" "$count" nft
		printf '}\n}\n'
	fi
}

iptables_table() {
	echo '*filter'
	rules "$1" "$2" iptables
	echo COMMIT
}

in_net() {
	nsenter --net="/run/netns/$net" -- "$@"
}

# apply FILE - without the warnings about rules that are never reached.
apply() {
	local said
	said=$(netctl -n "$net" policy apply "$1" eth0 2>&1) || broken "$said"
}

# on CONTESTANT KIND COUNT - in the namespace $net. 2: it cannot do that.
on() {
	case $1 in
	"$base") in_net bpftool net attach xdpdrv pinned "$programs/drop_xdp" dev eth0 ;;
	'TC bpf, empty')
		in_net tc qdisc add dev eth0 clsact
		in_net tc filter add dev eth0 ingress bpf direct-action object-pinned "$programs/drop_tc"
		;;
	portcullis*)
		# shellcheck disable=SC2086  # a list of options
		loader -n "$net" attach eth0 ${1#portcullis} &&
			apply <(rules "$2" "$3" portcullis)
		;;
	xdp-filter)
		[[ $2 != set ]] && (($3 == 1)) || return 2
		in_net xdp-filter load -m native -f udp eth0 && in_net xdp-filter port -p udp -m dst 53
		;;
	'nft netdev ingress')
		nft_table "$2" "$3" netdev 'type filter hook ingress device eth0 priority 0;' | in_net nft -f -
		;;
	'nft inet input') nft_table "$2" "$3" inet 'type filter hook input priority 0;' | in_net nft -f - ;;
	iptables-*)
		[[ $2 != set ]] || return 2
		iptables_table "$2" "$3" | in_net "$1-restore"
		;;
	esac >/dev/null
}

# needs CONTESTANT - the program it takes.
needs() {
	case $1 in
	nft*) echo nft ;;
	iptables-*) echo "$1-restore" ;;
	xdp-filter) echo xdp-filter ;;
	*) echo bpftool ;;
	esac
}

# Every address is one of this host, or the packets of most rules would not come as far as INPUT.
net_up() {
	ip netns add "$net"
	in_net sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.default.accept_local=1
	ip -n "$net" link add gen0 type veth peer name eth0 address 02:00:00:00:00:02
	ip -n "$net" link set lo up
	ip -n "$net" link set gen0 up
	ip -n "$net" link set eth0 up
	ip -n "$net" addr add 10.83.0.2/24 dev eth0
	ip -n "$net" route add local default dev lo
	in_net ethtool -K eth0 gro on	# without a native program, veth takes packets only so
}

net_down() {
	[[ $1 != portcullis* ]] || loader -n "$net" detach eth0 >/dev/null || broken "detaching $1 failed"
	[[ $1 != xdp-filter ]] || in_net xdp-filter unload eth0 >/dev/null || broken "unloading $1 failed"
	ip netns del "$net"
}

# ---- verdicts come first -----------------------------------------------------------------------

flood() {
	in_net taskset -c "$cpu" "$tests/flood" gen0 eth0 "$@"
}

# delivered - IP packets that came as far as a protocol.
delivered() {
	# shellcheck disable=SC2016  # for awk
	in_net awk '/^Ip:/ && $2 + 0 { print $10 }' /proc/net/snmp
}

# arrive KIND COUNT FLOWS SENT [PORT] - how many of the packets sent were not dropped.
arrive() {
	local before after
	before=$(delivered)
	flood "$1" "$2" "$3" "-$4" "${5:-0}"
	after=$(delivered)
	echo $((after - before))
}

# A set is of sources, so another port helps nobody.
verify() {
	local name=$1 kind=$2 count=$3 flows=$4 got
	[[ $kind != set ]] || kind=acl
	got=$(arrive "$kind" "$count" "$flows" 1000)
	((got == 0)) || broken "$name, $3 rules: $got of 1000 packets are not dropped"
	[[ $name != *empty && $2 != set ]] || return 0
	got=$(arrive "$kind" "$count" 1 1000 54)
	((got >= 1000)) || broken "$name, $3 rules: of 1000 packets no rule speaks of, $got arrive"
}

# ---- rounds ------------------------------------------------------------------------------------

# A group's contestants stand side by side, each in a namespace of its own, and take turns.
run_group() {
	local group=$1 kind=$2 count=$3 flows=$4 name i net status round able=()
	for i in "${!names[@]}"; do
		name=${names[i]} net=bench-$i status=0
		command -v "$(needs "$name")" >/dev/null || continue
		net_up
		on "$name" "$kind" "$count" || status=$?
		((status == 0 || status == 2)) || broken "$name, $count rules: attaching it failed"
		if ((status)); then
			net_down ''
			continue
		fi
		verify "$name" "$kind" "$count" "$flows"
		able+=("$i")
	done
	[[ $kind != set ]] || kind=acl
	for ((round = 1; round <= $(rounds 5 1); round++)); do
		while read -r i; do
			net=bench-$i
			sample "$round" "$group" "${names[i]}" "$(flood "$kind" "$count" "$flows" "$(rounds 0.4 0.2)")"
		done < <(shuf -e "${able[@]}")
	done
	for i in "${able[@]}"; do
		net=bench-$i
		net_down "${names[i]}"
	done
}

# ---- the report --------------------------------------------------------------------------------

report_group() {
	local name value ratio p10 p90
	local -A rows=()
	while IFS=$'\t' read -r name value ratio p10 p90; do
		rows[$name]="$value $ratio $p10 $p90"
	done < <(summary "$base" "$1")
	printf '\n  %-36s%12s%10s  %s\n' "$1" Mpps ratio p10-p90
	for name in "${names[@]}"; do
		[[ ${rows[$name]:-} ]] || continue
		read -r value ratio p10 p90 <<<"${rows[$name]}"
		awk -v name="$name" -v value="$value" -v ratio="$ratio" -v p10="$p10" -v p90="$p90" 'BEGIN {
			printf "    %-34s%12.3f%10.4f  %.4f-%.4f\n", name, value / 1e6, ratio, p10, p90 }'
	done
}

main() {
	local group kind count flows name
	isolate --propagation private
	mkdir /run/netns
	programs=/sys/fs/bpf/bench
	bpftool prog loadall "${bin%/bin}/tests/bench/flood.bpf.o" "$programs"
	for name in "${names[@]}"; do
		command -v "$(needs "$name")" >/dev/null || echo "$name is missing"
	done
	echo 'left out: tc flower and u32, which not every kernel has'
	while IFS='|' read -r group kind count flows; do
		run_group "$group" "$kind" "$count" "$flows" </dev/null
		report_group "$group"
	done < <(groups)
	name='portcullis --early-drop'
	figure drop-10000 "$base" '10,000 rules' "$name"
	figure drop-10000-64k "$base" '10,000 rules, 64K flows' "$name"
	figure drop-nft-1 'nft netdev ingress' '1 rule' "$name"
	figure drop-nft-1000 'nft netdev ingress' '1,000 rules' "$name"
	figure drop-nft-10000 'nft netdev ingress' '10,000 rules' "$name"
	figure drop-xdp-filter xdp-filter '1 rule' "$name"
}

main
