#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What others have attached to the same interface is never displaced, and stays when we go.
# shellcheck disable=SC2317  # check and its like call them
# shellcheck source=tests/e2e/lab.sh
. "$(dirname "$0")/lab.sh"

filters() {
	on server tc filter show dev eth0 ingress
	on server tc filter show dev eth0 egress
}

# foreign_filters - those that are not ours, without the jit's addresses
foreign_filters() { filters | grep -v portcullis_ | grep -A1 -E 'foreign|u32' | grep -v '^--'; }

add_foreign_filter() { # ingress|egress PRIORITY
	on server tc filter add dev eth0 "$1" prio "$2" protocol all bpf da pinned "$foreign_tc"
}

# sees NAME PROGRAM-KIND [ID] - traffic moves the foreign program's counter
sees() {
	local before after
	before=$(foreign_seen "$2" "${3:-}")
	answers client 10.80.0.2:8080 '[fd00:80::2]:8080' >/dev/null
	after=$(foreign_seen "$2" "${3:-}")
	check "$1" eval "(($after > $before))"
}

# we_work NAME - port 80 is silent, 8080 answers, all three hooks count
we_work() {
	check "$1: port 80 is silent" silent client 10.80.0.2:80
	check "$1: port 8080 answers" answers client 10.80.0.2:8080
	same "$1: all hooks count" true "$(netctl -n "$server" stats eth0 -j | jq '[.interfaces[0].hooks[].packets > 0] | all')"
}

# ---- TC ----------------------------------------------------------------------------------------

foreign_clsact() {
	local before=$1 backend=$2 name="clsact of others ($2)" footprint
	on server tc qdisc add dev eth0 clsact
	add_foreign_filter ingress 10
	add_foreign_filter egress 20
	on server tc filter add dev eth0 ingress prio 30 protocol ip u32 match ip dst 192.0.2.1/32 flowid 1:1
	before=$(foreign_filters) footprint=$(footprint)
	check "$name: attach" loader -n "$server" attach eth0 --xdp-mode native --tc "$backend"
	same "$name: their filters are as they were" "$before" "$(foreign_filters)"
	sees "$name: their filters still run" tc_packets
	we_work "$name"
	check "$name: detach" loader -n "$server" detach eth0
	same "$name: nothing has changed" "$footprint" "$(footprint)"
	sees "$name: their filters still run afterwards" tc_packets
	on server tc qdisc del dev eth0 clsact
}

first_priority() {
	local footprint name='somebody at priority 1'
	on server tc qdisc add dev eth0 clsact
	add_foreign_filter ingress 1
	add_foreign_filter egress 1
	footprint=$(footprint)
	check "$name: attach" loader -n "$server" attach eth0 --xdp-mode native
	sees "$name: their filters still run" tc_packets
	we_work "$name"
	same "$name: and come first" 'foreign_tc foreign_tc' "$(for way in ingress egress; do
		on server tc filter show dev eth0 "$way" | grep -o 'foreign_tc\|portcullis_[a-z]*' | head -n 1
	done | tr '\n' ' ' | sed 's/ $//')"
	check "$name: attach once more" loader -n "$server" attach eth0 --xdp-mode native
	check "$name: detach" loader -n "$server" detach eth0
	same "$name: nothing has changed" "$footprint" "$(footprint)"
	on server tc qdisc del dev eth0 clsact
}

# The qdisc is ours, and somebody moves in.
moved_in() {
	local way name
	for way in ingress egress; do
		name="a filter on our clsact ($way)"
		check "$name: attach" loader -n "$server" attach eth0 --xdp-mode native
		add_foreign_filter "$way" 100
		check "$name: detach" loader -n "$server" detach eth0
		same "$name: it is still there, alone" 1 "$(filters | grep -c 'bpf chain 0 handle')"
		sees "$name: and runs" tc_packets
		on server tc qdisc del dev eth0 clsact
		nothing_but_foreign "$name: and then nothing is left"
	done
}

nothing_but_foreign() {
	same "$1" "$bpffs/foreign $bpffs/foreign/foreign_tc $bpffs/foreign/foreign_xdp" "$(traces | tr '\n' ' ' | sed 's/ $//')"
}

ingress_qdisc() {
	local footprint name='an ingress qdisc of others'
	on server tc qdisc add dev eth0 ingress
	footprint=$(footprint)
	exits "$name: attach names it" 1 '^loader: .*ingress' loader -n "$server" attach eth0
	same "$name: nothing has changed" "$footprint" "$(footprint)"
	if has_tcx; then
		check "$name: --tc tcx works" loader -n "$server" attach eth0 --tc tcx --xdp-mode native
		we_work "$name, --tc tcx"
		check "$name: detach" loader -n "$server" detach eth0
		same "$name: nothing has changed by that" "$footprint" "$(footprint)"
	else
		skip "$name: --tc tcx works" 'this kernel has no tcx'
	fi
	check "$name: --no-tc works" loader -n "$server" attach eth0 --no-tc
	check "$name: detach after --no-tc" loader -n "$server" detach eth0
	same "$name: nothing has changed by that either" "$footprint" "$(footprint)"
	on server tc qdisc del dev eth0 ingress
}

# ---- XDP, alone on the interface ---------------------------------------------------------------

