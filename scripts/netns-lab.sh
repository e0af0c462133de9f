#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# netns-lab.sh - two hosts and the wire between them, in network namespaces: a place to try portcullis, with a demo.
#
#     NAME-client                                      NAME-server
#     nginx :80 :8080                                  nginx :80 :8080
#     eth0    10.80.0.1/24  fd00:80::1/64     ──────   eth0    10.80.0.2/24  fd00:80::2/64
#     eth0.10 10.80.10.1/24 fd00:80:10::1/64  VLAN 10  eth0.10 10.80.10.2/24 fd00:80:10::2/64
#
# First the lab, then the demo, which uses it as anybody would. It may be sourced for its functions; it acts only
# when it is called.
set -euo pipefail

commands() {
	cat <<-'ROWS'
		up|make the lab; does nothing where it is up, and undoes what a failure left half made
		down|remove the lab and end all that runs in it, also when it is only half there
		demo|build, then watch curl blocked on port 80 and not on 8080; leaves nothing behind
		exec client|server COMMAND...|run a command on one of the hosts
		shell client|server|open a shell on one of the hosts
		status|hosts, addresses, web servers, and what portcullis is attached to
	ROWS
}

self=$(readlink -f "${BASH_SOURCE[0]}")
root=${self%/*/*}
bin=${PORTCULLIS_BIN:-$root/build/bin}
pin_root=${PORTCULLIS_PIN_ROOT:-/sys/fs/bpf/portcullis/v1}
labs=/run/portcullis-lab
lab_name=
lock=		# the file descriptor that holds it
unfinished=	# set while there is something to undo

# ---- words -------------------------------------------------------------------------------------

help() {
	local words sentence
	echo 'usage: netns-lab.sh [--name NAME] COMMAND'
	echo
	while read -r words; do
		sentence=${words##*|}
		printf '  %-30s %s\n' "${words%|*}" "$sentence"
	done <<<"$(commands)"
	cat <<-'END'

		  --name NAME                    which lab (portcullis; demo makes up a name of its own)
		  -h, --help                     this

		PORTCULLIS_BIN       where loader and netctl are (build/bin); demo then builds nothing
		PORTCULLIS_PIN_ROOT  where they pin (/sys/fs/bpf/portcullis/v1)
		Exit: 0 done, 1 failed, 2 wrong usage, 3 no such lab.
	END
}

fail() {
	local status=$1
	shift
	echo "netns-lab: $*" >&2
	exit "$status"
}

# eventually COMMAND... - until it succeeds; gives up after five seconds.
eventually() {
	local end=$((SECONDS + 5))
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.02
	done
}

need() {
	local program
	for program; do
		command -v "$program" >/dev/null || fail 1 "$program is missing: 'make deps' installs what the lab needs"
	done
}

# inside HOST COMMAND... - only the network namespace is entered, so /sys/fs/bpf stays what it is.
inside() {
	local netns=/run/netns/$lab_name-$1
	shift
	nsenter --net="$netns" -- "$@"
}

# One lab is made or removed at a time. The lock is on /run itself: it is there, and nothing is left.
lab_lock() {
	[[ ! $lock ]] || return 0
	exec {lock}</run
	flock -w 60 "$lock" || fail 1 'another lab is being made or removed, and does not finish'
}

lab_unlock() {
	exec {lock}<&-
	lock=
}

# ---- the wire ----------------------------------------------------------------------------------

#	host, MAC address, eth0 in both families, VLAN 10 in both families
hosts() {
	cat <<-'ROWS'
		client 02:00:00:00:80:01 10.80.0.1/24 fd00:80::1/64 10.80.10.1/24 fd00:80:10::1/64
		server 02:00:00:00:80:02 10.80.0.2/24 fd00:80::2/64 10.80.10.2/24 fd00:80:10::2/64
	ROWS
}

# So that what is counted is what was sent: no link-local addresses and what they entail, group membership
# reported at once instead of some time later, and (net_hush) neighbours asked for once and not probed again.
net_quiet() {
	# shellcheck disable=SC2016  # for the shell in there
	inside "$1" sh -ec '
		cd /proc/sys/net/ipv6/conf
		for scope in all default; do
			echo 0 >$scope/disable_ipv6
			echo 0 >$scope/accept_ra
			echo 1 >$scope/mldv2_unsolicited_report_interval
		done
		echo 1 >default/addr_gen_mode
	'
}

net_hush() {
	inside "$1" sh -ec 'echo 86400 | tee /proc/sys/net/ipv[46]/neigh/eth0*/delay_first_probe_time' >/dev/null
}

