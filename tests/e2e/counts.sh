#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Packets, bytes and every single size are what independent witnesses saw, at all three hooks.
#
# Three witnesses, all at the client: "frames" is what the client handed over, a super-packet being one, and that
# is what XDP gets; "wire" is a copy of both ways with super-packets cut up by the kernel, and that is
# what TC is to count.
# shellcheck disable=SC2317  # check and its like call them
# shellcheck source=tests/e2e/lab.sh
. "$(dirname "$0")/lab.sh"
need iperf3 ping

options='' tag_beside=''

witnesses() {
	witness frames client eth0 "${from_client[@]}" && witness wire client wire
}

# What veth took from a sender, so that its witnesses saw it, and had no room for at the receiver.
overruns() {
	jq '.[0].stats64.tx.dropped' <(ip -n "$client" -s -j link show eth0) <(ip -n "$server" -s -j link show eth0)
}

exact_stats() { netctl -n "$server" stats eth0 -j --exact; }
hooks() { jq -c '.interfaces[0].hooks' <<<"$1"; }

# traffic NAME COMMAND... - runs it, again if the receiver was overrun meanwhile or something came late, such as a reset;
# $stats is what was counted.
traffic() {
	local name=$1 before try
	shift
	for try in 1 2 3; do
		settle
		before=$(overruns)
		netctl -n "$server" stats eth0 --reset -j >/dev/null
		check "$name: witnesses" witnesses || return
		check "$name" "$@"
		settle
		stats=$(exact_stats)
		check "$name: the witnesses missed nothing" witness_end frames wire
		[[ $(overruns) != "$before" || $(hooks "$(exact_stats)") != "$(hooks "$stats")" ]] || return 0
		note "the receiver was overrun, or something came late: attempt $try"
	done
}

# measure NAME COMMAND... - runs the traffic and compares all that was counted meanwhile with the witnesses.
measure() {
	local name=$1 stats reaches_tc
	shift
	traffic "$name" "$@" || return
	[[ $options == *--no-xdp* ]] ||
		same "$name: xdp" "$(untagged="$tag_beside" witnessed frames)" "$(counted xdp "$stats")"
	# What XDP dropped, TC does not see.
	[[ $options == *--early-drop* ]] && reaches_tc=(and not tcp dst port 80) || reaches_tc=()
	same "$name: tc-ingress" "$(witnessed wire "${from_client[@]}" "${reaches_tc[@]}")" "$(counted tc-ingress "$stats")"
	same "$name: tc-egress" "$(witnessed wire "${from_server[@]}")" "$(counted tc-egress "$stats")"
	same "$name: totals, shares, buckets and histograms agree" true "$(agree "$stats")"
}

