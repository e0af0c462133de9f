#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# netctl rule and policy: wrong usage, JSON keys, and what policy check says and to whom.
# shellcheck disable=SC2317  # check and its like call them
# shellcheck source=tests/e2e/lab.sh
. "$(dirname "$0")/lab.sh"

# json NAME STATUS KEYS COMMAND... - one line on stdout, for which the jq expression KEYS says true.
json() {
	local name=$1 wanted=$2 keys=$3 status=0
	shift 3
	"$@" >"$work/json" 2>"$work/stderr" || status=$?
	same "$name" "$wanted 1 true" "$status $(wc -l <"$work/json") $(jq "$keys" "$work/json" 2>&1)" ||
		note "$* : $(head -c 2000 "$work/json" "$work/stderr")"
}

# For nobody to read.
files() {
	chmod 755 "$work"
	printf '%s\n' 'set feed = file "list"' 'web: drop in src @feed' 'drop in src @feed' >"$work/good"
	printf '%s\n' 10.0.0.0/8 192.0.2.1 >"$work/list"
	printf '%s\n' 'drop in tcp dst port 70000' 'drp out' >"$work/bad"
	printf '%s\n' 'set gone = file "nosuch"' 'set worse = file "garbage"' 'drop in src @gone src @worse' >"$work/lists"
	echo 'not an address' >"$work/garbage"
	chmod 644 "$work"/{good,list,bad,lists,garbage}
}

nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }

wrong_usage() {
	while IFS='|' read -r arguments pattern <&3; do
		# shellcheck disable=SC2086  # words
		exits "wrong: $arguments" 2 "$pattern" $arguments
	done 3<<-'ROWS'
		netctl rule|^netctl: rule: one of list, add, delete
		netctl rule frobnicate|^netctl: rule: one of
		netctl rule add|^netctl: rule add: .*rule
		netctl rule add drop eth0 eth1|^netctl: .*eth1
		netctl rule delete|^netctl: rule delete: .*label
		netctl rule delete 1 --before 2|^netctl: .*--before
		netctl policy apply|^netctl: policy apply: .*file
		netctl policy apply - --confirm 0|^netctl: .*confirm
		netctl policy apply - --confirm soon|^netctl: .*soon
		netctl policy check|^netctl: policy check: .*file
		netctl policy check a b|^netctl: policy check: one file
		netctl policy diff|^netctl: policy diff: .*file
		netctl explain|^netctl: explain: .*packet
		netctl explain eth0 sideways tcp|^netctl: explain: .*in or out
	ROWS
	for command in 'rule list' 'rule add drop' 'policy show' 'policy apply -' 'policy confirm' 'policy rollback' 'policy diff -'; do
		# shellcheck disable=SC2086  # words
		exits "not root: netctl $command" 1 '^netctl: .*root' nobody netctl $command </dev/null
	done
}

checking() {
	same 'policy check wants no root, and warns' '1 rule 0' "$(nobody netctl policy check "$work/good" 2>"$work/stderr" |
		grep -c '2 rules, 1 set, 1 warning$') rule $?"
	same 'of what, and where' 1 "$(grep -c "^$work/good:3:1: warning: this rule says the same as rule 'web' in line 2" "$work/stderr")"
	check 'from standard input' eval "echo 'drop in' | nobody netctl policy check -"
	exits 'a file that is not there' 1 "^netctl: $work/nosuch: No such file" netctl policy check "$work/nosuch"
	json 'policy check -j' 0 '.errors == [] and .rules == 2 and (.warnings | length == 1) and
		(.warnings[0] | keys_unsorted == ["file","line","column","message"])' netctl -j policy check "$work/good"
	json 'policy check -j of one with mistakes' 1 '[.errors[] | [.line, .column]] == [[1,22],[2,1]] and .rules == 0' \
		netctl -j policy check "$work/bad"
	echo "drop$(printf ' port 1%.0s' {1..9})" >"$work/large"
	exits 'a policy that is right, and more than the data plane can have' 1 \
		"^$work/large:1:1: error: the policy cannot be compiled: rule 1 expands" netctl policy check "$work/large"
	check 'a list that is not there' eval "! netctl policy check '$work/lists' 2>'$work/stderr'"
	same 'does not hide what is wrong in another' '1 1' \
		"$(grep -c "^netctl: $work/nosuch: No such file" "$work/stderr") $(grep -c "^$work/garbage:1:1: error" "$work/stderr")"
}

# Each stands in netctl(8).
keys() {
	local brief='["ifname","netns","generation","default","pending"'
	check 'attach' loader -n "$server" attach eth0
	json 'rule list -j' 0 ".interfaces[0] | keys_unsorted == $brief,\"rules\"] and
		(.rules[0] | keys_unsorted == [\"index\",\"label\",\"rule\",\"action\",\"packets\",\"bytes\"])" netctl rule list -j
	json 'rule add -j' 0 ".interfaces[0] | keys_unsorted == $brief] and .generation == 1 and .default == {\"in\":\"pass\",\"out\":\"pass\"}" \
		netctl -n "$server" -j rule add 'count in'
	json 'policy show -j' 0 ".interfaces[0] | keys_unsorted == $brief,\"policy\"] and (.policy | endswith(\"count in\n\"))" \
		netctl -j policy show
	json 'policy diff -j' 0 '.differs and (.diff | length > 2)' netctl -j policy diff "$work/good"
	json 'policy diff -j of the same' 0 '. == {"differs":false,"diff":[]}' \
		eval 'netctl policy show | netctl -j policy diff -'
	check 'policy show | policy apply -' eval "netctl policy show | netctl policy apply -"
	same 'is the same' 'web drop in,out tcp dst port 80
- count in' "$(netctl rule list -j | jq -r '.interfaces[0].rules[] | "\(.label // "-") \(.rule)"')"
	yes 'count in tcp dst port 1' | head -n 3000 >"$work/many"
	netctl policy apply "$work/many" >/dev/null 2>&1
	# shellcheck disable=SC2016  # for the shell in there
	start client bash -c 'netctl rule list eth0 -n "$1" | (sleep 4; cat) >/dev/null' - "$server"
	pause 0.5
	check 'a slow reader of rule list does not keep changes waiting' timeout 3 netctl rule delete 1
	wait "$started"
	json 'policy apply -j --confirm' 0 '.interfaces[0].pending.seconds_left | . > 50 and . < 61' \
		netctl -j policy apply "$work/good" --confirm 60
	json 'policy confirm -j' 0 '.interfaces[0] | .generation == 5 and .pending == null' netctl -j policy confirm
	exits 'policy diff: one with mistakes' 1 '^netctl: .*nosuch' netctl policy diff "$work/nosuch"
	check 'detach' loader -n "$server" detach eth0
}

lab_up
files
wrong_usage
checking
keys
finish
