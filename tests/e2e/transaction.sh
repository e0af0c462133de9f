#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Attach and detach happen as a whole or not at all, whatever comes between, and detach restores everything.
#
# PORTCULLIS_ROUNDS  how often loaders are killed (60; on an emulated machine 12)
# shellcheck disable=SC2317  # check and its like call them
# shellcheck source=tests/e2e/lab.sh
. "$(dirname "$0")/lab.sh"

rounds=${PORTCULLIS_ROUNDS:-$(rounds 60 4)}
dir="$pin_root/$server:eth0"

attach() { loader -n "$server" attach eth0 "$@"; }
detach() { loader -n "$server" detach eth0; }

# pick NUMBER YES NO
pick() { if (($1)); then echo "$2"; else echo "$3"; fi; }

# What of ours was seen attached: other tests may run on this machine, so names do not tell.
remember() {
	jq -r '.interfaces[].programs[].id // empty | "prog \(.)"' <<<"$1"
	bpftool -j map show pinned "$dir/pc_counters" 2>/dev/null | jq -r '"map \(.id)"'
} >>"$work/ours" 2>/dev/null

remembered_in_kernel() {
	{
		bpftool -j prog show | jq -r '.[] | "prog \(.id)"'
		bpftool -j map show | jq -r '.[] | "map \(.id)"'
	} | sort | comm -12 - <(sort -u "$work/ours")
}

# The kernel frees them a little later.
none_in_kernel() { [[ ! $(remembered_in_kernel) ]]; }

nothing_in_kernel() {
	check "$1" eventually none_in_kernel || note "$(remembered_in_kernel)"
	note "looked for $(sort -u "$work/ours" | wc -l) programs and maps"
}

# whole - the interface is attached with all that belongs to it, or not at all; says which
whole() {
	local status hook hooks
	status=$(loader -n "$server" status -j 2>"$work/healed") || { echo "status: $?: $(<"$work/healed")"; return 1; }
	remember "$status"
	if [[ $(jq '.interfaces | length' <<<"$status") == 0 ]]; then
		[[ ! $(traces) ]] || { echo "not attached, but: $(traces)"; return 1; }
		return 0
	fi
	jq -e '[.interfaces[0].programs[].attached] | all' <<<"$status" >/dev/null ||
		{ echo "not all attached: $status"; return 1; }
	netctl -n "$server" stats eth0 -j >/dev/null || return
	# One program of ours at each hook, no second.
	hooks=$(jq -r '[.interfaces[0].programs[] | "\(.hook):\(.backend)"] | join(" ")' <<<"$status")
	for hook in ingress egress; do
		[[ $hooks != *tc-$hook:clsact* || $(on server bpftool net show dev eth0 | grep -cE "clsact/$hook .*portcullis_") == 1 ]] ||
			{ echo "not one program at $hook: $(on server bpftool net show dev eth0)"; return 1; }
	done
	[[ ! $(find "$dir" -name '*_new' -o -name '*.new') ]]
}

# ---- back to what it was -----------------------------------------------------------------------

restores() {
	local options before
	before=$(footprint)
	while read -r options <&3; do
		if [[ $options == *tcx* ]] && ! has_tcx; then
			skip "restores: attach $options" 'this kernel has no tcx'
			continue
		fi
		# shellcheck disable=SC2086  # words
		check "restores: attach $options" attach $options
		check "restores: a second attach is no error" attach
		check "restores: detach" detach
		same "restores: everything is as before attach $options" "$before" "$(footprint)"
	done 3<<-'ROWS'

		--xdp-mode native
		--xdp-mode skb --early-drop
		--tc tcx
		--no-xdp
		--no-tc
	ROWS
	exits 'restores: a second detach' 3 '^loader: .*eth0' detach
}

