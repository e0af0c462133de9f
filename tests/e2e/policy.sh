#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# netctl rule and policy: what they put in force is in force at once, counted, kept, and can be taken back.
# shellcheck disable=SC2317  # check and its like call them
# shellcheck source=tests/e2e/lab.sh
. "$(dirname "$0")/lab.sh"

to_server=10.80.0.2 to_server6='[fd00:80::2]'

ctl() { netctl -n "$server" "$@"; }

# rules FILTER - of rule list
rules() { ctl rule list eth0 -j | jq -r ".interfaces[0] | $1"; }
rule_texts() { rules '.rules[] | "\(.label // "-") \(.rule)"'; }

# policy LINE... - a policy in a file, whose name is printed
policy() {
	local file
	file=$(mktemp -p "$work" policy.XXXX)
	printf '%s\n' "$@" >"$file"
	echo "$file"
}

# apply LINE...
apply() { ctl policy apply "$(policy "$@")"; }

builtin_policy() {
	same 'the built-in policy is a rule like any other' \
		'[0,"pass","pass",null,[1,"web","drop in,out tcp dst port 80","drop",0,0]]' \
		"$(rules '[.generation, .default.in, .default.out, .pending, (.rules[] | [.[]])] | tojson')"
	check 'it drops' silent client "$to_server:80"
	same 'and counts what it dropped' "$(count tc-ingress '"\(.dropped.packets) \(.dropped.bytes)"')" \
		"$(rules '.rules[0] | "\(.packets) \(.bytes)"')"
}

add_and_delete() {
	local web other
	check 'port 8080 answers' answers client "$to_server:8080"
	check 'rule add' ctl rule add 'other: drop in tcp dst port 8080'
	check 'is in force at once' silent client "$to_server:8080" "$to_server6:8080"
	same 'and stands last' 'web drop in,out tcp dst port 80
other drop in tcp dst port 8080' "$(rule_texts)"
	other=$(rules '.rules[1].packets')
	check 'and counts' eval "(($other >= 2))"
	web=$(rules '.rules[0].packets')
	check 'the rule before it still drops' silent client "$to_server:80"
	check 'and goes on counting from where it was' eval "((\$(rules '.rules[0].packets') > $web))"

	check 'rule add --before a label' ctl rule add 'pass in tcp dst port 8080' --before other
	check 'the first rule that matches decides' answers client "$to_server:8080"
	check 'rule add --before a number' ctl rule add 'count in icmp' --before 1
	same 'all stand where they belong' '- count in icmp
web drop in,out tcp dst port 80
- pass in tcp dst port 8080
other drop in tcp dst port 8080' "$(rule_texts)"
	on client ping -qc 3 -i 0.01 10.80.0.2 >/dev/null
	same 'a rule that counts' 3 "$(rules '.rules[0].packets')"
	same 'a rule keeps its count when another changes' "$other" "$(rules '.rules[3].packets')"
	check 'rule delete by number' ctl rule delete 3
	check 'rule delete by label' ctl rule delete other
	check 'port 8080 answers again' answers client "$to_server:8080"
	same 'two are left' '- count in icmp
web drop in,out tcp dst port 80' "$(rule_texts)"
}

refusals() {
	local before after
	before=$(rules 'tojson')
	exits 'no such rule' 3 "no rule '7'" ctl rule delete 7
	exits 'no such label' 3 "no rule 'nosuch'" ctl rule delete nosuch
	exits 'no rule to stand before' 3 "no rule '0'" ctl rule add 'drop in' --before 0
	exits 'no rule' 2 'a rule is wanted' ctl rule add
	exits 'not attached' 3 'not attached' ctl rule add 'drop in' lo
	exits 'nothing to confirm' 3 'no change waits' ctl policy confirm
	check 'a bad rule' eval "! ctl rule add 'drop in tcp dst prt 80' 2>'$work/said.rule'"
	same 'is shown with a caret' 1 "$(grep -c '^ *\^' "$work/said.rule")"
	check 'a label that is taken' eval "! ctl rule add 'web: drop in'"
	check 'a policy with mistakes' eval "! ctl policy apply '$(policy 'drop in tcp dst port 99999' 'drp out' 'pass in')' 2>'$work/said.policy'"
	same 'of which all are said, with file, line and column' 2 "$(grep -cE "^$work/policy\.....:[12]:[0-9]+: error: " "$work/said.policy")"
	after=$(rules 'tojson')
	same 'nothing has changed' "$before" "$after"
}

