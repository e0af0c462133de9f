#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What the policy drops never arrives and what it does not name is as before, in every way to attach.
# shellcheck disable=SC2317  # check and its like call them
# shellcheck source=tests/e2e/lab.sh
. "$(dirname "$0")/lab.sh"

# Addresses of the hosts.
to_server=(10.80.0.2 '[fd00:80::2]') to_client=(10.80.0.1 '[fd00:80::1]')

#	options of attach, where port 80 is dropped on its way in and out (- nowhere), what that takes
ways() {
	cat <<-'ROWS'
		|tc-ingress|tc-egress|
		--tc clsact|tc-ingress|tc-egress|
		--tc tcx|tc-ingress|tc-egress|tcx
		--xdp-mode skb|tc-ingress|tc-egress|
		--xdp-mode native|tc-ingress|tc-egress|
		--early-drop|xdp|tc-egress|
		--early-drop --xdp-mode skb|xdp|tc-egress|
		--early-drop --tc tcx|xdp|tc-egress|tcx
		--no-xdp|tc-ingress|tc-egress|
		--no-tc|-|-|
		--no-tc --early-drop|xdp|-|
	ROWS
}

# Both sides try port 80 at the other, over both families, all at once.
try_80() {
	local status=0 pid
	silent server "${to_client[@]/%/:80}" >"$work/try" 2>&1 &
	pid=$!
	silent client "${to_server[@]/%/:80}" || status=$?
	wait "$pid" || status=$?
	cat "$work/try"
	return "$status"
}

# deltas - connection requests sent by the client and by the server, TCP segments that reached either's TCP
deltas() {
	echo "$(syns client) $(syns server) $(snmp client TcpInSegs) $(snmp server TcpInSegs)"
}

# dropped HOOK - packets the hook dropped, and those it did by the rule
dropped() {
	count "$1" '"\(.dropped.packets) \(.reasons.rule.packets)"' "$stats"
}

blocked_both_ways() {
	local way=$1 hook_in=$2 hook_out=$3 before after stats
	read -ra before < <(deltas)
	check "$way: port 80 is silent, in and out, IPv4 and IPv6" try_80
	settle
	read -ra after < <(deltas)
	stats=$(netctl -n "$server" stats eth0 -j)
	same "$way: not one segment of it reaches the server" 0 $((after[3] - before[3]))
	same "$way: not one segment of it reaches the client" 0 $((after[2] - before[2]))
	local sent_in=$((after[0] - before[0])) sent_out=$((after[1] - before[1]))
	same "$way: what was tried is what $hook_in and $hook_out dropped, by the rule" \
		"$sent_in $sent_in, $sent_out $sent_out" "$(dropped "$hook_in"), $(dropped "$hook_out")"
	(((sent_in >= 2) && (sent_out >= 2))) || not_ok "$way: the clients tried" "$sent_in in, $sent_out out"
}

# Where nothing enforces, it is counted all the same.
passes_both_ways() {
	local way=$1
	check "$way: port 80 answers, as nothing enforces" answers client "${to_server[@]/%/:80}"
	check "$way: and the other way round" answers server "${to_client[@]/%/:80}"
	settle
	stats=$(netctl -n "$server" stats eth0 -j)
	same "$way: XDP counted, and dropped nothing" 'true 0' \
		"$(count xdp '"\(.packets >= 8) \(.dropped.packets)"' "$stats")"
	same "$way: TC is not there" '0 0' "$(count tc-ingress .packets "$stats") $(count tc-egress .packets "$stats")"
}

only_in_blocked() {
	local way=$1 before
	check "$way: the way out is free" answers server "${to_client[@]/%/:80}"
	settle
	before=$(snmp server TcpInSegs)
	check "$way: the way in is silent" silent client "${to_server[@]/%/:80}"
	same "$way: not one segment of it reaches the server" "$before" "$(snmp server TcpInSegs)"
}

# UDP to port 80 is not TCP to port 80. Nobody listens, which the kernel counts.
udp_passes() {
	local before
	before=$(snmp "$2" UdpNoPorts)
	on "$1" bash -c "echo >/dev/udp/$3/80"
	eventually eval "((\$(snmp $2 UdpNoPorts) > $before))"
}