net_host() {
	local netns=$lab_name-$1 mac=$2 wire4=$3 wire6=$4 vlan4=$5 vlan6=$6
	ip -n "$netns" -batch - <<-BATCH
		link set lo up
		link set eth0 address $mac
		link set eth0 up
		addr add $wire4 dev eth0
		addr add $wire6 dev eth0 nodad
	BATCH
	ip -n "$netns" link add link eth0 name eth0.10 type vlan id 10 2>/dev/null || return 0
	ip -n "$netns" -batch - <<-BATCH
		link set eth0.10 up
		addr add $vlan4 dev eth0.10
		addr add $vlan6 dev eth0.10 nodad
	BATCH
}

# Some kernels are built without VLAN interfaces. The lab then goes without, and says so.
has_vlan() {
	ip -n "$lab_name-client" link show dev eth0.10 &>/dev/null
}

# The pair is born in the two namespaces: no name on this machine is taken, no udev rule looks at it.
net_make() {
	local host row
	[[ -d /proc/sys/net/ipv6 ]] || fail 1 'this kernel has IPv6 switched off, and the lab shows both'
	mkdir -p "$labs" "$labs/$lab_name"
	for host in client server; do
		ip netns add "$lab_name-$host"
		net_quiet "$host"
	done
	ip -n "$lab_name-client" link add eth0 type veth peer name eth0 netns "$lab_name-server"
	while read -ra row; do
		net_host "${row[@]}"
		net_hush "${row[0]}"
	done <<<"$(hosts)"
	has_vlan || echo 'netns-lab: no VLAN 10 in this lab: the kernel has no VLAN interfaces (8021q)' >&2
	: >"$labs/$lab_name/wired"
}

net_whole() {
	[[ -e $labs/$lab_name/wired ]] &&
		ip -n "$lab_name-client" link show dev eth0 &>/dev/null &&
		ip -n "$lab_name-server" link show dev eth0 &>/dev/null
}

# ---- the web servers ---------------------------------------------------------------------------

#	/ says who answers; /64k /1M /16M are files to download
http_config() {
	local host=$1 dir=$2
	cat <<-CONF
		user www-data;
		worker_processes 1;
		pid $dir/nginx.pid;
		error_log $dir/error.log;
		events { worker_connections 512; }
		http {
			access_log $dir/access.log;
			client_body_temp_path $dir/body;
			proxy_temp_path $dir/proxy;
			fastcgi_temp_path $dir/fastcgi;
			uwsgi_temp_path $dir/uwsgi;
			scgi_temp_path $dir/scgi;
			default_type text/plain;
			server {
				listen 80;
				listen [::]:80;
				listen 8080;
				listen [::]:8080;
				root $dir/www;
				location = / { return 200 "$host answers \$remote_addr on port \$server_port\n"; }
			}
		}
	CONF
}

http_pid() {
	local pid
	{ read -r pid <"$labs/$lab_name/$1/nginx.pid"; } 2>/dev/null &&
		[[ $pid && /proc/$pid/ns/net -ef /run/netns/$lab_name-$1 ]] && echo "$pid"
}

