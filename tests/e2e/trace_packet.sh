#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# netctl trace packet: where packets went, step by step, and where and why those ended that did not arrive.
# shellcheck disable=SC2154  # the other file's variables
# shellcheck source=tests/e2e/lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=tests/e2e/trace.inc
. "$(dirname "$0")/trace.inc"
need ping

before=$(trace_traces)
lab_up

inode() { stat -L -c %i "$(netns_of "$1")"; }

# way NAME CONDITION - the steps of the packets it is true for: "sent out e2e-client:eth0 curl"
way() {
	watched "$1" "select($2) | \"\(.step) \(.direction) \(.netns_name):\(.ifname // \"-\") \(.comm // \"-\")\"" | tr -d '"'
}
# last NAME CONDITION - of the last such step: its verdict, reason, and of our rule what there is
last() { ends "$@" | tail -n 1; }
# drop NAME CONDITION - of the first drop: others may come again when there is another policy
drop() { ends "$1" ".step == \"dropped\" and $2" | head -n 1; }
ends() { watched "$1" "select($2) | [.verdict, .reason, .hook, .rule, .label, .text]"; }
# ids NAME CONDITION - how many packets it is true for
ids() { watched "$1" "select($2) | .packet" | sort -u | wc -l; }

# ---- an echo and its reply, without loader -----------------------------------------------------

check 'trace packet starts' watch_start everything netctl -j trace packet
check 'and with a filter, as others are on this machine' watch_start echo netctl -j trace packet icmp and host 10.80.0.2
on client ping -qc 1 -W "$(rounds 2 10)" 10.80.0.2 >/dev/null
check 'the reply is read' watch_has echo '.step == "delivered"'
check 'without a filter as well' watch_has everything '.step == "delivered" and .saddr == "10.80.0.2"'
check 'Ctrl-C ends it well' watch_end echo
watch_end everything
check 'it says how many there were' grep -Eq '^netctl: trace packet: [0-9]+ events, 0 lost$' <(watch_summary echo)
same 'an echo request: out there, in here, answered by the kernel' \
	'queued out e2e-client:eth0 ping
sent out e2e-client:eth0 ping
received in e2e-server:eth0 -
consumed in e2e-server:eth0 -' "$(way echo '.packet == 1')"
same 'its reply, up to the process that waits for it' \
	'queued out e2e-server:eth0 -
sent out e2e-server:eth0 -
received in e2e-client:eth0 -
delivered in e2e-client:eth0 ping' "$(way echo '.packet == 2 and .step != "dropped" and .step != "consumed"')"
# shellcheck disable=SC2016  # jq's
same 'all fields of a step' \
	"{\"uid\":0,\"comm\":\"ping\",\"netns\":$(inode client),\"packet\":1,\"step\":\"queued\",\"direction\":\"out\",\"ifname\":\"eth0\",\"ifindex\":$(ip -n "$client" -j link show eth0 | jq '.[0].ifindex'),\"netns_name\":\"e2e-client\",\"family\":\"ipv4\",\"proto\":\"icmp\",\"saddr\":\"10.80.0.1\",\"sport\":null,\"daddr\":\"10.80.0.2\",\"dport\":null,\"size\":98,\"verdict\":null,\"reason\":null,\"drop_reason\":null,\"location\":null,\"hook\":null,\"rule\":null,\"label\":null,\"text\":null}" \
	"$(watched echo 'del(.time, .cgroup, .container, .pid, .ppid, .tid, .utsns)' | head -n 1)"
same 'where nobody has to do with it, nobody is named' '[null,null,null,null,null,null]' \
	"$(watched echo 'select(.packet == 1 and .step == "received") | [.pid, .ppid, .tid, .uid, .comm, .container]')"

# A process may call itself nothing.
check 'it starts' watch_start nameless netctl -j trace packet 'udp port 9990'
# shellcheck disable=SC2016  # for perl
on client perl -MSocket -e '$0 = ""; socket(S, PF_INET, SOCK_DGRAM, 0); send(S, "x", 0, sockaddr_in(9990, inet_aton("10.80.0.2")))'
check 'a packet of a process without a name' watch_has nameless '.packet == 1 and .step == "dropped"'
watch_end nameless
same 'has a process all the same' '[true,""]' "$(watched nameless 'select(.step == "queued") | [.pid > 0, .comm]' | head -n 1)"

# ---- connections, closed ports, netfilter; all at once, as each packet has its own id --------------