lone_xdp() {
	local how=$1 mode=$2 name="a lone XDP program ($1)" footprint
	on server bpftool net attach "$how" pinned "$foreign_xdp" dev eth0 || { not_ok "$name: bpftool"; return; }
	footprint=$(footprint)
	for mode in auto skb native; do
		exits "$name: attach --xdp-mode $mode names it" 1 '^loader: .*foreign_xdp' \
			loader -n "$server" attach eth0 --xdp-mode "$mode"
		same "$name: nothing has changed" "$footprint" "$(footprint)"
	done
	sees "$name: it still runs" xdp_packets
	check "$name: check names it" eval "loader -n $server check eth0 | grep -q foreign_xdp"
	check "$name: --no-xdp works" loader -n "$server" attach eth0 --no-xdp
	check "$name: port 80 is silent" silent client 10.80.0.2:80
	sees "$name: it runs beside us" xdp_packets
	exits "$name: attach with XDP on top of that" 1 '^loader: .*foreign_xdp' loader -n "$server" attach eth0
	check "$name: leaves what was attached" netctl -n "$server" stats eth0
	check "$name: port 80 is still silent" silent client 10.80.0.2:80
	check "$name: detach" loader -n "$server" detach eth0
	same "$name: nothing has changed by that" "$footprint" "$(footprint)"
	on server bpftool net detach "$how" dev eth0
}

# Somebody puts a program in the place of ours. The kernel only replaces within a mode.
displaced() {
	local name='our XDP program is displaced'
	if has_dispatcher; then
		skip "$name" 'here ours is in the dispatcher'
		return
	fi
	check "$name: attach" loader -n "$server" attach eth0 --xdp-mode native
	on server bpftool net attach xdpdrv pinned "$foreign_xdp" dev eth0 overwrite
	same "$name: status says so" 'false true true' \
		"$(loader -n "$server" status eth0 -j | jq -r '[.interfaces[0].programs[].attached] | join(" ")')"
	check "$name: TC goes on" silent client 10.80.0.2:80
	check "$name: detach" loader -n "$server" detach eth0
	sees "$name: theirs stays" xdp_packets
	on server bpftool net detach xdpdrv dev eth0
	nothing_but_foreign "$name: and then nothing is left"
}

# ---- XDP, in libxdp's dispatcher ---------------------------------------------------------------

their_id() {
	on server bpftool -j prog show name foreign_xdp | jq -s '[flatten[] | select(.type == "ext")][0].id'
}

dispatcher() {
	local mode=$1 name="beside xdp-loader's program ($1)" id
	if ! has_dispatcher || ! command -v xdp-loader >/dev/null; then
		skip "$name" 'no libxdp dispatcher on this kernel'
		return
	fi
	check "$name: theirs first" on server xdp-loader load -m "$mode" eth0 "$foreign_object"
	id=$(their_id)
	check "$name: attach" loader -n "$server" attach eth0 --xdp-mode "$mode"
	we_work "$name"
	sees "$name: theirs runs" xdp_packets "$id"
	check "$name: detach" loader -n "$server" detach eth0
	sees "$name: theirs still runs" xdp_packets "$id"
	check "$name: they leave" on server xdp-loader unload eth0 --all
	rmdir "$bpffs/xdp" 2>/dev/null # libxdp leaves it
	nothing_but_foreign "$name: nothing is left"

	check "$name: ours first" loader -n "$server" attach eth0 --xdp-mode "$mode"
	check "$name: theirs joins" on server xdp-loader load -m "$mode" eth0 "$foreign_object"
	id=$(their_id)
	we_work "$name, ours first"
	sees "$name: theirs runs, ours first" xdp_packets "$id"
	check "$name: status" eval "loader status -j | jq -e '[.interfaces[0].programs[].attached] | all'"
	check "$name: theirs leaves" on server xdp-loader unload eth0 --id "$id"
	we_work "$name, theirs gone"
	check "$name: detach in the end" loader -n "$server" detach eth0
	nothing_but_foreign "$name: nothing is left in the end"
}

other_mode() {
	local name='their dispatcher is in native mode'
	if ! has_dispatcher || ! command -v xdp-loader >/dev/null; then
		skip "$name" 'no libxdp dispatcher on this kernel'
		return
	fi
	check "$name: theirs first" on server xdp-loader load -m native eth0 "$foreign_object"
	local footprint
	footprint=$(footprint)
	exits "$name: ours in skb mode is refused" 1 '^loader: ' loader -n "$server" attach eth0 --xdp-mode skb
	same "$name: nothing has changed" "$footprint" "$(footprint)"
	check "$name: auto joins them" loader -n "$server" attach eth0
	we_work "$name, auto"
	check "$name: detach" loader -n "$server" detach eth0
	check "$name: they leave" on server xdp-loader unload eth0 --all
	rmdir "$bpffs/xdp" 2>/dev/null
	nothing_but_foreign "$name: nothing is left"
}

lab_up
foreign_load
foreign_clsact '' clsact
if has_tcx; then
	foreign_clsact '' tcx
else
	skip 'clsact of others (tcx)' 'this kernel has no tcx'
fi
first_priority
moved_in
ingress_qdisc
lone_xdp xdpgeneric skb
lone_xdp xdpdrv native
displaced
dispatcher skb
dispatcher native
other_mode
foreign_unload
nothing 'nothing is left in the end'
finish