whole_policies() {
	local shown
	check 'policy apply' apply 'default in drop' 'default out pass' \
		'set friends = { 10.80.0.1, fd00:80::1 }' \
		'web:  drop in,out tcp dst port 80' \
		'      pass in src @friends tcp dst port { 8080, 8100-8200 }' \
		'      pass in icmp6' '      pass in arp' '      pass in established'
	check 'its default drops' silent client "$to_server:22"
	check 'its rules pass' answers client "$to_server:8080"
	check 'the host reaches out by established' answers server 10.80.0.1:8080
	shown=$work/shown
	check 'policy show' eval "ctl policy show >'$shown'"
	check 'what it shows loads back' ctl policy apply "$shown"
	same 'to the same' "$(<"$shown")" "$(ctl policy show)"
	same 'policy diff: nothing' '' "$(ctl policy diff "$shown")"
	sed -i 's/8080/8081/' "$shown"
	same 'policy diff: a line' 1 "$(ctl policy diff "$shown" | grep -c '^+.*8081')"
	same 'policy diff changes nothing' 0 "$(ctl policy show | grep -c 8081)"
	check 'policy rollback' ctl policy rollback
	check 'policy rollback is undone by itself' ctl policy rollback
	check 'an empty policy' apply ''
	same 'has no rules' '[]' "$(rules '.rules | tojson')"
	check 'and passes all' answers client "$to_server:80"
	check 'undo brings back the one before' ctl policy rollback
	check 'with its default' silent client "$to_server:22"
}

confirming() {
	local seconds
	seconds=$(rounds 2 20)
	apply 'drop in tcp dst port 80' >/dev/null
	check 'apply --confirm' ctl policy apply "$(policy 'drop in')" --confirm "$seconds"
	check 'is in force' silent client "$to_server:8080"
	same 'and says so' true "$(rules ".pending.seconds_left | . > 0 and . <= $seconds")"
	exits 'no other change meanwhile' 1 'waits to be confirmed' ctl rule add 'drop in'
	check 'after the time the old one is back, though nobody did anything' eventually answers client "$to_server:8080"
	check 'which still drops' silent client "$to_server:80"
	exits 'too late to confirm' 3 'not confirmed in time' ctl policy confirm
	same 'the old one is shown' '- drop in tcp dst port 80' "$(rule_texts)"

	check 'apply --confirm again' ctl policy apply "$(policy 'drop in tcp dst port 8080')" --confirm "$seconds"
	check 'confirm' ctl policy confirm
	pause "$seconds.2"
	check 'it stays' silent client "$to_server:8080"
	check 'and the old one is gone' answers client "$to_server:80"

	check 'rule add --confirm' ctl rule add 'drop in tcp dst port 80' --confirm 60
	check 'in force' silent client "$to_server:80"
	check 'taken back at once' ctl policy rollback
	check 'and the one before is in force' answers client "$to_server:80"
	check 'a change after that' ctl rule add 'count in'
}

lists() {
	local list=$work/list.txt
	printf '%s\n' '# bad ones' '10.80.0.1' '' 'fd00:80::/64 # all of them' >"$list"
	check 'a set from a file' apply "set feed = file \"$list\"" 'feed: drop in src @feed tcp dst port 8080'
	check 'drops' silent client "$to_server:8080" "$to_server6:8080"
	rm "$list"
	check 'a change when the file is gone' ctl rule add 'count in icmp'
	check 'the set is as it was' silent client "$to_server:8080" "$to_server6:8080"
	same 'the path is still shown' 1 "$(ctl policy show | grep -cF "file \"$list\"")"
	check 'a set with garbage in it' eval "printf '%s\n' 10.0.0.1 'not an address' 10.0.0.999 >'$list'
		! ctl policy apply '$(policy "set feed = file \"$list\"" 'drop in src @feed')' 2>'$work/said.list'"
	same 'is refused with file and line' '2 3' "$(sed -nE "s,^$list:([0-9]+):[0-9]+: error.*,\1,p" "$work/said.list" | xargs)"
	check 'and what was in force is' silent client "$to_server:8080"
}

# The first change puts other programs in the place of those attached: each packet meets the one or the other.
# first_change [OPTION...] - of attach
first_change() {
	local way="first change${1:+ after attach $*}"
	detach_attach "$@"
	settle
	netctl -n "$server" stats eth0 --reset >/dev/null
	check "$way: a witness" witness all client eth0
	start client ping -q -i 0.001 -c "$(rounds 1500 200)" 10.80.0.2 >/dev/null
	pause 0.2
	check "$way: rule add while packets pass" ctl rule add 'count in icmp'
	wait "$started"
	settle
	check "$way: the witness missed nothing" witness_end all
	same "$way: every packet was counted once, at every hook" \
		"$(witnessed all "${from_client[@]}")
$(witnessed all "${from_client[@]}")
$(witnessed all "${from_server[@]}")" "$(counted xdp)
$(counted tc-ingress)
$(counted tc-egress)"
}