# From every way to attach to every other, with the counters kept.
changes() {
	local ways=('--xdp-mode native' '--no-xdp' '--xdp-mode skb --early-drop' '--no-tc' '') from to packets before
	! has_tcx || ways+=('--tc tcx --xdp-mode native' '--tc tcx --no-xdp')
	before=$(footprint)
	attach >/dev/null
	answers client 10.80.0.2:8080 >/dev/null
	packets=$(count xdp .packets)
	for from in "${!ways[@]}"; do
		for to in "${!ways[@]}"; do
			# On an emulated machine only from each to the next.
			((slow ? to == (from + 1) % ${#ways[@]} : to != from)) || continue
			# shellcheck disable=SC2086
			if ! { attach ${ways[from]} && attach ${ways[to]} && whole; } >"$work/said" 2>&1; then
				not_ok "changes: from '${ways[from]}' to '${ways[to]}'" "$(<"$work/said")"
				lab_anew
				return
			fi
		done
	done
	ok "changes: from every one of ${#ways[@]} ways to attach to $(pick $slow 'the next' 'every other')"
	check 'changes: counters are kept' eval "((\$(count xdp .packets) >= $packets && $packets > 0))"
	check 'changes: detach' detach
	same 'changes: everything is as before' "$before" "$(footprint)"
}

many_rounds() {
	local round n before status
	n=$(rounds 200 3)
	before=$(footprint)
	for ((round = 0; round < n; round++)); do
		if ! { status=$(attach -j --xdp-mode "$(pick $((round % 2)) native skb)" 2>"$work/said") && remember "$status" && detach >/dev/null 2>>"$work/said"; }; then
			not_ok "$n rounds: round $round" "$(<"$work/said")"
			return
		fi
	done
	ok "$n rounds of attach and detach"
	same "$n rounds: everything is as before" "$before" "$(footprint)"
	nothing_in_kernel "$n rounds: no program and no map is left in the kernel"
}

# ---- attach that fails -------------------------------------------------------------------------

add_second() {
	on server ip link add two type veth peer name two-end
	on server ip link set two up
}

fails_as_a_whole() {
	local before packets
	add_second
	on server tc qdisc add dev two ingress
	before=$(footprint)
	exits 'fails: the second of two has an ingress qdisc' 1 '^loader: .*two' attach two
	same 'fails: the first is as before' "$before" "$(footprint)"
	exits 'fails: the other way round' 1 '^loader: .*two' loader -n "$server" attach two eth0
	same 'fails: again nothing has changed' "$before" "$(footprint)"
	exits 'fails: the second is not there' 3 '^loader: .*nosuch' attach nosuch
	same 'fails: once more nothing has changed' "$before" "$(footprint)"

	check 'fails: attach the first, XDP alone' attach --no-tc --xdp-mode native
	answers client 10.80.0.2:8080 >/dev/null
	packets=$(count xdp .packets)
	before=$(loader -n "$server" status eth0 -j | jq '.interfaces[0].programs[] |= {hook, mode, backend, attached}')
	exits 'fails: change the first and attach the second' 1 '^loader: .*two' attach two --xdp-mode skb --early-drop
	same 'fails: the first is attached as before' "$before" \
		"$(loader -n "$server" status eth0 -j | jq '.interfaces[0].programs[] |= {hook, mode, backend, attached}')"
	check 'fails: and is whole' whole
	same 'fails: and has its counters' "$packets" "$(count xdp .packets)"
	check 'fails: detach' detach
	on server ip link delete two
	nothing 'fails: nothing is left'
}

# ---- killed ------------------------------------------------------------------------------------

# killed_at MS COMMAND... - begins it and kills it with -9 so many milliseconds later
killed_at() {
	local ms=$1 pid
	shift
	"$@" >/dev/null 2>&1 &
	pid=$!
	pause "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
	kill -KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}

# What comes after a loader was killed: one command, in turns.
afterwards() {
	case $(($1 % 3)) in
	0) attach --xdp-mode native >"$work/after" 2>&1 && whole >>"$work/after" && detach >>"$work/after" 2>&1 ;;
	1) detach >"$work/after" 2>&1 || (($? == 3)) ;;
	2) loader -n "$server" status >"$work/after" 2>&1 && whole >>"$work/after" &&
		{ detach >>"$work/after" 2>&1 || (($? == 3)); } ;;
	esac
}

# The commands that are killed: from nothing, to nothing, and from one way to another.
victim() {
	case $(($1 / 3 % 4)) in
	0) killed_at "$2" loader -n "$server" attach eth0 --xdp-mode native ;;
	1) attach --xdp-mode native &>/dev/null && killed_at "$2" loader -n "$server" detach eth0 ;;
	2) attach --xdp-mode native &>/dev/null && killed_at "$2" loader -n "$server" attach eth0 --xdp-mode skb --early-drop ;;
	3) attach --no-xdp &>/dev/null && killed_at "$2" loader -n "$server" attach eth0 --no-tc --xdp-mode native ;;
	esac
}

