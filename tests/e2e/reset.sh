#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# netctl stats --reset: under load, from several sides, killed: no packet is lost or counted twice.
# shellcheck disable=SC2317  # check and its like call them
# shellcheck source=tests/e2e/lab.sh
. "$(dirname "$0")/lab.sh"
need iperf3

# Without offloads a packet is a packet for every witness.
plain_wire() {
	on client ethtool -K eth0 tso off gso off >/dev/null && on server ethtool -K eth0 tso off gso off >/dev/null
}

load() {
	start server iperf3 -s -1 >"$work/iperf-server"
	eventually eval "[[ \$(on server ss -Hltn 'sport = :5201') ]]"
	start client iperf3 -c 10.80.0.2 -b "$(rounds 150M 5M)" -t "$1" >"$work/iperf"
}

loading() { kill -0 "$started" 2>/dev/null; }

reset() { netctl -n "$server" stats eth0 -j --exact "$@" --reset; }

# sum FILE... - of all readings, in the form of counted(), for each hook
sum() {
	jq -rs '[.[].interfaces[0].hooks] as $all | ["xdp", "tc-ingress", "tc-egress"][] as $hook |
		($all | map(.[$hook].packets) | add) as $packets | ($all | map(.[$hook].bytes) | add) as $bytes |
		($all | map(.[$hook].sizes.exact[]) | group_by(.[0]) | map("\(.[0][0]):\(map(.[1]) | add)") | join(",")) as $sizes |
		"\($packets) \($bytes) \($sizes)"' "$@"
}

# resets NAME READERS - so many loops of resets at once, while packets pass
resets() {
	local name=$1 readers=$2 reader n=0 pids=() pid seconds
	seconds=$(rounds 3 4)
	settle
	reset >/dev/null
	rm -f "$work"/reading.*
	check "$name: a witness" witness all client eth0
	load "$seconds"
	for ((reader = 1; reader < readers; reader++)); do
		while loading; do reset; done >"$work/reading.$reader" &
		pids+=($!)
	done
	while loading; do
		reset >>"$work/reading.0"
		n=$((n + 1))
	done
	for pid in "${pids[@]}"; do wait "$pid"; done
	wait "$started"
	settle
	reset >>"$work/reading.0"
	check "$name: the witness missed nothing" witness_end all
	note "$(cat "$work"/reading.* | wc -l) resets, $(count xdp .packets "$(jq -s '.[-1]' "$work/reading.0")") packets in the last"
	check "$name: there were resets in between" eval "(($n >= 3))"
	same "$name: the readings add up to what was on the wire" \
		"$(witnessed all "${from_client[@]}")
$(witnessed all "${from_client[@]}")
$(witnessed all "${from_server[@]}")" "$(sum "$work"/reading.*)"
	same "$name: afterwards there is nothing" '0 0 0' \
		"$(netctl -n "$server" stats eth0 -j | jq -r '[.interfaces[0].hooks[].packets] | join(" ")')"
}

# Each CPU's share adds up to the total of the same reading.
per_cpu() {
	local readings=$work/per-cpu
	: >"$readings"
	load 1
	while loading; do
		netctl -n "$server" stats eth0 -j --per-cpu >>"$readings"
		reset --per-cpu >>"$readings"
	done
	wait "$started"
	same 'per CPU: shares add up to totals in every reading' true "$(jq -s '[.[].interfaces[0].hooks[] |
		(.per_cpu | length > 0) and (.packets == (.per_cpu | map(.packets) | add)) and
		(.bytes == (.per_cpu | map(.bytes) | add)) and
		(.passed.packets == (.per_cpu | map(.passed.packets) | add)) and
		(.dropped.bytes == (.per_cpu | map(.dropped.bytes) | add))] | all' "$readings")"
	same 'per CPU: as many CPUs as the kernel may have' "$(awk -F- '{ print $NF + 1 }' /sys/devices/system/cpu/possible)" \
		"$(jq -s '.[0].interfaces[0].hooks.xdp.per_cpu | length' "$readings")"
}

# Readers never see a reset half done: counts that went below zero would be huge.
readers() {
	local most pid
	settle
	load "$(rounds 2 3)"
	while loading; do netctl -n "$server" stats eth0 -j; done >"$work/readings" &
	pid=$!
	while loading; do reset >/dev/null; done
	wait "$pid"
	wait "$started"
	most=$(jq -s '[.[].interfaces[0].hooks[] | .packets, .bytes, (.protocols[].packets), (.sizes.buckets[].packets)] | max' "$work/readings")
	check 'readers: no reading is out of bounds' eval "(($most < 1000000000))"
	check 'readers: there were some' eval "((\$(wc -l <'$work/readings') >= 2))"
}

# A reset that was killed has happened or has not.
killed() {
	local n bad=0 rounds begin duration total now pid ms kept=0 taken=0
	rounds=$(rounds 60 12)
	settle
	reset >/dev/null
	answers client 10.80.0.2:8080 >/dev/null
	settle
	begin=$(now_ms)
	total=$(counted xdp)
	duration=$(($(now_ms) - begin))
	for ((n = 0; n < rounds; n++)); do
		netctl -n "$server" stats eth0 --reset -j >/dev/null &
		pid=$!
		ms=$((RANDOM % (duration + 1)))
		pause "0.$(printf '%03d' $ms)"
		kill -KILL "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
		now=$(counted xdp) || now=failed
		case $now in
		"$total") kept=$((kept + 1)) ;;
		'0 0 ')
			taken=$((taken + 1))
			answers client 10.80.0.2:8080 >/dev/null
			settle
			total=$(counted xdp) ;;
		*) bad=$((bad + 1)) && note "killed after $ms ms: $now instead of $total" ;;
		esac
	done
	note "$kept had not happened, $taken had"
	same "killed: $rounds resets killed within $duration ms have happened or have not" 0 "$bad"
	reset >/dev/null
	same 'killed: and leave nothing beside the pins' '' "$(find "$pin_root" -name '*_new')"
	same 'killed: after the next one it counts from zero' '0 0 ' "$(counted xdp)"
}

lab_up
check 'a wire without offloads' plain_wire
check 'attach' loader -n "$server" attach eth0 --xdp-mode native
resets 'one after another' 1
resets 'three at once' 3
per_cpu
readers
killed
check 'a second attach keeps the reset' loader -n "$server" attach eth0 --xdp-mode skb
same 'and does not bring back what was before it' '0 0 ' "$(counted xdp)"
check 'detach' loader -n "$server" detach eth0
nothing 'nothing is left'
finish