http_start() {
	local host=$1 dir=$labs/$lab_name/$1 size
	mkdir -p "$dir" "$dir/www"
	for size in 64k 1M 16M; do
		truncate -s "${size^^}" "$dir/www/$size"
	done
	chmod 0644 "$dir/www/"*
	http_config "$host" "$dir" >"$dir/nginx.conf"
	# In a subshell, which lets go of the lock that the server would otherwise hold for as long as it runs.
	(
		exec {lock}<&-
		inside "$host" nginx -p "$dir" -e "$dir/error.log" -c "$dir/nginx.conf" </dev/null
	)
	eventually http_pid "$host" >/dev/null || fail 1 "nginx on $host did not start: $(tail -n1 "$dir/error.log")"
}

# Both servers answer over both families: then the wire is ready as well.
http_ready() {
	eventually http_answers client 'http://10.80.0.2:8080/' 'http://[fd00:80::2]:8080/' &&
		eventually http_answers server 'http://10.80.0.1:8080/' 'http://[fd00:80::1]:8080/'
}

http_answers() {
	(inside "$1" curl -fsS --fail-early --noproxy '*' --max-time 1 "${@:2}") &>/dev/null
}

# ---- the lab -----------------------------------------------------------------------------------

lab_exists() {
	[[ -e /run/netns/$lab_name-client || -e /run/netns/$lab_name-server || -d $labs/$lab_name ]] ||
		compgen -G "$pin_root/$lab_name-client:*" >/dev/null ||
		compgen -G "$pin_root/$lab_name-server:*" >/dev/null
}

lab_must_exist() {
	local others
	lab_exists && return
	others=$(cd "$labs" 2>/dev/null && compgen -G '*') || true
	fail 3 "no lab named $lab_name${others:+ (there is: ${others//$'\n'/ })}"
}

lab_make() {
	lab_lock
	if ! net_whole; then
		unfinished=1
		! lab_exists || lab_clear
		net_make
	fi
	local host
	for host in client server; do
		http_pid "$host" >/dev/null || http_start "$host"
	done
	[[ -e $labs/$lab_name/ready ]] || http_ready || fail 1 'the web servers do not answer across the wire'
	: >"$labs/$lab_name/ready"
	lab_unlock
}

# Whatever is there goes, whatever fails: first what is attached, while there is something to detach it from.
lab_clear() {
	local - host
	set +e
	for host in client server; do
		host_detach "$lab_name-$host"
	done
	for host in client server; do
		[[ -e /run/netns/$lab_name-$host ]] || continue
		host_end "$lab_name-$host"
		ip -n "$lab_name-$host" link delete eth0 2>/dev/null
		ip netns delete "$lab_name-$host" 2>/dev/null || rm -f "/run/netns/$lab_name-$host"
	done
	rm -rf "${labs:?}/${lab_name:?}"
	mounts_restore
}

host_detach() {
	local dir
	for dir in "$pin_root/$1:"*; do
		[[ -d $dir ]] || continue
		PATH=$bin:$PATH timeout 5 loader -n "$1" detach "${dir##*:}" &>/dev/null
		rm -rf "$dir"
	done
}

# Whoever lives there is asked to go, after a second made to, and after five left alone.
host_end() {
	local pids signal=TERM start=$SECONDS
	while pids=$(ip netns pids "$1" 2>/dev/null) && [[ $pids ]]; do
		# shellcheck disable=SC2086  # a list of numbers
		kill -s "$signal" $pids 2>/dev/null
		((SECONDS - start < 2)) || signal=KILL
		((SECONDS - start < 5)) || break
		sleep 0.02
	done
}

# `ip netns` and `loader` mount what they need and leave it mounted. A demo on a machine that had neither
# notes that here, and the last lab to go takes them away again, unless somebody else uses them by now.
mounts_note() {
	local dir
	mkdir -p "$labs"
	for dir in /run/netns /sys/fs/bpf; do
		mountpoint -q "$dir" || echo "$dir" >>"$labs/.mounts"
	done
}

mounts_restore() {
	local dir
	! compgen -G "$labs/*" >/dev/null || return 0
	[[ ! -e $labs/.mounts ]] || while read -r dir; do
		while mountpoint -q "$dir" && mount_unused "$dir"; do
			umount "$dir" || break
		done
		rmdir "$dir"
	done 2>/dev/null <"$labs/.mounts"
	rm -rf "${labs:?}"
}