killed() {
	local round before begin duration ms bad=0
	before=$(footprint)
	begin=$(now_ms)
	attach --xdp-mode native >/dev/null
	duration=$(($(now_ms) - begin))
	detach >/dev/null
	for ((round = 0; round < rounds; round++)); do
		ms=$((RANDOM % (duration + 1)))
		victim "$round" "$ms"
		afterwards "$round" || {
			bad=$((bad + 1))
			note "round $round, killed after $ms ms: $(head -n 5 "$work/after")"
		}
		[[ $(footprint) == "$before" ]] || {
			bad=$((bad + 1))
			note "round $round, killed after $ms ms: not as before: $(diff <(echo "$before") <(footprint))"
			lab_anew
			before=$(footprint)
		}
	done
	same "killed: after each of $rounds kills within $duration ms one command finds a whole state, and in the end nothing" 0 "$bad"
	nothing_in_kernel 'killed: no program and no map is left in the kernel'
}

# The same, not by chance: killed as it begins each of its calls that change something.
calls=bpf,sendto,sendmsg,mkdir,unlink,unlinkat,rename,rmdir,mount,umount2

count_calls() {
	strace -f -qq -e trace="$calls" -e signal=none -o "$work/calls" "$@" >/dev/null 2>&1
	grep -cv '+++' "$work/calls"
}

killed_at_call() {
	local n=$1
	shift
	strace -f -qq -e trace="$calls" -e inject="$calls:signal=KILL:when=$n" -o /dev/null "$@" >/dev/null 2>&1
} 2>/dev/null # or bash would say that it was killed

# every_call NAME STEP PREPARE... -- COMMAND...
every_call() {
	local name=$1 step=$2 prepare=() n total before bad=0 tried=0
	shift 2
	while [[ $1 != -- ]]; do
		prepare+=("$1")
		shift
	done
	shift
	before=$(footprint)
	"${prepare[@]}" >/dev/null 2>&1
	total=$(count_calls "$@")
	detach &>/dev/null
	for ((n = 1; n <= total; n += step)); do
		"${prepare[@]}" >/dev/null 2>&1
		killed_at_call "$n" "$@"
		afterwards "$tried" || {
			bad=$((bad + 1))
			note "killed at call $n of $total: $(head -n 5 "$work/after")"
		}
		tried=$((tried + 1))
		[[ ! $(traces) ]] || {
			bad=$((bad + 1))
			note "killed at call $n of $total: left: $(traces)"
			lab_anew
		}
	done
	same "$name: killed at $tried of its $total calls, one command finds a whole state, and in the end nothing" 0 "$bad"
	same "$name: everything is as before" "$before" "$(footprint)"
}

killed_everywhere() {
	if ((slow)) || ! command -v strace >/dev/null; then
		skip 'killed at every call' "$(pick $slow 'too slow on an emulated machine' 'strace is missing')"
		return
	fi
	every_call 'attach' 4 true -- loader -n "$server" attach eth0 --xdp-mode native
	every_call 'detach' 2 attach --xdp-mode native -- loader -n "$server" detach eth0
	every_call 'change' 6 attach --xdp-mode native -- loader -n "$server" attach eth0 --xdp-mode skb --early-drop
	nothing_in_kernel 'killed at calls: no program and no map is left in the kernel'
}

# ---- two at once -------------------------------------------------------------------------------

two_at_once() {
	local round one two bad=0 a b holder
	for ((round = 0; round < $(rounds 20 5); round++)); do
		loader -n "$server" "$(pick $((round % 3)) attach detach)" eth0 >"$work/one" 2>&1 &
		one=$!
		loader -n "$server" "$(pick $((round % 2)) attach detach)" eth0 >"$work/two" 2>&1 &
		two=$!
		a=0 b=0
		wait "$one" || a=$?
		wait "$two" || b=$?
		if ! whole >"$work/said" 2>&1 || [[ ! $a$b =~ ^[03][03]$ ]]; then
			bad=$((bad + 1))
			note "round $round: $a $b $(cat "$work/one" "$work/two" "$work/said")"
		fi
	done
	same 'two at once: neither fails, and the state is whole' 0 "$bad"
	attach &>/dev/null
	# Somebody who has the lock is waited for.
	exec {holder}<"$pin_root"
	flock "$holder"
	loader -n "$server" detach eth0 >"$work/said" 2>&1 {holder}<&- &
	one=$!
	pause 0.3
	check 'two at once: a loader waits for the lock' kill -0 "$one"
	check 'two at once: and netctl does not need it' netctl -n "$server" stats eth0
	exec {holder}<&-
	check 'two at once: and goes on when it is free' wait "$one"
	nothing 'two at once: nothing is left'
}

# ---- interfaces and namespaces that go ---------------------------------------------------------