# What netctl derives from the same counts does not contradict itself.
agree() {
	jq -r '[.interfaces[0].hooks[] |
		(.packets == .passed.packets + .dropped.packets) and
		(.bytes == .passed.bytes + .dropped.bytes) and
		(.packets == ([.protocols[].packets] | add)) and (.bytes == ([.protocols[].bytes] | add)) and
		(.packets == ([.reasons[].packets] | add)) and (.bytes == ([.reasons[].bytes] | add)) and
		(.packets == ([.sizes.buckets[].packets] | add)) and
		(.packets == ([.sizes.exact[][1]] | add // 0)) and
		(.sizes.exact == (.sizes.exact | sort)) and
		(.packets == 0 or .sizes.mean == null or ((.sizes.mean * .packets - .bytes) | fabs) < 0.001 * .packets)
	] | all' <<<"$1"
}

# ---- traffic -----------------------------------------------------------------------------------

# Sizes from the smallest to more than fits in one frame, unanswered neighbours, UDP to nobody.
small() {
	ip -n "$client" neigh flush dev eth0 && ip -n "$server" neigh flush dev eth0 &&
		on client ping -q -i 0.002 -c "$(rounds 50 20)" -s 0 10.80.0.2 &&
		on client ping -q -i 0.002 -c 20 -s 1472 10.80.0.2 &&
		on client ping -q -i 0.01 -c 3 -s 9000 10.80.0.2 &&
		on client ping -q -i 0.002 -c 20 -s 3000 fd00:80::2 &&
		on client ping -q -i 0.002 -c 20 -s 37 fd00:80::2 &&
		on client bash -c 'for i in {1..20}; do echo >/dev/udp/10.80.0.2/80; done' &&
		on server bash -c 'for i in {1..20}; do echo >/dev/udp/10.80.0.1/8081; done' &&
		answers client 10.80.0.2:8080 '[fd00:80::2]:8080' &&
		answers server 10.80.0.1:8080 '[fd00:80::1]:8080'
}

# nginx serves files by sendfile: the packets are mostly pages, and super-packets where segmentation is left to
# the device.
downloads() {
	local files=(/1M /64k)
	((slow)) || files+=(/16M)
	fetch client "${files[@]/#/http://$1:8080}"
}

uploads() {
	listen_iperf && on client iperf3 -c "${1//[][]/}" -n "$(rounds 8M 1M)"
}

# Headers between IPv6 and TCP or UDP, hop-by-hop and destination options, also on super-packets.
ext_headers() {
	local i
	for i in 1 2 3; do
		echo "$i" | on client socat -u - "UDP6:[fd00:80::2]:8081,$hop_by_hop" || return
	done
	head -c 1M /dev/zero >"$work/1M"
	start server socat -u TCP6-LISTEN:8082 /dev/null
	eventually listens 8082 && on client socat -u "$work/1M" "TCP6:[fd00:80::2]:8082,$hop_by_hop,$destination" &&
		wait "$started"
}
hop_by_hop=setsockopt-listen=41:54:x0000010400000000 destination=setsockopt-listen=41:59:x0000010400000000

bulk() {
	downloads 10.80.0.2 && downloads '[fd00:80::2]' && uploads 10.80.0.2 && uploads '[fd00:80::2]'
}

udp() {
	listen_iperf && on client iperf3 -c "$1" -u -b 80M -t 1 "${@:2}"
}

listen_iperf() {
	start server iperf3 -s -1 >"$work/iperf"
	eventually listens 5201
}

listens() { [[ $(on server ss -Hltn "sport = :$1") ]]; }

# The blocked port as well: dropped packets are counted like any other.
blocked() {
	silent client 10.80.0.2:80 '[fd00:80::2]:80'
}

# ---- ways to attach ----------------------------------------------------------------------------

with() {
	options=$1
	# shellcheck disable=SC2086  # words
	check "attach $options" loader -n "$server" attach eth0 $options
}
without() {
	check "detach ($options)" loader -n "$server" detach eth0
}

# The last measurement's, as the client handed them over.
super_packets() {
	[[ $(tcpdump -nqetr "$work/frames.pcap" -c 1 greater 9217 2>/dev/null) ]]
}

offloads() {
	on client ethtool -K eth0 tso "$1" gso "$1" tx "$1" >/dev/null &&
		on server ethtool -K eth0 tso "$1" gso "$1" tx "$1" >/dev/null
}

measure_ext_headers() {
	if command -v socat >/dev/null; then
		measure "$1" ext_headers
	else
		skip "$1" 'socat is missing (package socat)'
	fi
}

# A tag is put beside the packet, or, without the offload, into it. What is beside it is out of XDP's sight.

vlan_traffic() {
	on client ping -q -i 0.002 -c 20 -s 1472 10.80.10.2 && downloads 10.80.10.2 && downloads '[fd00:80:10::2]' &&
		uploads 10.80.10.2
}

measure_vlan() {
	if ! has_vlan; then
		skip "$1" 'this kernel has no VLAN devices (8021q)'
		return
	fi
	tag_beside=1 measure "$1, tag beside the packet" vlan_traffic
	check "$1: no tag offload" on client ethtool -K eth0 txvlan off
	measure "$1, tag in the packet" vlan_traffic
	check "$1: tag offload again" on client ethtool -K eth0 txvlan on
}

# A tunnel's segments repeat the headers inside it too.
vxlan_make() {
	ip -n "$client" link add vx type vxlan id 5 local 10.80.0.1 remote 10.80.0.2 dstport 4789 dev eth0 &&
		ip -n "$server" link add vx type vxlan id 5 local 10.80.0.2 remote 10.80.0.1 dstport 4789 dev eth0 &&
		ip -n "$client" addr add 10.77.0.1/24 dev vx && ip -n "$server" addr add 10.77.0.2/24 dev vx &&
		ip -n "$client" link set vx up && ip -n "$server" link set vx up
}

measure_vxlan() {
	if ! vxlan_make 2>/dev/null; then
		skip "$1" 'this kernel has no VXLAN devices'
	elif [[ $(uname -r) == 6.1.* ]]; then
		skip "$1" 'Linux 6.1 works out wrong lengths for segments in tunnels'
	else
		measure "$1" uploads 10.77.0.2
	fi
	ip -n "$client" link delete vx 2>/dev/null
	ip -n "$server" link delete vx 2>/dev/null
}

# What a host hears of its own multicast comes in without a link header, and is what it is all the same.
looped_back() {
	local i
	start server socat -u UDP4-RECV:5353,ip-add-membership=224.0.0.251:eth0 "CREATE:$work/heard"
	eventually hears 5353 || return
	for i in 1 2 3 4 5; do
		echo "$i" | on server socat -u - UDP4-DATAGRAM:224.0.0.251:5353,ip-multicast-if=10.80.0.2,ip-multicast-loop=1 || return
	done
	eventually test -s "$work/heard"
}
hears() { [[ $(on server ss -Hlun "sport = :$1") ]]; }

measure_looped_back() {
	local stats
	if ! command -v socat >/dev/null; then
		skip "$1" 'socat is missing (package socat)'
		return
	fi
	netctl -n "$server" stats eth0 --reset -j >/dev/null
	check "$1" looped_back
	stats=$(netctl -n "$server" stats eth0 -j --exact)
	same "$1: tc-ingress" '5 UDP of 44 bytes' "$(jq -r '.interfaces[0].hooks["tc-ingress"] |
		"\(.protocols.udp.packets) UDP of \(.sizes.exact | map(select(.[0] == 44)) | .[0][0]) bytes"' <<<"$stats")"
}

lab_up
check 'a second wire for the witness' wire_make

with '--xdp-mode native'
measure 'native, small' small
measure 'native, bulk' bulk
measure 'native, UDP' udp 10.80.0.2
measure 'native, port 80' blocked
measure_ext_headers 'native, IPv6 extension headers'
measure_vlan 'native, VLAN'
without

with '--xdp-mode skb'
measure 'skb, small' small
measure 'skb, bulk' bulk
check 'skb, bulk: there were super-packets' super_packets
measure 'skb, UDP' udp fd00:80::2 -R
measure 'skb, port 80' blocked
measure_ext_headers 'skb, IPv6 extension headers'
measure_vlan 'skb, VLAN'
without

with '--no-xdp'
measure 'TC only, small' small
measure 'TC only, bulk' bulk
measure_vxlan 'TC only, VXLAN'
measure_looped_back 'TC only, multicast heard by its sender'
without

if has_tcx; then
	with '--tc tcx --early-drop'
	measure 'tcx, early drop, bulk' bulk
	measure 'tcx, early drop, port 80' blocked
	without
else
	skip 'tcx' 'this kernel has no tcx'
fi

check 'no offloads' offloads off
with ''
measure 'no offloads, bulk' bulk
without
check 'offloads again' offloads on

check 'jumbo frames: MTU 9000' mtu 9000
for mode in native skb; do
	with "--xdp-mode $mode"
	measure "jumbo, $mode, small" small
	measure "jumbo, $mode, bulk" bulk
	measure "jumbo, $mode, UDP" udp 10.80.0.2 -l 8900
	without
done
finish