#	maps.debug and progs.debug are the kernel's own, in every bpffs
mount_unused() {
	[[ ! $(find "$1" -xdev -mindepth 1 ! -type d ! -name '*.debug' -print -quit) ]]
}

# From now on, however this process ends, it leaves nothing unfinished; lab_keep takes that back. A lab that was
# there before is not touched.
lab_guard() {
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 141' PIPE
	trap 'exit 143' TERM
	trap 'lab_abandon $?' EXIT
}

lab_keep() {
	trap - EXIT HUP INT PIPE TERM
}

lab_abandon() {
	set +e
	trap '' HUP INT PIPE TERM
	trap - EXIT
	[[ $unfinished ]] || exit "$1"
	lab_lock
	lab_clear
	echo "netns-lab: not finished, and undone: nothing of lab $lab_name is left" >&2
	(($1 < 128)) && exit 1
	exit "$1"
}

# ---- commands ----------------------------------------------------------------------------------

cmd_up() {
	need ip nsenter flock nginx curl
	lab_guard
	lab_make
	lab_keep
	echo "lab $lab_name is up: netns $lab_name-client and $lab_name-server"
}

cmd_down() {
	local host
	lab_must_exist
	for host in client server; do
		[[ ! /proc/self/ns/net -ef /run/netns/$lab_name-$host ]] || fail 1 'this is a shell of the lab: leave it first'
	done
	trap '' HUP INT TERM
	lab_lock
	lab_clear
	! lab_exists || fail 1 "lab $lab_name could not be removed as a whole"
	echo "lab $lab_name is gone"
}

cmd_exec() {
	lab_must_exist
	local netns=/run/netns/$lab_name-$1
	[[ -e $netns ]] || fail 3 "lab $lab_name has no $1: it is only half there"
	shift
	[[ $1 != -- ]] || shift
	exec nsenter --net="$netns" -- "$@"
}

cmd_shell() {
	lab_must_exist
	echo "this shell is on $1 of lab $lab_name; exit leaves it" >&2
	cmd_exec "$1" "${SHELL:-/bin/bash}"
}