check 'with a filter' watch_start all netctl -j trace packet 'tcp or udp and ip host 10.80.0.2'
fetch client http://10.80.0.2:8080/
on client bash -c 'echo >/dev/udp/10.80.0.2/9999'
on client bash -c 'echo >/dev/tcp/10.80.0.2/9998' 2>/dev/null
nft=$(command -v nft) || nft=''
if [[ $nft ]]; then
	on server nft 'add table inet t; add chain inet t in { type filter hook input priority 0; }; add rule inet t in udp dport 9997 drop'
	on client nft 'add table inet t; add chain inet t out { type filter hook output priority 0; }; add rule inet t out udp dport 9996 drop'
	on client bash -c 'echo >/dev/udp/10.80.0.2/9997'
	on client bash -c 'echo >/dev/udp/10.80.0.2/9996' 2>/dev/null
	on server nft flush ruleset
	on client nft flush ruleset
	check 'all is seen' watch_has all '.dport == 9996'
fi
check 'all of it' watch_has all '.dport == 9998'
check 'it ends' watch_end all
same 'a connection request' \
	'queued out e2e-client:eth0 curl
sent out e2e-client:eth0 curl
received in e2e-server:eth0 -
consumed in e2e-server:eth0 -' "$(way all '.dport == 8080' | head -n 4)"
check 'the request is read by the server' watch_has all '.dport == 8080 and .step == "delivered" and .comm == "nginx" and .verdict == "delivered"'
check 'having reached its connection' watch_has all '.dport == 8080 and .step == "accepted" and .netns_name == "e2e-server"'
check 'the answer by the client' watch_has all '.sport == 8080 and .step == "delivered" and .comm == "curl" and .ifname == "eth0"'
same 'nothing of it is dropped on the way' 0 "$(ids all '.step == "dropped" and .sport == 8080 and (.reason | IN("QUEUE_PURGE", "NOT_SPECIFIED") | not)')"
same 'a closed UDP port: where it ends' \
	'queued out e2e-client:eth0 bash
sent out e2e-client:eth0 bash
received in e2e-server:eth0 -
dropped in e2e-server:eth0 -' "$(way all '.dport == 9999')"
same 'and why' '["dropped","NO_SOCKET",null,null,null,null]' "$(last all '.dport == 9999')"
check 'and where in the kernel' watch_has all '.dport == 9999 and .step == "dropped" and (.location | startswith("__udp4_lib_rcv+0x"))'
same 'all steps of it are of one packet' 1 "$(ids all '.dport == 9999')"
same 'a closed TCP port' '["dropped","NO_SOCKET",null,null,null,null]' "$(last all '.dport == 9998')"
if [[ $nft ]]; then
	same 'what netfilter drops on the way in' '["dropped","NETFILTER_DROP",null,null,null,null]' "$(last all '.dport == 9997')"
	same 'and on the way out, before there is a device it is at' 'dropped out e2e-client:eth0 bash' "$(way all '.dport == 9996')"
	same 'why' '["dropped","NETFILTER_DROP",null,null,null,null]' "$(last all '.dport == 9996')"
else
	skip 'netfilter' 'nft is missing'
fi

# ---- our own drops -----------------------------------------------------------------------------

check 'attach' loader -n "$server" attach eth0
check 'a tracer beside' watch_start other netctl -j trace packet -n "$server" 'tcp port 80'
check 'one for each way' watch_start ours netctl -j trace packet 'tcp port 80 or udp port 53'
silent client 10.80.0.2:80 >/dev/null 2>&1
silent server 10.80.0.1:80 >/dev/null 2>&1
check 'both are seen' watch_has ours '.hook == "tc-egress"'
printf '%s\n' 'default in drop' 'pass in tcp' 'pass in arp' >"$work/policy"
netctl -n "$server" policy apply "$work/policy" >/dev/null
on client bash -c 'echo >/dev/udp/10.80.0.2/53'
check 'and what no rule decides' watch_has ours '.dport == 53 and .step == "dropped"'
check 'it ends' watch_end ours
check 'the other as well' watch_end other
same 'on the way in: our rule is named' \
	'["dropped","rule","tc-ingress",1,"web","drop in,out tcp dst port 80"]' \
	"$(drop ours '.direction == "in" and .dport == 80')"
same 'with the kernel'\''s word for it' '"TC_INGRESS"' \
	"$(watched ours 'select(.hook == "tc-ingress" and .dport == 80) | .drop_reason' | sort -u)"
# Packets are numbered, and so are the trials the other tracer makes; those are not shown.
first=$(watched ours 'select(.dport == 80 and .daddr == "10.80.0.2") | .packet' | head -n 1)
same 'and where it is, whatever XDP made of it' 'e2e-client e2e-server ' \
	"$(watched ours 'select(.packet == '"$first"') | .netns_name' | tr -d '"' | uniq | tr '\n' ' ')"
same 'on the way out: who sends it as well' 'dropped out e2e-server:eth0 curl' \
	"$(way ours '.hook == "tc-egress"' | head -n 1)"
same 'and by which rule' '["dropped","rule","tc-egress",1,"web","drop in,out tcp dst port 80"]' \
	"$(drop ours '.direction == "out"')"
same 'by default' '["dropped","default","tc-ingress",null,null,null]' "$(drop ours '.dport == 53')"
same 'a tracer of one network namespace has the steps there' e2e-server \
	"$(watched other .netns_name | sort -u | tr -d '"')"
