#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# netctl explain says of a packet what becomes of it, by which rule, and moves no counter and no bucket.
# shellcheck disable=SC2317  # check and its like call them
# shellcheck source=tests/e2e/lab.sh
. "$(dirname "$0")/lab.sh"

ctl() { netctl -n "$server" "$@"; }
ask() { ctl explain eth0 "$@"; }

# what DIRECTION PACKET - the fixed keys, as they stand there
what() { ask "$@" -j | jq -c 'del(.rules)'; }
# short DIRECTION PACKET - "drop rule 2 tc-egress", as long as there are no warnings
short() { ask "$@" -j 2>&1 | jq -r '"\(.verdict) \(.reason) \(.rule // "-") \(.hook)"'; }
# lacks DIRECTION PACKET - what it lacked for each earlier rule
lacks() { ask "$@" -j | jq -r '.rules[] | "\(.rule) \(.lacks // "-")"'; }

apply() {
	printf '%s\n' "$@" >"$work/policy"
	ctl policy apply "$work/policy"
}

# All that packets move: counters, sizes, what each rule counted.
moved() {
	ctl stats eth0 --exact -j
	ctl rule list eth0 -j
}

builtin_policy() {
	same 'the built-in policy: keys, in their order' \
		'{"verdict":"drop","reason":"rule","rule":1,"label":"web","text":"drop in,out tcp dst port 80","hook":"tc-egress"}' \
		"$(what out 'tcp 10.80.0.2:4000 > 10.80.0.1:80')"
	same 'and of what passes' \
		'{"verdict":"pass","reason":"pass","rule":null,"label":null,"text":null,"hook":"tc-ingress"}' \
		"$(what in 'udp 10.80.0.1:4000 > 10.80.0.2:80')"
	same 'and why' '1 it is udp, not tcp' "$(lacks in 'udp 10.80.0.1:4000 > 10.80.0.2:80')"
	same 'IPv6' 'drop rule 1 tc-ingress' "$(short in 'tcp [fd00:80::1]:4000 > [fd00:80::2]:80')"
	same 'it is the same in words' \
		"$server:eth0 out: tcp 10.80.0.2:4000 > 10.80.0.1:80 flags syn len 54
drop at tc-egress: dropped by a rule
rule 1: web: drop in,out tcp dst port 80" "$(ask out 'tcp 10.80.0.2:4000 > 10.80.0.1:80')"
	same 'the interface may be left out' "$(what in 'icmp 10.80.0.1 > 10.80.0.2')" \
		"$(ctl explain in icmp 10.80.0.1 '>' 10.80.0.2 -j | jq -c 'del(.rules)')"
}

policy() {
	check 'a policy' apply 'default in drop' 'set bad = { 203.0.113.0/24, 2001:db8::/32 }' \
		'all: count in' \
		'bad: drop in src @bad' \
		'pass in tcp dst port { 22, 8080 }' \
		'slow: limit in udp dst port 53 rate 1/h burst 2' \
		'pass in established' \
		'drop out tcp dst port 80' \
		'drop out fragment'
	same 'a rule with a set' \
		'{"verdict":"drop","reason":"rule","rule":2,"label":"bad","text":"drop in src @bad","hook":"tc-ingress"}' \
		"$(what in 'udp 203.0.113.9:1 > 10.80.0.2:53')"
	same 'a rule that passes, without a label' \
		'{"verdict":"pass","reason":"pass","rule":3,"label":null,"text":"pass in tcp dst port { 22, 8080 }","hook":"tc-ingress"}' \
		"$(what in 'tcp 10.80.0.1:1 > 10.80.0.2:22')"
	same 'what earlier rules lacked; one counts it' '1 -
2 src is 10.80.0.1, not in @bad' "$(lacks in 'tcp 10.80.0.1:1 > 10.80.0.2:22')"
	same 'the default' 'drop default - tc-ingress' "$(short in 'proto 47 10.80.0.1 > 10.80.0.2')"
	same 'and every rule before it' '1 -
2 src is 10.80.0.1, not in @bad
3 dst port is 23, not 22 or 8080
4 it is tcp, not udp
5 no socket here has its connection
6 it goes in, not out
7 it goes in, not out' "$(lacks in 'tcp 10.80.0.1:1 > 10.80.0.2:23')"
	same 'out' 'drop rule 6 tc-egress' "$(short out 'tcp 10.80.0.2:1 > 10.80.0.1:80')"
	same 'a later fragment' 'drop rule 7 tc-egress' "$(short out 'udp 10.80.0.2 > 10.80.0.1 fragment')"
	same 'a header that lies' 'drop ip4-ihl - tc-ingress' \
		"$(short in "020000008002 020000008001 0800 44$(printf '00%.0s' {1..30})")"
	same 'a rule that limits' 'pass pass 4 tc-ingress' "$(short in 'udp 10.80.0.1:1 > 10.80.0.2:53')"
}

# A burst of two, and nothing more for an hour.
limit_moves_not() {
	for _ in 1 2 3 4; do ask in 'udp 10.80.0.1:1 > 10.80.0.2:53' >/dev/null; done
	same 'the limit is not used up by asking' 'pass pass 4 tc-ingress' \
		"$(short in 'udp 10.80.0.1:1 > 10.80.0.2:53')"
	for _ in 1 2 3; do on client bash -c 'echo >/dev/udp/10.80.0.2/53'; done
	eventually eval '((ctl rule list eth0 -j | jq -e ".interfaces[0].rules[3].packets >= 3") >/dev/null)'
	same 'it is by packets' 'drop limit 4 tc-ingress' "$(short in 'udp 10.80.0.1:1 > 10.80.0.2:53')"
}