detach_attach() {
	loader -n "$server" detach eth0 >/dev/null
	loader -n "$server" attach eth0 "$@" >/dev/null
}

# first_change_killed STEP [OPTION...] - at every so manieth call; of attach
first_change_killed() {
	local step=$1 n total bad=0 tried=0 texts way
	shift
	way="first change${1:+ after attach $*} killed"
	if ((slow)) || ! command -v strace >/dev/null; then
		skip "$way at its calls" 'too slow on an emulated machine, or no strace'
		return
	fi
	detach_attach "$@"
	strace -f -qq -e trace="$calls,sendto,sendmsg" -e signal=none -o "$work/calls" netctl -n "$server" rule add 'count in' >/dev/null
	total=$(grep -cv '+++' "$work/calls")
	for ((n = 1; n <= total; n += step)); do
		detach_attach "$@"
		strace -f -qq -e trace="$calls,sendto,sendmsg" -e inject="$calls,sendto,sendmsg:signal=KILL:when=$n" -o /dev/null \
			netctl -n "$server" rule add 'count in' >/dev/null 2>&1
		ctl rule add 'count out' >/dev/null 2>"$work/said.killed" || {
			bad=$((bad + 1))
			note "killed at call $n of $total, then: $(<"$work/said.killed")"
		}
		texts=$(rule_texts | grep -v 'count in')
		[[ $texts == $'web drop in,out tcp dst port 80\n- count out' ]] || {
			bad=$((bad + 1))
			note "killed at call $n of $total: $texts"
		}
		tried=$((tried + 1))
	done 2>/dev/null
	same "$way: at $tried of its $total calls, and the next change puts it right" 0 "$bad"
	check "$way: what is in force is obeyed" silent client "$to_server:80"
}

# netctl finds interfaces of all namespaces, and the first change replaces the programs: there, and not on what has the
# same index here.
first_change_from_outside() {
	local index
	index=$(ip -n "$server" -j link show eth0 | jq '.[0].ifindex')
	ip link add index "$index" name here type veth peer index 99 name there
	detach_attach
	check 'from another namespace: the first change' netctl rule add 'drop in tcp dst port 8080'
	check 'from another namespace: is in force' silent client "$to_server:8080"
	same 'from another namespace: here is nothing of it' '' \
		"$(bpftool -j net | jq -r '.[] | (.xdp + .tc)[] | "\(.devname) \(.name)"')"
	ip link delete here
}

# Without policies the door is the quicker one that knows the built-in rule only; drops are counted through both.
early_first_change() {
	local before
	detach_attach --early-drop
	check 'early drop: the built-in policy drops' silent client "$to_server:80" "$to_server6:80"
	before=$(count xdp .dropped.packets)
	check 'early drop: at XDP, as its rule says' eval "(($before >= 2 && $before == $(rules '.rules[0].packets')))"
	check 'early drop: the first change' ctl rule add 'drop in tcp dst port 8080'
	check 'early drop: both rules drop' silent client "$to_server:80" "$to_server:8080"
	check 'early drop: at XDP, and counts go on' eval "((\$(count xdp .dropped.packets) >= before + 2))"
	same 'early drop: nothing is left for TC to drop' 0 "$(count tc-ingress .dropped.packets)"
}

kept() {
	apply 'kept: drop in tcp dst port 8080' >/dev/null
	check 'detach' loader -n "$server" detach eth0
	nothing 'detach leaves nothing'
	check 'attach' loader -n "$server" attach eth0
	same 'begins with the built-in policy' 'web drop in,out tcp dst port 80' "$(rule_texts)"
	check 'detach again' loader -n "$server" detach eth0
	check 'attach --restore' loader -n "$server" attach eth0 --restore
	same 'brings back what was applied last' 'kept drop in tcp dst port 8080' "$(rule_texts)"
	check 'in force' silent client "$to_server:8080"
	check 'the third detach' loader -n "$server" detach eth0
	rm -rf "$PORTCULLIS_STATE_DIR"
	check 'attach --restore with nothing kept' loader -n "$server" attach eth0 --restore
	same 'is the built-in policy' 'web drop in,out tcp dst port 80' "$(rule_texts)"
	check 'the fourth detach' loader -n "$server" detach eth0
}