check 'and all of them' watch_matches other '.hook == "tc-egress"'
check 'early drop' loader -n "$server" attach eth0 --early-drop
printf '%s\n' 'web: drop in tcp dst port 80' >"$work/policy"
netctl -n "$server" policy apply "$work/policy" >/dev/null
check 'XDP' watch_start early netctl -j trace packet tcp port 80 and net 10.80.0.0/24
silent client 10.80.0.2:80 >/dev/null 2>&1
check 'a packet that XDP drops in the veth driver' watch_has early '.step == "dropped"'
watch_end early
same 'is ours' '["dropped","rule","xdp",1,"web","drop in tcp dst port 80"]' "$(drop early true)"
first=$(watched early .packet | head -n 1)
same 'on its way from one end to the other' 'e2e-client out e2e-server in ' \
	"$(watched early 'select(.packet == '"$first"') | "\(.netns_name) \(.direction)"' | tr -d '"' | uniq | tr '\n' ' ')"
check 'detach' loader -n "$server" detach eth0

# ---- forwarding --------------------------------------------------------------------------------

ip netns add e2e-far
ip link add far0 netns "$server" type veth peer name eth0 netns e2e-far
ip -n "$server" addr add 10.80.20.1/24 dev far0
ip -n e2e-far addr add 10.80.20.2/24 dev eth0
ip -n "$server" link set far0 up
ip -n e2e-far link set eth0 up
ip -n e2e-far route add default via 10.80.20.1
ip -n "$client" route add 10.80.20.0/24 via 10.80.0.2
on server sysctl -qw net.ipv4.ip_forward=1
check 'a filter with bytes of the packet' watch_start far netctl -j trace packet 'icmp[icmptype] == icmp-echo' and dst host 10.80.20.2
on client ping -qc 1 -W "$(rounds 2 10)" 10.80.20.2 >/dev/null
on client ping -qc 1 -t 1 -W "$(rounds 0.2 2)" 10.80.20.2 >/dev/null
check 'both' watch_has far '.step == "dropped"'
watch_end far
same 'a packet that is forwarded is one all the way' \
	'queued out e2e-client:eth0 ping
sent out e2e-client:eth0 ping
received in e2e-server:eth0 -
forwarded out e2e-server:far0 -
sent out e2e-server:far0 -
received in e2e-far:eth0 -
consumed in e2e-far:eth0 -' "$(way far '.packet == 1')"
same 'one that has come too far is not' 'dropped in e2e-server:eth0 -' "$(way far '.packet == 2' | tail -n 1)"
same 'replies were not asked for' 2 "$(ids far true)"

# ---- whose packets -----------------------------------------------------------------------------

check 'packets of a process' watch_start comm netctl -j trace packet --comm '^curl$' tcp port 8080
fetch client http://10.80.0.2:8080/
check 'those it sends' watch_has comm '.dport == 8080 and .step == "delivered"'
on client bash -c 'echo >/dev/tcp/10.80.0.2/8080'
watch_end comm
same 'are sent by it' curl "$(watched comm 'select(.step == "queued") | .comm' | sort -u | tr -d '"')"
same 'and nothing that was not' '[["queued","curl"]]' \
	"$(jq -sc 'group_by(.packet) | map(.[0] | [.step, .comm]) | unique' "$work/comm.out")"
same 'from one end to the other' nginx "$(watched comm 'select(.step == "delivered" and .netns_name == "e2e-server") | .comm' | sort -u | tr -d '"')"

# ---- in words ----------------------------------------------------------------------------------

watch_start words netctl trace packet -c 4 udp port 9999
on client bash -c 'echo >/dev/udp/10.80.0.2/9999'
check 'it ends by itself after -c' watch_wait words
same 'the steps of a packet, under what it is and became' \
	"#1 udp 10.80.0.1:P > 10.80.0.2:9999 len 43: dropped, NO_SOCKET
+T us queued out eth0 e2e-client bash[N]
+T us sent out eth0 e2e-client bash[N]
+T us received in eth0 e2e-server -
+T us dropped in eth0 e2e-server - NO_SOCKET at __udp4_lib_rcv+A" \
	"$(sed 's/  */ /g; s/^ //; s/^+[0-9.]*/+T/; s/\[[0-9]*\]/[N]/; s/+0x.*/+A/; s/0\.1:[0-9]*/0.1:P/' "$work/words.out")"

# ---- mistakes, the end -------------------------------------------------------------------------

exits 'what is no filter' 2 "^netctl: filter 'tcp port port': .*syntax error" netctl trace packet tcp port port
exits 'what no wire has' 2 "^netctl: filter 'inbound': " netctl trace packet inbound
exits 'no such namespace' 3 'there is none of that name' netctl -n nowhere trace packet
same 'nothing stays' "$before" "$(trace_traces)"
finish
