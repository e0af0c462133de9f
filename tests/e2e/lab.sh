#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What every end-to-end suite sources first: a throw-away machine, two hosts in it, TAP, and witnesses.
#
# The suite starts itself anew in mount, process and network namespaces of its own, with a bpffs and a
# /run that nobody else sees: however it ends, also by kill -9, the kernel takes everything away, and
# suites run beside each other and beside whatever else is on this machine. To loader and netctl
# the inside looks like a whole machine: their process 1 is the suite.
#
#     . "$(dirname "$0")/lab.sh"
#     lab_up
#     check 'port 8080 answers' reaches client 10.80.0.2:8080
#     finish
#
# PORTCULLIS_BIN       where loader and netctl are (build/bin)
# PORTCULLIS_SLOW      set: rounds as for an emulated machine; found out by itself in tests/vm's guest
set -uo pipefail
export LC_ALL=C PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
unset PORTCULLIS_PIN_ROOT http_proxy https_proxy all_proxy no_proxy

suite=$(readlink -f "$0")
top=${suite%/tests/e2e/*}
bin=$(readlink -f "${PORTCULLIS_BIN:-$top/build/bin}") || bin=$top/build/bin

# ---- TAP ---------------------------------------------------------------------------------------

tests=0 failures=0

explain() {
	[[ ! $* ]] || echo "# ${*//$'\n'/$'\n# '}"
}
note() { explain "$*"; }

ok() {
	tests=$((tests + 1))
	echo "ok $tests - $1"
}

# not_ok NAME WHY...
not_ok() {
	tests=$((tests + 1)) failures=$((failures + 1))
	echo "not ok $tests - $1"
	shift
	explain "$@"
}