try_way() {
	local options=$1 hook_in=$2 hook_out=$3 takes=$4 way="attach${1:+ $1}"
	if [[ $takes == tcx ]] && ! has_tcx; then
		skip "$way" 'this kernel has no tcx'
		return
	fi
	# shellcheck disable=SC2086  # words
	check "$way" loader -n "$server" attach eth0 $options || return
	case $hook_in$hook_out in
	--) passes_both_ways "$way" ;;
	*-) only_in_blocked "$way" ;;
	*) blocked_both_ways "$way" "$hook_in" "$hook_out" ;;
	esac
	check "$way: port 8080 answers" answers client "${to_server[@]/%/:8080}"
	check "$way: port 8080 answers the other way round" answers server "${to_client[@]/%/:8080}"
	check "$way: UDP to port 80 passes on its way in" udp_passes client server 10.80.0.2
	check "$way: UDP to port 80 passes on its way out" udp_passes server client 10.80.0.1
	check "$way: detach" loader -n "$server" detach eth0
}

vlan() {
	if ! has_vlan; then
		skip 'a VLAN tag does not help' 'this kernel has no VLAN devices (8021q)'
		return
	fi
	check 'attach below a VLAN device' loader -n "$server" attach eth0
	check 'a VLAN tag does not help on the way in' silent client 10.80.10.2:80 '[fd00:80:10::2]:80'
	check 'nor on the way out' silent server 10.80.10.1:80 '[fd00:80:10::1]:80'
	check 'port 8080 answers through the VLAN' answers client 10.80.10.2:8080 '[fd00:80:10::2]:8080'
	check 'detach below a VLAN device' loader -n "$server" detach eth0
}

# A download from port 80 that is under way comes to a halt, as what the client says goes to port 80:
# curl gives up (28) once it hears nothing for a second.
established() {
	local status=0
	start client curl -sS --noproxy '*' --limit-rate 1M -y 1 -Y 1 -o "$work/download" http://10.80.0.2:80/16M
	eventually test -s "$work/download"
	loader -n "$server" attach eth0 >/dev/null || return
	wait "$started" || status=$?
	loader -n "$server" detach eth0
	echo "curl: $status, not 28"
	((status == 28))
}

# In skb mode the kernel copies packets, and what TC gets of them has lost its link header (Linux 6.9). The addresses of
# these, taken for the end of one, say "IPv4", and the ports "protocol 80".
lookalike() {
	local name=$1 stats
	# shellcheck disable=SC2016  # for perl
	on client perl -MSocket -e 'socket(my $s, PF_INET, SOCK_RAW, 6); bind($s, sockaddr_in(0, inet_aton("8.0.69.1")));
		send($s, pack("nnNNCCnnn", 0x4000, 80, 1, 0, 0x50, 2, 1000, 0, 0) . "x" x 2900, 0, sockaddr_in(0, inet_aton("10.80.0.2")))'
	settle
	stats=$(netctl -n "$server" stats eth0 -j)
	same "$name: what looks like a link header is none" '1 1' "$(dropped tc-ingress)"
}

lookalikes() {
	ip -n "$client" addr add 8.0.69.1/32 dev eth0
	check 'jumbo frames' mtu 9000
	check 'skb mode: attach' loader -n "$server" attach eth0 --xdp-mode skb
	lookalike 'the built-in policy'
	netctl -n "$server" policy apply - eth0 <<<'drop in tcp dst port 80' >/dev/null
	netctl -n "$server" stats eth0 --reset -j >/dev/null
	lookalike 'a policy'
	check 'skb mode: detach' loader -n "$server" detach eth0
}

lab_up
check 'before: port 80 answers, both ways' answers client "${to_server[@]/%/:80}"
check 'before: and the other way round' answers server "${to_client[@]/%/:80}"
while IFS='|' read -r options hook_in hook_out takes <&3; do
	try_way "$options" "$hook_in" "$hook_out" "$takes"
done 3< <(ways)
vlan
lookalikes
check 'a connection that was there before is cut as well' established
check 'after: port 80 answers, both ways' answers client "${to_server[@]/%/:80}"
check 'after: and the other way round' answers server "${to_client[@]/%/:80}"
finish