vanished() {
	local before
	before=$(footprint)
	add_second
	check 'vanished: attach' loader -n "$server" attach two
	on server ip link delete two
	exits 'vanished: netctl refuses' 3 '^netctl: .*two.*gone' netctl -n "$server" stats two
	check 'vanished: detach is no error' loader -n "$server" detach two
	same 'vanished: everything is as before' "$before" "$(footprint)"
	exits 'vanished: a second detach' 3 '^loader: .*two' loader -n "$server" detach two

	for command in 'loader status' "loader -n $server attach eth0"; do
		add_second
		check "vanished: attach, then $command" loader -n "$server" attach two
		on server ip link delete two
		# shellcheck disable=SC2086  # words
		check "vanished: $command heals" $command
		detach &>/dev/null
		same "vanished: everything is as before $command" "$before" "$(footprint)"
	done
}

recreated() {
	local before
	before=$(footprint)
	add_second
	check 're-created: attach' loader -n "$server" attach two
	on server ping -q -c 2 -W 1 -I two 192.0.2.1 &>/dev/null
	on server ip link delete two
	add_second
	exits 're-created: netctl does not take it for ours' 3 '^netctl: .*two' netctl -n "$server" stats two
	same 're-created: nor does status' 0 "$(loader -n "$server" status -j 2>/dev/null | jq '.interfaces | length')"
	on server ip link delete two
	add_second
	check 're-created: attach to the new one' loader -n "$server" attach two
	on server ip link delete two
	add_second
	check 're-created: attach over pins of the old one' loader -n "$server" attach two
	same 're-created: it counts from zero' '0 0' "$(netctl -n "$server" stats two -j |
		jq -r '[.interfaces[0].hooks | .xdp.packets, ."tc-ingress".packets] | join(" ")')"
	same 're-created: all is attached' true "$(loader -n "$server" status two -j | jq '[.interfaces[0].programs[].attached] | all')"
	check 're-created: detach' loader -n "$server" detach two
	on server ip link delete two
	same 're-created: everything is as before' "$before" "$(footprint)"
}

# Pins are named after the interface as it was. What is attached to it is found by its number.
renamed() {
	local before status=0
	before=$(footprint)
	add_second
	check 'renamed: attach' loader -n "$server" attach two
	on server ip link set two down
	on server ip link set two name three
	on server ip link set three up
	loader -n "$server" attach three >"$work/said" 2>&1 || status=$?
	note "attach under the new name: exit status $status: $(head -n 1 "$work/said")"
	same 'renamed: under its new name it is not attached a second time' '1 1' "$(
		for way in ingress egress; do on server tc filter show dev three "$way" | grep -c 'portcullis_'; done |
			tr '\n' ' ' | sed 's/ $//')"
	loader -n "$server" detach three >"$work/said" 2>&1
	loader -n "$server" detach two >>"$work/said" 2>&1
	same 'renamed: detached under the one or the other name, nothing is at the interface' '' "$(
		on server tc qdisc show dev three | grep clsact
		on server ip -d link show dev three | grep -o 'prog/xdp.*')" || note "$(<"$work/said")"
	loader -n "$server" detach --all &>/dev/null
	on server ip link delete three
	same 'renamed: everything is as before' "$before" "$(footprint)"
}

namespace_deleted() {
	local command before
	before=$(footprint)
	for command in 'loader detach --all' 'loader status' "loader -n $server attach eth0"; do
		ip netns add e2e-gone
		ip -n e2e-gone link add two type veth peer name two-end
		check 'namespace deleted: attach' loader -n e2e-gone attach two
		ip netns delete e2e-gone
		exits 'namespace deleted: netctl' 3 '^netctl: ' netctl -n e2e-gone stats
		# shellcheck disable=SC2086  # words
		check "namespace deleted: $command" $command
		detach &>/dev/null
		same "namespace deleted: everything is as before $command" "$before" "$(footprint)"
	done
	ip netns add e2e-gone
	ip -n e2e-gone link add two type veth peer name two-end
	check 'namespace deleted and made again: attach' loader -n e2e-gone attach two
	ip netns delete e2e-gone
	ip netns add e2e-gone
	ip -n e2e-gone link add two type veth peer name two-end
	exits 'namespace made again: netctl does not take it for ours' 3 '^netctl: ' netctl -n e2e-gone stats two
	check 'namespace made again: detach' loader -n e2e-gone detach two
	ip netns delete e2e-gone
	same 'namespace made again: everything is as before' "$before" "$(footprint)"
}

lab_up
: >"$work/ours"
restores
changes
many_rounds
fails_as_a_whole
killed
killed_everywhere
two_at_once
vanished
recreated
renamed
namespace_deleted
nothing_in_kernel 'in the end no program and no map is left in the kernel'
finish