# XDP drops early only what it is sure of: a rate, a size and a tag are for TC to judge, where they are exact.
early_and_unsure() {
	local early
	apply 'limited: limit in icmp rate 1/h burst 1' >/dev/null
	on client ping -qc 5 -i 0.01 -W 1 10.80.0.2 >"$work/pings"
	same 'early drop: a rate limit is kept' 1 "$(sed -n 's/.*transmitted, \([0-9]*\) received.*/\1/p' "$work/pings")"
	same 'early drop: and counts each packet once' 5 "$(rules '.rules[0].packets')"
	apply 'large: drop in icmp len 500-1000' 'count in icmp' >/dev/null
	early=$(count xdp .dropped.packets)
	on client ping -qc 3 -i 0.01 -W 1 -s 600 10.80.0.2 >/dev/null
	same 'early drop: a size is judged' '3 0' "$(rules '"\(.rules[0].packets) \(.rules[1].packets)"')"
	same 'early drop: by TC' "$early" "$(count xdp .dropped.packets)"
	if has_vlan; then
		apply 'untagged: drop in icmp not vlan' >/dev/null
		check 'early drop: a tag beside the packet is seen' on client ping -qc 2 -i 0.01 -W 1 10.80.10.2
	fi
	apply 'count in icmp' 'gone: drop in icmp' >/dev/null
	on client ping -qc 3 -i 0.01 -W 1 10.80.0.2 >/dev/null
	same 'early drop: what XDP drops it counts, for all rules' '3 3' "$(rules '"\(.rules[0].packets) \(.rules[1].packets)"')"
}

brought() {
	check 'attach --policy' loader -n "$server" attach eth0 --policy "$(policy 'default in drop' 'pass in arp' 'pass in icmp6')"
	check 'is in force' silent client "$to_server:8080"
	check 'attach --policy again' loader -n "$server" attach eth0 --policy "$(policy 'count in')"
	check 'is in force as well' answers client "$to_server:8080"
	check 'attach --early-drop keeps it' loader -n "$server" attach eth0 --early-drop
	same 'keeps the policy' '- count in' "$(rule_texts)"
	check 'a rule at XDP' ctl rule add 'drop in tcp dst port 8080'
	check 'drops' silent client "$to_server:8080"
	check 'there' eval "((\$(count xdp .dropped.packets) >= 1))"
	same 'and is counted once' "$(count xdp .dropped.packets)" "$(rules '.rules[1].packets')"
	early_and_unsure
	check 'detach after --policy' loader -n "$server" detach eth0
	check 'a policy with mistakes attaches nothing' eval "! loader -n '$server' attach eth0 --policy '$(policy 'drp in')'"
	nothing 'nothing is attached'
}

# Killed as it begins each of its calls that change something: the old policy or the new one is in force, and the
# next change finds nothing in its way.
calls=bpf,mkdir,unlink,unlinkat,rename,renameat2,rmdir

killed() {
	local old new n total bad=0 texts kept=0 taken=0
	if ((slow)) || ! command -v strace >/dev/null; then
		skip 'killed at every call' 'too slow on an emulated machine, or no strace'
		return
	fi
	old=$(policy 'old: drop in tcp dst port 8080')
	new=$(policy 'new: drop in tcp dst port 8081' 'count in')
	ctl policy apply "$old" >/dev/null
	strace -f -qq -e trace="$calls" -e signal=none -o "$work/calls" netctl -n "$server" policy apply "$new" >/dev/null
	total=$(grep -cv '+++' "$work/calls")
	for ((n = 1; n <= total; n++)); do
		ctl policy apply "$old" >/dev/null 2>"$work/said.old" || {
			bad=$((bad + 1))
			note "before call $n: $(<"$work/said.old")"
		}
		strace -f -qq -e trace="$calls" -e inject="$calls:signal=KILL:when=$n" -o /dev/null \
			netctl -n "$server" policy apply "$new" >/dev/null 2>&1
		texts=$(rule_texts)
		case $texts in
		'old drop in tcp dst port 8080') kept=$((kept + 1)) ;;
		$'new drop in tcp dst port 8081\n- count in') taken=$((taken + 1)) ;;
		*) bad=$((bad + 1)) && note "killed at call $n of $total: $texts" ;;
		esac
	done 2>/dev/null # or bash would say that it was killed
	note "$kept times the old policy, $taken times the new one"
	same "killed: at each of $total calls the old policy or the new one is in force, whole" 0 "$bad"
	check 'killed: some were' eval "((kept > 0 && taken > 0))"
	ctl policy apply "$old" >/dev/null
	check 'killed: and the next is obeyed' silent client "$to_server:8080"
}

lab_up
check 'attach to begin with' loader -n "$server" attach eth0
builtin_policy
add_and_delete
((slow)) || refusals
whole_policies
confirming
((slow)) || lists
killed
first_change
first_change --early-drop
first_change_killed 3
first_change_killed 4 --early-drop
first_change_from_outside
early_first_change
kept
brought
finish