# skip NAME WHY
skip() {
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

# Nothing can be tested here, and why.
skip_all() {
	printf 'TAP version 13\n1..0 # SKIP %s\n' "$*"
	exit 77
}

# check NAME COMMAND... - it is to succeed. What it says is shown when it does not.
check() {
	local name=$1 status=0
	shift
	"$@" >"$work/said" 2>&1 || status=$?
	if ((status)); then
		not_ok "$name" "$* (exit status $status)" "$(tail -n 20 "$work/said")"
		return 1
	fi
	ok "$name"
}

# same NAME WANTED GOT
same() {
	if [[ $2 == "$3" ]]; then
		ok "$1"
		return
	fi
	not_ok "$1" "$(diff <(echo "$2") <(echo "$3") | sed -n '/^</s/^< */wanted: /p; /^>/s/^> */got:    /p' | head -n 40)"
	return 1
}

# exits NAME STATUS PATTERN COMMAND... - the exit status, nothing on stdout, and on stderr exactly one line,
# which fits the extended regular expression.
exits() {
	local name=$1 wanted=$2 pattern=$3 status=0 lines why=''
	shift 3
	"$@" >"$work/stdout" 2>"$work/stderr" || status=$?
	lines=$(wc -l <"$work/stderr")
	((status == wanted)) || why+="exit status $status, not $wanted; "
	[[ ! -s $work/stdout ]] || why+='something on stdout; '
	((lines == 1)) || why+="$lines lines on stderr; "
	grep -Eq -- "$pattern" "$work/stderr" || why+="stderr does not fit /$pattern/; "
	if [[ $why ]]; then
		not_ok "$name" "$* : $why" "$(head -n 20 "$work/stdout" "$work/stderr")"
		return 1
	fi
	ok "$name"
}

finish() {
	echo "1..$tests"
	exit $((failures > 0))
}

# ---- waiting -----------------------------------------------------------------------------------

# A pause without a process: nothing ever comes from a pipe that we hold both ends of.
pause() {
	read -rt "$1" -u "$never" || :
}

now_ms() {
	local t=$EPOCHREALTIME
	echo $((${t/./} / 1000))
}

# eventually COMMAND... - until it succeeds; gives up after ten seconds, on a slow machine after forty.
eventually() {
	local end=$((SECONDS + (slow ? 40 : 10)))
	until "$@"; do
		((SECONDS < end)) || return 1
		pause 0.02
	done
}

# rounds HERE SLOW - how often something is to be repeated.
rounds() {
	if ((slow)); then echo "$2"; else echo "$1"; fi
}

slow=0
[[ ! ${PORTCULLIS_SLOW:-} ]] || slow=1

# ---- the throw-away machine --------------------------------------------------------------------

need() {
	local program missing=''
	for program; do
		command -v "$program" >/dev/null || missing+=" $program"
	done
	[[ ! $missing ]] || skip_all "missing:$missing"
}

machine_enter() {
	((EUID == 0)) || skip_all 'root is needed'
	[[ -x $bin/loader && -x $bin/netctl ]] || skip_all "no loader and netctl in $bin: run make"
	need unshare nsenter ip curl nginx jq tcpdump ethtool bpftool tc
	[[ ! -e /run/vm/command ]] || slow=1
	# bash lets commands in the background ignore Ctrl-C; programs under test are not to inherit that.
	E2E_INSIDE=1 PORTCULLIS_SLOW=${slow#0} unshare --mount --net --pid --fork --kill-child --mount-proc \
		env --default-signal=INT,QUIT "$BASH" "$suite" "$@" &
	trap 'kill -KILL $! 2>/dev/null; wait; exit 130' INT TERM HUP
	wait $!
	exit
}

machine_make() {
	unset E2E_INSIDE
	# Of the programs copies, so that somebody who builds meanwhile is not in the way.
	while umount /sys/fs/bpf 2>/dev/null; do :; done
	# shellcheck disable=SC2015  # skip_all does not return
	mount -t tmpfs tmpfs /run && mkdir -p /run/netns "$work/bin" &&
		mount -t bpf -o mode=0700 bpf /sys/fs/bpf && ip link set lo up &&
		cp "$bin/loader" "$bin/netctl" "$work/bin" ||
		skip_all 'no namespaces or no bpffs to be had here'
	mkfifo "$work/never"
	exec {never}<>"$work/never"
	# Whoever is left when the suite ends, ends with it: it was their process 1.
	trap 'exit 130' INT TERM HUP
	export PATH=$work/bin:$PATH PORTCULLIS_STATE_DIR=$work/state
	echo 'TAP version 13'
}

# ---- two hosts ---------------------------------------------------------------------------------

client=e2e-client server=e2e-server
bpffs=/sys/fs/bpf
# shellcheck disable=SC2034  # for the suites
pin_root=$bpffs/portcullis/v1

lab() { PORTCULLIS_BIN=$work/bin "$top/scripts/netns-lab.sh" --name e2e "$@"; }

lab_up() {
	lab up >"$work/lab" 2>&1 || skip_all "the lab cannot be made: $(tail -n 1 "$work/lab")"
}

# What a test that failed left behind is not to fail those after it.
lab_anew() {
	lab down >"$work/lab" 2>&1
	umount "$bpffs"
	mount -t bpf -o mode=0700 bpf "$bpffs"
	lab_up
}

# Everything on the bpffs but the kernel's own files.
listing() {
	find "$bpffs" -mindepth 1 ! -name '*.debug' | sort
}

# traces - of us on the bpffs and at the server's eth0
traces() {
	listing
	on server tc qdisc show dev eth0 | grep -v '^qdisc noqueue'
	ip -n "$server" -d link show dev eth0 | grep -o 'prog/xdp.*'
}

# nothing NAME - no trace is left. If there is one, a new lab.
nothing() {
	same "$1" '' "$(traces)" || lab_anew
}

# All about the server's eth0, the bpffs and the mounts that attaching could have changed.
footprint() {
	ip -n "$server" -d link show dev eth0
	on server tc qdisc show dev eth0
	on server tc filter show dev eth0 ingress
	on server tc filter show dev eth0 egress
	on server ethtool -k eth0
	on server bpftool net
	# Whoever traces this machine meanwhile has links that come and go; they are of no kind that we make.
	on server bpftool -j link | jq -c '.[] | select(.type != "raw_tracepoint" and .type != "perf_event")'
	listing
	sort /proc/self/mounts
}

# ---- somebody else's programs ------------------------------------------------------------------

foreign_object=$top/build/tests/e2e/foreign.bpf.o
# shellcheck disable=SC2034  # for the suites
foreign_xdp=$bpffs/foreign/foreign_xdp foreign_tc=$bpffs/foreign/foreign_tc

foreign_load() {
	[[ -e $foreign_object ]] || skip_all "no $foreign_object: run make"
	bpftool prog loadall "$foreign_object" "$bpffs/foreign" 2>"$work/foreign" ||
		skip_all "the foreign programs do not load: $(tail -n 1 "$work/foreign")"
}

foreign_unload() {
	rm -rf "$bpffs/foreign"
}

foreign_id() {
	bpftool -j prog show pinned "$1" | jq .id
}

# foreign_seen xdp_packets|tc_packets [PROGRAM-ID] - how many packets the foreign programs have had in all.
foreign_seen() {
	local map
	if [[ ${2:-} ]]; then
		map=$(bpftool -j prog show id "$2" | jq '.map_ids[0]')
	else
		map=$(bpftool -j prog show pinned "$foreign_xdp" | jq '.map_ids[0]')
	fi
	bpftool -j map dump id "$map" | jq ".[0].formatted.value.\".bss\"[] | .$1 // empty"
}

# The network namespace of a host, client or server, or the one of any other name.
netns_of() {
	if [[ -e /run/netns/$1 ]]; then echo "/run/netns/$1"; else echo "/run/netns/e2e-$1"; fi
}

# on HOST COMMAND...
on() {
	nsenter --net="$(netns_of "$1")" -- "${@:2}"
}

# start HOST COMMAND... - in the background; the process $started is the command itself.
start() {
	nsenter --net="$(netns_of "$1")" -- "${@:2}" &
	started=$!
}

has_vlan() { ip -n "$client" link show dev eth0.10 &>/dev/null; }
has_tcx() { loader check -j | jq -e .kernel.tcx >/dev/null; }
has_dispatcher() { loader check -j | jq -e .kernel.freplace >/dev/null; }

# mtu BYTES - of both ends.
mtu() {
	ip -n "$client" link set eth0 mtu "$1" && ip -n "$server" link set eth0 mtu "$1"
}

# fetch HOST URL... - all of them must be answered.
fetch() {
	local host=$1 url outputs=()
	shift
	for url; do outputs+=(-o /dev/null "$url"); done
	on "$host" curl -fsS --fail-early --noproxy '*' --max-time "$(rounds 5 30)" "${outputs[@]}"
}

# answers HOST ADDRESS:PORT... - one body for each.
answers() {
	local host=$1 urls=()
	shift
	urls=("${@/#/http://}")
	on "$host" curl -fsS --fail-early --noproxy '*' --max-time "$(rounds 5 30)" "${urls[@]/%//}"
}

# silent HOST ADDRESS:PORT... - none may answer; curl's 28 is "timed out". All at once, as each takes its time.
silent() {
	local host=$1 pids=() pid status address heard=0
	shift
	for address; do
		on "$host" curl -sS --noproxy '*' --max-time "$(rounds 0.6 2)" "http://$address/" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		status=0
		wait "$pid" || status=$?
		((status == 28)) || { heard=1 && echo "curl: $status, not 28"; }
	done
	return $heard
}

# snmp HOST KEY... - the sum of some of the kernel's own counters, such as TcpInSegs or TcpExtTCPSynRetrans.
snmp() {
	local host=$1
	shift
	# shellcheck disable=SC2016  # for awk
	on "$host" awk -v keys=" $* " '
		$1 == kind {
			prefix = substr(kind, 1, length(kind) - 1)
			for (i = 2; i <= NF; i++)
				if (index(keys, " " prefix name[i] " "))
					sum += $i
			kind = ""
			next
		}
		{ kind = $1; split($0, name) }
		END { print sum + 0 }' /proc/net/snmp /proc/net/netstat
}

# Connection requests a host has sent: first tries and repetitions.
syns() { snmp "$1" TcpActiveOpens TcpExtTCPSynRetrans; }

# Until nothing has moved at eth0 of the server for a while.
settle() {
	local before='' now='' still=0 end=$((SECONDS + 20))
	while ((still < 3 && SECONDS < end)); do
		now=$(on server cat /proc/net/dev)
		if [[ $now == "$before" ]]; then still=$((still + 1)); else still=0; fi
		before=$now
		pause 0.05
	done
}

# count HOOK FILTER [STATS] - one number of the server's eth0, such as `count xdp .dropped.packets`.
count() {
	jq -r --arg hook "$1" ".interfaces[0].hooks[\$hook] | $2" <<<"${3:-$(netctl -n "$server" stats eth0 -j --exact)}"
}

# ---- witnesses ---------------------------------------------------------------------------------

# The kernel's own view of the wire, by tcpdump. What a host sends is written down where it leaves, what it
# receives at its neighbour, never at a hook of ours.
#
# Which way is said by a filter: with -Q, tcpdump would not count alike what it was given and what it wrote.
#
# witness NAME HOST DEVICE [FILTER...]
declare -A witness_pid=()

witness() {
	local name=$1
	start "$2" tcpdump -Z root -i "$3" -n -s 100 -B "$(rounds 65536 16384)" --immediate-mode \
		-w "$work/$name.pcap" "${@:4}" 2>"$work/$name.log"
	witness_pid[$name]=$started
	eventually grep -q 'listening on' "$work/$name.log" || {
		echo "tcpdump: $(<"$work/$name.log")"
		return 1
	}
}

# Asked by a signal, tcpdump says "7 packets captured, 9 packets received by filter, 0 packets dropped".
witness_has_all() {
	local said
	kill -USR1 "${witness_pid[$1]}" || return 1
	pause 0.03
	said=$(grep -o '[0-9]* packets\? captured, [0-9]* packets\? received' "$work/$1.log" | tail -n 1)
	[[ $said ]] || return 1
	# shellcheck disable=SC2086  # words
	set -- $said
	(($1 == $4))
}

# Once the traffic is over: tcpdump has read all it was given, and nothing was lost on the way.
witness_end() {
	local name status=0
	for name; do
		eventually witness_has_all "$name" || status=1
		kill -TERM "${witness_pid[$name]}"
		wait "${witness_pid[$name]}"
		grep -q '^0 packets dropped by kernel' "$work/$name.log" || status=1
		((!status)) || echo "witness $name: $(tail -n 3 "$work/$name.log")"
	done
	return $status
}

# With untagged=1, less the VLAN tag that tcpdump puts back.
#
# witnessed NAME [FILTER...] - "PACKETS BYTES SIZE:PACKETS,..." of what it saw, in the slots of our histogram.
witnessed() {
	tcpdump -nqetr "$work/$1.pcap" "${@:2}" 2>/dev/null | awk -v untagged="${untagged:-}" '
		function slot(size) {
			if (size <= 9216) return size
			if (size > 65536) return 65537
			return 9217 + int((size - 9217) / 64) * 64
		}
		match($0, /, length [0-9]+/) {
			size = substr($0, RSTART + 9, RLENGTH - 9) + 0
			if (untagged && /, 802.1Q, /)
				size -= 4
			packets++; bytes += size; sizes[slot(size)]++
		}
		END {
			for (size = 0; size <= 65537; size++)
				if (size in sizes)
					list = list "," size ":" sizes[size]
			printf "%d %.0f %s\n", packets, bytes, substr(list, 2)
		}'
}

# counted HOOK [STATS] - the same of what we counted.
counted() {
	count "$1" '"\(.packets) \(.bytes) \(.sizes.exact | map("\(.[0]):\(.[1])") | join(","))"' "${@:2}"
}

# A device on the client that gets a copy of all that passes its eth0 and can do no segmentation: what is
# seen where it sends is what a wire would have, super-packets cut up by the kernel.
wire_make() {
	# shellcheck disable=SC2016  # for the shell in there
	on client sh -ec '
		ip link add wire type veth peer name wire-end
		ethtool -K wire tso off gso off tx-udp-segmentation off >/dev/null
		sysctl -qw net.ipv6.conf.wire.disable_ipv6=1 net.ipv6.conf.wire-end.disable_ipv6=1
		ip link set wire mtu 65535
		ip link set wire-end mtu 65535
		ip link set wire up
		ip link set wire-end up
		tc qdisc add dev eth0 clsact
		for way in ingress egress; do
			tc filter add dev eth0 $way protocol all prio 1 u32 match u32 0 0 action mirred egress mirror dev wire
		done'
}

# What the server sent and what it was sent, as told by its MAC address.
# shellcheck disable=SC2034  # for the suites
from_server=(ether src 02:00:00:00:80:02) from_client=(ether src 02:00:00:00:80:01)

# ------------------------------------------------------------------------------------------------

work=/run/e2e
[[ ${E2E_INSIDE:-} ]] || machine_enter "$@"
machine_make