cmd_status() {
	local host netns pid dirs
	lab_must_exist
	[[ -e $labs/$lab_name/ready ]] && echo "lab $lab_name" || echo "lab $lab_name, half made: up makes it whole"
	for host in client server; do
		netns=$lab_name-$host
		printf '%s\n  %-11s%s\n' "$host" netns "$netns"
		ip -n "$netns" -brief address show scope global 2>/dev/null | while read -r iface _ addresses; do
			printf '  %-11s%s\n' "${iface%@*}" "$addresses"
		done || true
		pid=$(http_pid "$host") && pid="pid $pid, ports 80 and 8080" || pid='not running'
		dirs=$(cd "$pin_root" 2>/dev/null && compgen -G "$netns:*") || true
		dirs=${dirs//"$netns:"/}
		printf '  %-11s%s\n' nginx "$pid" portcullis "${dirs:+attached to }${dirs:-not attached}"
	done
}

# ---- the demo ----------------------------------------------------------------------------------

cmd_demo() {
	local checks=0 bold='' dim='' plain='' netns=$lab_name-server before tried_in tried_out stats
	if [[ -t 1 && ! ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
		bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'
	fi
	lab_guard
	demo_build
	export PATH=$bin:$PATH no_proxy='*' NO_PROXY='*'
	need ip nsenter flock nginx curl jq tc bpftool ethtool loader netctl
	demo_lab
	demo_attach
	demo_blocked
	demo_counted
	demo_rules
	demo_traced
	demo_detach
	demo_end
	printf '\n%sdemo: all %d checks held%s\n' "$bold" "$checks" "$plain"
}

# heading TITLE SENTENCE... - what comes, and why.
heading() {
	printf '\n%s%s%s\n' "$bold" "$1" "$plain"
	shift
	printf '%s\n' "$@"
}

broken() {
	echo "demo: a promise did not hold: $*" >&2
	exit 1
}

# check SENTENCE COMMAND... - a promise, and how to tell that it is kept.
check() {
	local sentence=$1
	shift
	"$@" >/dev/null || broken "$sentence"
	checks=$((checks + 1))
	echo "${dim}ok: $sentence$plain"
}

# run COMMAND... - as a user would type it, with what it really says.
run() {
	echo "${bold}\$ $*$plain"
	"$@" || broken "'$*' should succeed, but its exit status was $?"
	checks=$((checks + 1))
}

# reach HOST URL - curl must get an answer.
reach() {
	echo "${bold}$1\$ curl -sS --max-time 5 $2$plain"
	inside "$1" curl -sS --max-time 5 "$2" || broken "$1 should reach $2"
	checks=$((checks + 1))
}

# blocked HOST URL - curl must hear nothing at all, and 28 is how it says so.
blocked() {
	local status=0
	echo "${bold}$1\$ curl -sS --max-time 1 $2$plain"
	inside "$1" curl -sS --max-time 1 "$2" 2>&1 || status=$?
	((status == 28)) || broken "$1 should get no answer from $2 (curl: $status, not 28)"
	checks=$((checks + 1))
}

# reach_all PORT - from both sides, over both families.
reach_all() {
	reach client "http://10.80.0.2:$1/"
	reach client "http://[fd00:80::2]:$1/"
	reach server "http://10.80.0.1:$1/"
	reach server "http://[fd00:80::1]:$1/"
}

# The first command ever on a fresh machine. A tree that belongs to a user is built as that user, and
# two demos that start together take turns (-o: a service that a package starts must not hold the lock).
demo_build() {
	local owner build=(make -s -j"$(nproc)" -C "$root" all)
	[[ ! ${PORTCULLIS_BIN:-} ]] || return 0
	unset MAKEFLAGS MFLAGS MAKELEVEL
	heading 'Building portcullis' 'What is missing is installed first.'
	if ! command -v make >/dev/null; then
		echo 'make is not installed: installing it with apt-get'
		export DEBIAN_FRONTEND=noninteractive
		{ apt-get -qq update && apt-get -qq install -y --no-install-recommends make; } ||
			fail 1 'make is missing, and apt-get could not install it'
	fi
	echo "${bold}\$ make deps$plain"
	flock -o "$root/Makefile" make -s -C "$root" deps || fail 1 "'make deps' failed"
	echo "${bold}\$ make -s all$plain"
	owner=$(stat -c %U "$root/build" 2>/dev/null) || owner=$(stat -c %U "$root")
	if [[ $owner != root ]] && id "$owner" &>/dev/null; then
		build=(setpriv --reuid "$owner" --regid "$(id -g "$owner")" --init-groups
			env HOME="$(getent passwd "$owner" | cut -d: -f6)" "${build[@]}")
	fi
	flock -o "$root/Makefile" "${build[@]}" || fail 1 "'make -s all' failed"
}

demo_lab() {
	heading '1. Two hosts and a wire' \
		'Two network namespaces, each a machine of its own as far as the network goes, joined by a veth pair.' \
		'Each runs a web server on ports 80 and 8080.'
	lab_lock
	! lab_exists || fail 1 "a lab named $lab_name is there already: take it down, or choose another --name"
	unfinished=1
	mounts_note
	lab_make
	cmd_status
	heading '2. Before: everybody reaches everybody' \
		'Both ports, over IPv4 and IPv6, from both sides. (client$ stands for: netns-lab.sh exec client)'
	reach_all 80
	reach_all 8080
	before=$(footprint)
}

demo_attach() {
	heading '3. Portcullis goes on eth0 of the server' \
		'Without a policy of yours it starts with one rule: TCP to port 80 is dropped, in and out.'
	run loader -n "$netns" attach eth0
	run loader -n "$netns" status eth0
}

demo_blocked() {
	local sent_client sent_server
	heading '4. Port 80 is silent' \
		'curl asks, the packets are dropped at eth0 of the server, and nobody ever answers.' \
		'What the client sends is dropped on its way in, what the server sends on its way out.'
	sent_client=$(syns client) sent_server=$(syns server)
	blocked client 'http://10.80.0.2:80/'
	blocked client 'http://[fd00:80::2]:80/'
	blocked server 'http://10.80.0.1:80/'
	blocked server 'http://[fd00:80::1]:80/'
	if has_vlan; then
		echo 'A VLAN tag around it does not help:'
		blocked client 'http://10.80.10.2:80/'
	fi
	tried_in=$(($(syns client) - sent_client)) tried_out=$(($(syns server) - sent_server))
	heading '5. Port 8080 is as it was' 'The rule names port 80, and nothing else is touched.'
	reach_all 8080
}

# Connection requests this host has sent, by the kernel's own count: first tries and repetitions.
syns() {
	# shellcheck disable=SC2016  # awk has its own variables
	inside "$1" awk '
		$1 == kind {
			for (i = 2; i <= NF; i++)
				if (name[i] == "ActiveOpens" || name[i] == "TCPSynRetrans")
					sum += $i
			kind = ""
			next
		}
		{ kind = $1; split($0, name) }
		END { print sum + 0 }' /proc/net/snmp /proc/net/netstat
}

demo_counted() {
	heading '6. What was dropped, where, and how big every packet was' \
		'Three programs count: XDP and TC on the way in, TC on the way out.'
	run netctl -n "$netns" stats eth0 --sizes
	stats=$(netctl -n "$netns" stats -j eth0) || broken "'netctl stats -j' should succeed"
	check "port 80, in: $tried_in connection requests, $(dropped tc-ingress) packets dropped at tc-ingress" \
		counted ".dropped.packets == $tried_in and $tried_in >= 2" tc-ingress
	check "port 80, out: $tried_out connection requests, $(dropped tc-egress) packets dropped at tc-egress" \
		counted ".dropped.packets == $tried_out and $tried_out >= 2" tc-egress
	check 'XDP counts and measures, and dropped nothing' counted '.packets > 0 and .dropped.packets == 0' xdp
	check 'every packet is in the histogram of sizes, at all three hooks' counted \
		'.packets == ([.sizes.buckets[].packets] | add)' xdp tc-ingress tc-egress
}

# counted CONDITION HOOK... - a jq condition on the counters of a hook.
counted() {
	local condition=$1 hook
	shift
	for hook; do
		jq -e --arg hook "$hook" ".interfaces[0].hooks[\$hook] | $condition" <<<"$stats" || return
	done
}

dropped() {
	jq --arg hook "$1" '.interfaces[0].hooks[$hook].dropped.packets' <<<"$stats"
}

demo_rules() {
	heading '7. A rule of your own, and back' \
		'It is in force at once, at all hooks. With --confirm it goes back by itself unless somebody confirms in time,' \
		'so that nobody locks himself out.'
	run netctl -n "$netns" rule add 'new: drop in tcp dst port 8080' --confirm 60 eth0
	blocked client 'http://10.80.0.2:8080/'
	run netctl -n "$netns" explain eth0 in 'tcp 10.80.0.1:4000 > 10.80.0.2:8080'
	run netctl -n "$netns" rule list eth0
	run netctl -n "$netns" policy rollback eth0
	reach_all 8080
}

demo_traced() {
	local tracer tracer_pid
	heading '8. Who it was, and where it ended' \
		'Packets come from processes. Tracers show these, and what becomes of their packets on the way.'
	trace netctl -n "$lab_name-client" trace connect
	reach client 'http://10.80.0.2:8080/'
	trace_until ' curl .* 10\.80\.0\.2 +8080$'
	trace netctl -n "$netns" trace packet 'tcp dst port 80'
	blocked client 'http://10.80.0.2:80/'
	trace_until 'dropped .* rule 1, web: drop in,out tcp dst port 80$'
}

# trace COMMAND... - in the background, with what it says; it is at work when this returns.
trace() {
	local line
	echo "${bold}\$ $* &$plain"
	exec {tracer}< <(exec timeout -s INT 20 "$@" 2>&1)
	tracer_pid=$!
	read -r line <&"$tracer" || line=nothing
	[[ $line == *watching* ]] || broken "'$*' should trace, and says: $line"
}

# trace_until PATTERN - what it says up to a line that matches, which has to come; then its end, as by Ctrl-C.
trace_until() {
	local line='' said=''
	until [[ $line =~ $1 ]]; do
		IFS= read -rt 10 line <&"$tracer" || broken "the tracer should say something like '$1':"$'\n'"$said"
		said+=$line$'\n'
	done
	kill -INT "$tracer_pid"
	echo "$said$(cat <&"$tracer")"
	exec {tracer}<&-
	checks=$((checks + 1))
}

demo_detach() {
	heading '9. Portcullis leaves, and port 80 is back' 'No daemon is to be stopped: it was all in the kernel.'
	run loader -n "$netns" detach eth0
	reach_all 80
	heading '10. Nothing of it is left' 'What the kernel says about the interface is what it said before.'
	run tc -n "$netns" qdisc show dev eth0
	run nsenter --net="/run/netns/$netns" bpftool net
	check 'no pins' test ! -e "$pin_root/$netns:eth0"
	check 'the interface is what it was before: no program, no qdisc, no changed offload' \
		test "$(footprint)" = "$before"
}

# All about an interface that attaching could have changed.
footprint() {
	inside server sh -c '
		ip -details link show dev eth0
		tc qdisc show dev eth0
		ethtool -k eth0
		bpftool net' 2>&1
}

demo_end() {
	local pids pid
	heading '11. The lab goes as well' \
		"To keep one for yourself: sudo $0 up; then $0 --help"
	pids=$(ip netns pids "$lab_name-client" && ip netns pids "$lab_name-server")
	lab_lock
	lab_clear
	lab_unlock
	lab_keep
	check 'no namespaces, no files' eval '! lab_exists'
	for pid in $pids; do
		[[ ! -e /proc/$pid/ns/net ]] || broken "process $pid of the lab should be gone"
	done
	check 'no processes' true
}

# ---- the command line --------------------------------------------------------------------------

wrong() {
	fail 2 "$*; --help lists what there is"
}

# Everything behind `exec HOST` belongs to the command that is run there.
main() {
	local words=()
	while (($#)); do
		case $1 in
		-h | --help) help && return ;;
		--name) [[ ${2:-} ]] || wrong '--name needs a name'; lab_name=$2; shift ;;
		--name=?*) lab_name=${1#*=} ;;
		-*) wrong "no option $1" ;;
		*) words+=("$1") ;;
		esac
		shift
		[[ ${words[0]:-} != exec || ${#words[@]} -lt 2 ]] || { words+=("$@") && break; }
	done
	main_check "${words[@]}"
	PATH=$PATH:/usr/sbin:/sbin
	umask 022
	"cmd_${words[0]}" "${words[@]:1}"
}

main_check() {
	local command=${1:-} host=${2:-}
	[[ $command ]] || wrong 'which command?'
	declare -F "cmd_$command" >/dev/null || wrong "no command $command"
	case $command in
	exec | shell)
		[[ $host == client || $host == server ]] || wrong "$command needs a host, client or server"
		[[ $command == shell && $# -gt 2 ]] && wrong "shell takes nothing behind the host"
		[[ $command == exec && (${3:---} == -- && ! ${4:-}) ]] && wrong "exec needs a command" ;;
	*) (($# < 2)) || wrong "$command takes no operand: $host" ;;
	esac
	[[ $lab_name ]] || { [[ $command == demo ]] && lab_name=pc-$$ || lab_name=portcullis; }
	[[ $lab_name =~ ^[[:alnum:]][[:alnum:]._-]{0,63}$ ]] || wrong "a lab cannot be named $lab_name"
	((EUID == 0)) || fail 1 "$command needs root: sudo $0 $command"
}

[[ ${BASH_SOURCE[0]} != "$0" ]] || main "$@"