nothing_moves() {
	local before
	settle
	before=$(moved)
	ask in 'udp 203.0.113.9:1 > 10.80.0.2:53' >/dev/null
	ask in 'tcp 10.80.0.1:1 > 10.80.0.2:23' >/dev/null
	ask out 'tcp 10.80.0.2:1 > 10.80.0.1:80 vlan 7 len 1000' >/dev/null
	same 'no counter moves' "$before" "$(moved)"
}

# The client's port of the connection it holds open.
find_port() {
	port=$(on server ss -Htn state established sport = :8080 | sed -n 's/.*10.80.0.1:\([0-9]*\).*/\1/p' | head -n 1)
	[[ $port ]]
}

# A connection of the server's, looked for in its network namespace.
connection() {
	local port
	start client curl -sS --noproxy '*' --limit-rate 1k -o /dev/null http://10.80.0.2:8080/16M
	check 'a connection' eventually find_port
	check 'a policy that asks for connections' apply 'default in drop' 'pass in established' 'pass in not ip'
	same 'a packet of a connection' 'pass pass 1 tc-ingress' \
		"$(short in "tcp 10.80.0.1:$port > 10.80.0.2:8080 flags ack")"
	same 'one of no connection' 'drop default - tc-ingress' \
		"$(short in "tcp 10.80.0.1:1 > 10.80.0.2:8080 flags ack")"
	same 'and why' '1 no socket here has its connection
2 it is ip' "$(lacks in 'tcp 10.80.0.1:1 > 10.80.0.2:8080')"
	kill "$started"
	wait "$started"
}

captures() {
	check 'a policy with two ports' apply 'drop in tcp dst port 8080' 'drop in icmp'
	witness seen client eth0 icmp or tcp port 8080
	on client ping -qc 2 -i 0.01 -W 0.1 10.80.0.2 >/dev/null
	silent client 10.80.0.2:8080 &>/dev/null
	witness_end seen
	same 'the first packet of a capture' 'drop rule 2 tc-ingress' "$(short in "pcap $work/seen.pcap 1")"
	same 'the third' 'drop rule 1 tc-ingress' "$(short in "pcap $work/seen.pcap 3")"
	exits 'there are not so many' 3 'packet 999: there are' ask in "pcap $work/seen.pcap 999"
	exits 'no such file' 1 'No such file' ask in 'pcap /nonexistent 1'
	exits 'no capture' 1 'policy: unknown file format' ask in "pcap $work/policy 1"
	exits 'no number' 2 'pcap FILE N is wanted' ask in "pcap $work/seen.pcap"
}

early_drop() {
	check 'attach --early-drop' loader -n "$server" attach eth0 --early-drop
	check 'a policy' apply 'drop in tcp dst port 8080' 'drop out udp'
	same 'what XDP drops, XDP drops' 'drop rule 1 xdp' "$(short in 'tcp 10.80.0.1:1 > 10.80.0.2:8080')"
	same 'what it passes, TC passes' 'pass pass - tc-ingress' "$(short in 'tcp 10.80.0.1:1 > 10.80.0.2:80')"
	same 'on the way out there is TC' 'drop rule 2 tc-egress' "$(short out 'udp 10.80.0.2:1 > 10.80.0.1:2')"
	check 'attach --no-tc' loader -n "$server" attach eth0 --early-drop --no-tc
	same 'XDP alone' 'pass pass - xdp' "$(short in 'tcp 10.80.0.1:1 > 10.80.0.2:80')"
	exits 'and nothing on the way out' 3 'no program' ask out 'udp 10.80.0.2:1 > 10.80.0.1:2'
	check 'attach as before' loader -n "$server" attach eth0
}

mistakes() {
	exits 'what is no packet' 2 "column 5: an address is wanted" ask in 'tcp web > 10.80.0.2:80'
	exits 'half a packet' 2 "column 19: '>' and where" ask in 'tcp 10.80.0.1:4000'
	exits 'no packet' 2 'a packet in quotes' ask in
	exits 'no direction' 2 'in or out' ask 'tcp 10.80.0.1:1 > 10.80.0.2:2'
	exits 'half a byte' 2 'a second digit' ask in 00112233445566778899aabb08004
	exits 'an interface that is not attached' 3 'not attached' ctl explain lo in 'icmp 10.80.0.1 > 10.80.0.2'
	exits 'a frame of another size than the kernel takes' 1 'bytes' ask out 'udp 10.80.0.1:1 > 10.80.0.2:2 len 60000'
}

# A program of ours of another text is attached: the one that knows the built-in policy only.
other_version() {
	local pins=$pin_root/$server:eth0 pref
	loader -n "$server" detach eth0 >/dev/null
	loader -n "$server" attach eth0 >/dev/null
	bpftool prog pin pinned "$pins/prog_tc_ingress" "$bpffs/old"
	check 'a policy' apply 'drop in udp'
	pref=$(on server tc -j filter show dev eth0 ingress | jq 'map(select(.options))[0].pref')
	check 'another program stands where ours was' \
		on server tc filter replace dev eth0 ingress pref "$pref" handle 1 bpf da object-pinned "$bpffs/old"
	rm "$bpffs/old"
	same 'it is said that it is another version' 1 \
		"$(ask in 'udp 10.80.0.1:1 > 10.80.0.2:2' 2>&1 | grep -c 'of another version')"
	same 'not of the one that is as it was' 'pass pass - tc-egress' \
		"$(short out 'udp 10.80.0.1:1 > 10.80.0.2:2')"
}

lab_up
check attach loader -n "$server" attach eth0
builtin_policy
nothing_moves
policy
limit_moves_not
nothing_moves
connection
captures
early_drop
mistakes
other_version
check detach loader -n "$server" detach eth0
nothing 'no trace is left'
finish
