#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Wrong usage, things that are not there and broken states: the exit status and the one sentence they get.
# shellcheck disable=SC2317  # check and its like call them
# shellcheck source=tests/e2e/lab.sh
. "$(dirname "$0")/lab.sh"

# json NAME KEYS COMMAND... - exactly one line on stdout, valid, for which the jq expression KEYS says true.
json() {
	local name=$1 keys=$2 status=0
	shift 2
	"$@" >"$work/json" 2>"$work/stderr" || status=$?
	same "$name" '0 1 true' "$status $(wc -l <"$work/json") $(jq "$keys" "$work/json" 2>&1)" ||
		note "$* : $(head -c 2000 "$work/json" "$work/stderr")"
}

nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }

# ---- the command line --------------------------------------------------------------------------

wrong_usage() {
	while IFS='|' read -r arguments pattern <&3; do
		# shellcheck disable=SC2086  # words
		exits "wrong: $arguments" 2 "$pattern" $arguments
	done 3<<-'ROWS'
		loader|^loader: .*command
		netctl|^netctl: .*command
		loader frobnicate|^loader: .*frobnicate
		netctl frobnicate|^netctl: .*frobnicate
		loader --frobnicate attach eth0|^loader: .*frobnicate
		netctl stats -Q|^netctl: .*Q
		loader attach|^loader: attach: .*interface
		loader attach eth0 --xdp-mode|^loader: .*xdp-mode
		loader attach eth0 --xdp-mode offload|^loader: .*offload.*native
		loader attach eth0 --tc flower|^loader: .*flower.*clsact
		loader attach eth0 --no-xdp --no-tc|^loader: .*nothing
		loader attach eth0 --no-xdp --early-drop|^loader: .*--no-xdp
		loader attach eth0 --no-xdp --xdp-mode skb|^loader: .*--no-xdp
		loader detach|^loader: detach: .*--all
		loader detach eth0 --all|^loader: detach: .*--all
		loader detach eth0 --early-drop|^loader: .*--early-drop
		loader status --all|^loader: .*--all
		loader -n|^loader: .*n
		loader -n a/b status|^loader: .*a/b
		netctl stats --reset=now|^netctl: .*reset
		netctl stats -i 1|^netctl: .*--interval
		netctl watch -i 0|^netctl: .*0
		netctl watch -i soon|^netctl: .*soon
		netctl watch -i -1|^netctl: .*-1
		netctl watch -i nan|^netctl: .*nan
		netctl watch -i inf|^netctl: .*inf
		netctl watch -c 0|^netctl: .*0
		netctl watch -c 1.5|^netctl: .*1.5
		netctl watch -c 99999999999|^netctl: .*99999999999
	ROWS
	exits 'wrong: an empty option' 2 '^loader: .*pin-root' loader --pin-root '' status
}

help() {
	local program
	for program in loader netctl; do
		check "$program --help" eval "$program --help >$work/help 2>$work/stderr && [[ -s $work/help && ! -s $work/stderr ]]"
		check "$program -h after a command" eval "$program status stats -h | grep -q usage || $program stats -h | grep -q usage"
		check "$program -V" eval "[[ \$($program -V) == '$program '?* ]]"
	done
	# shellcheck disable=SC2016  # for eval
	check 'help names every command of the loader' eval 'for c in attach detach status check; do loader -h | grep -q "^ *$c" || exit; done'
	check 'help wants no root' nobody loader --help
	exits 'help to a full disk' 1 '^loader: ' bash -c 'loader --help >/dev/full'
}

not_there() {
	exits 'attach: no such interface' 3 "^loader: .*nosuch" loader -n "$server" attach nosuch
	exits 'attach: one of two is no interface' 3 "^loader: .*nosuch" loader -n "$server" attach eth0 nosuch
	nothing 'and neither is attached'
	exits 'attach: a name no interface can have' 3 "^loader: " loader -n "$server" attach 0123456789abcdef0123456789
	exits 'attach: an empty name' 3 "^loader: " loader -n "$server" attach ''
	exits 'detach: not attached' 3 "^loader: .*eth0" loader -n "$server" detach eth0
	exits 'status: not attached' 3 "^loader: .*eth0" loader -n "$server" status eth0
	exits 'check: no such interface' 3 "^loader: .*nosuch" loader -n "$server" -j check nosuch
	exits 'stats: not attached' 3 "^netctl: .*eth0" netctl -n "$server" stats eth0
	exits 'stats: nothing is attached' 3 "^netctl: " netctl stats
	exits 'watch: nothing is attached' 3 "^netctl: " netctl watch -c 1
	for program in 'loader status' 'loader attach eth0' 'netctl stats'; do
		# shellcheck disable=SC2086  # words
		exits "$program: no such namespace" 3 "nosuchns" $program -n nosuchns
	done
	json 'status: nothing is attached' '. == {"interfaces":[]}' loader status -j
	check 'detach --all: nothing is attached' loader detach --all
	nothing 'none of this leaves anything'
}

not_root() {
	for program in 'loader attach eth0' 'loader detach eth0' 'loader status' 'loader check' 'netctl stats' \
		'netctl watch -c 1' 'netctl stats --reset'; do
		# shellcheck disable=SC2086  # words
		exits "not root: $program" 1 '^(loader|netctl): .*root' nobody $program
	done
	# shellcheck disable=SC2016  # for the shell in there
	exits 'root without the capability for BPF: one sentence, and no dump' 1 '^loader: ' \
		on server setpriv --bounding-set -bpf,-sys_admin,-perfmon loader attach eth0
	nothing 'and nothing is left of it'
}

# ---- a working state ---------------------------------------------------------------------------

program_keys='(map(has("hook") and (has("mode") or has("backend")) and has("id") and has("name") and .attached) | all)'
counter_keys='(has("packets") and has("bytes"))'
hook_keys="($counter_keys and (.passed | $counter_keys) and (.dropped | $counter_keys) and
	(.protocols | (keys_unsorted == [\"tcp\",\"udp\",\"icmp\",\"icmpv6\",\"arp\",\"other\"]) and (map($counter_keys) | all)) and
	(.reasons | has(\"pass\") and has(\"rule\") and (map($counter_keys) | all)) and
	(.sizes | has(\"min\") and has(\"max\") and has(\"mean\") and has(\"p50\") and has(\"p90\") and has(\"p99\") and
	([.buckets[] | [.from, .to]] == [[0,63],[64,64],[65,127],[128,255],[256,511],[512,1023],[1024,1518],[1519,9216],[9217,null]])))"

json_everywhere() {
	local hooks='["xdp","tc-ingress","tc-egress"]'
	json 'attach -j' ".interfaces[0] | .ifname == \"eth0\" and .netns == \"$server\" and
		.pin_dir == \"$pin_root/$server:eth0\" and ([.programs[].hook] == $hooks) and (.programs | $program_keys)" \
		loader -j attach eth0 -n "$server" --xdp-mode=native
	json 'status -j' ".interfaces | length == 1 and (.[0] | (keys_unsorted == [\"ifname\",\"ifindex\",\"netns\",\"pin_dir\",\"programs\"])
		and (.programs | $program_keys) and .programs[0].mode == \"native\" and .programs[1].backend == \"clsact\")" loader status -j
	json 'attach -j a second time' ".interfaces[0].programs | $program_keys" loader -n "$server" attach eth0 -j
	same 'and it is said that it was attached' 1 "$(grep -c 'was attached' "$work/stderr")"
	json 'check -j' '(.release | type) == "string" and (.kernel | has("tcx") and has("bpffs")) and
		.interfaces[0].ifname == "eth0"' loader check -j eth0 -n "$server"
	answers client 10.80.0.2:8080 >/dev/null
	json 'stats -j' ".interfaces[0] | .ifname == \"eth0\" and .netns == \"$server\" and (.hooks | (keys_unsorted == $hooks) and
		(map($hook_keys) | all) and (map(.sizes | has(\"exact\")) | any | not))" netctl stats -j
	json 'stats -j --exact' "[.interfaces[0].hooks[].sizes.exact | type] == [\"array\",\"array\",\"array\"]" \
		netctl stats --exact -j eth0 -n "$server"
	json 'stats -j --per-cpu' '.interfaces[0].hooks.xdp.per_cpu | length > 0' netctl --per-cpu -n "$server" -j stats
	json 'stats -j --reset' '.interfaces[0].hooks.xdp.packets > 0' netctl -n "$server" stats -j --reset
	json 'stats -j after a reset' '.interfaces[0].hooks.xdp.packets == 0' netctl -n "$server" stats -j
	same 'no colour where there is no terminal' '' "$( (loader status; netctl stats --sizes; loader check) | grep $'\e')"
	same 'pin directories are for root alone' '700 700' "$(stat -c %a "$pin_root" "$pin_root/$server:eth0" | tr '\n' ' ' | sed 's/ $//')"
	exits 'stats to a full disk' 1 '^netctl: ' bash -c 'netctl stats >/dev/full'
	json 'detach -j' "[.detached[]] == [\"$server:eth0\"]" loader -j detach -n "$server" eth0
	nothing 'detach -j leaves nothing'
}

# In the namespace of process 1, which is the suite's own, without -n; two interfaces.
without_namespace() {
	ip link add pc0 type veth peer name pc1
	json 'attach in the first namespace' "[.interfaces[] | [.ifname, .netns, .pin_dir]] == [[\"pc0\", null, \"$pin_root/pc0\"],
		[\"pc1\", null, \"$pin_root/pc1\"]]" loader attach -j pc0 pc1
	same 'stats of all' 'pc0 pc1' "$(netctl stats -j | jq -r '[.interfaces[].ifname] | join(" ")')"
	check 'and one in another namespace' loader -n "$server" attach eth0
	same 'stats of all, everywhere' "$server:eth0 :pc0 :pc1" \
		"$(netctl stats -j | jq -r '[.interfaces[] | "\(.netns // ""):\(.ifname)"] | join(" ")')"
	same 'stats of one namespace' eth0 "$(netctl -n "$server" stats -j | jq -r '[.interfaces[].ifname] | join(" ")')"
	check 'detach --all' loader detach --all
	nothing 'detach --all leaves nothing'
	ip link delete pc0
}

# What leads out of the directory of pins is not the name of an interface.
not_a_name() {
	local name before
	ip link add pc0 type veth peer name pc1
	for name in . .. ../v1 ../v1/pc0 pc0/../pc1 "$server:eth0/../pc0" "$server:eth0"; do
		loader attach pc0 pc1 >/dev/null
		loader -n "$server" attach eth0 >/dev/null
		before=$(listing)
		exits "detach '$name'" 3 '^loader: ' loader detach "$name"
		exits "stats '$name'" 3 '^netctl: ' netctl stats "$name"
		exits "attach '$name'" 3 '^loader: ' loader attach "$name"
		same "no pin goes with '$name'" "$before" "$(listing)" && continue
		ip link delete pc0
		lab_anew
		ip link add pc0 type veth peer name pc1
	done
	loader detach --all >/dev/null
	ip link delete pc0
	nothing 'detach --all leaves nothing'
}

no_ethernet() {
	if ! ip tuntap add pctun mode tun 2>/dev/null; then
		skip 'a device without Ethernet header' 'no tun devices here'
		return
	fi
	exits 'a device without Ethernet header' 1 '^loader: .*pctun.*Ethernet' loader attach pctun
	ip link delete pctun
	nothing 'it leaves nothing'
}

no_tcx() {
	if has_tcx; then
		skip 'a kernel without tcx' 'this one has it'
		return
	fi
	exits 'a kernel without tcx' 1 '^loader: .*tcx' loader -n "$server" attach eth0 --tc tcx
	nothing 'it leaves nothing'
}

# ---- bpffs and pin roots -----------------------------------------------------------------------

no_bpffs() {
	umount "$bpffs"
	json 'no bpffs: status' '. == {"interfaces":[]}' loader status -j
	exits 'no bpffs: stats' 3 '^netctl: ' netctl stats
	same 'no bpffs: looking mounts nothing' 1 "$(mountpoint -q "$bpffs" && echo 0 || echo 1)"
	check 'no bpffs: attach mounts one' loader -n "$server" attach eth0
	check 'no bpffs: there it is' mountpoint -q "$bpffs"
	check 'no bpffs: port 80 is silent' silent client 10.80.0.2:80
	ip link add pc0 type veth peer name pc1
	check 'no bpffs: attach a second interface' loader attach pc0
	check 'no bpffs: detach the first' loader -n "$server" detach eth0
	check 'no bpffs: the second needs it' mountpoint -q "$bpffs"
	check 'no bpffs: detach the second' loader detach pc0
	same 'no bpffs: the last detach unmounts it' 1 "$(mountpoint -q "$bpffs" && echo 0 || echo 1)"
	exits 'no bpffs: attach that fails' 3 nosuch loader attach nosuch
	same 'no bpffs: a failed attach unmounts it' 1 "$(mountpoint -q "$bpffs" && echo 0 || echo 1)"
	ip link delete pc0
	mount -t bpf -o mode=0700 bpf "$bpffs"
}

netns_exec() {
	exits 'under ip netns exec: attach is refused, with what to do instead' 1 '^loader: .*-n' \
		ip netns exec "$server" loader attach eth0
	nothing 'under ip netns exec: nothing is left'
	check 'attach' loader -n "$server" attach eth0
	check 'under ip netns exec: netctl does not find it, and does not die' eval \
		"ip netns exec $server netctl stats; ((\$? == 3))"
	check 'detach' loader -n "$server" detach eth0
}

pin_roots() {
	exits 'pin root off bpffs' 1 "^loader: .*$work/pins" loader -n "$server" --pin-root "$work/pins" attach eth0
	check 'pin root off bpffs: no directory is left' test ! -e "$work/pins"
	nothing 'pin root off bpffs: nothing is attached'
	json 'pin root: by option' ".interfaces[0].pin_dir == \"$bpffs/mine/$server:eth0\"" \
		loader -n "$server" attach eth0 -j --pin-root "$bpffs/mine"
	json 'pin root: by environment' '.interfaces | length == 1' env PORTCULLIS_PIN_ROOT="$bpffs/mine" loader status -j
	json 'pin root: others do not see it' '.interfaces | length == 0' loader status -j
	exits 'pin root: detach under another one' 3 eth0 loader -n "$server" detach eth0
	check 'pin root: netctl' netctl --pin-root "$bpffs/mine" stats
	check 'pin root: detach' env PORTCULLIS_PIN_ROOT="$bpffs/mine" loader -n "$server" detach eth0
	nothing 'pin root: nothing is left'
	check 'pin root: a deep one' loader -n "$server" attach eth0 --pin-root "$bpffs/a/b/c"
	check 'pin root: a deep one, detach' loader -n "$server" detach eth0 --pin-root "$bpffs/a/b/c"
	nothing 'pin root: nothing is left of the deep one'
	rm -rf "$bpffs/a" "$bpffs/mine"
}

# ---- pins that are not whole -------------------------------------------------------------------

# With pc_meta goes the knowledge of who made the qdisc and the directory: then they stay, empty.
forgotten() {
	[[ $(on server tc filter show dev eth0 ingress; on server tc filter show dev eth0 egress) ]] ||
		on server tc qdisc del dev eth0 clsact 2>/dev/null
	rmdir "$bpffs/xdp" 2>/dev/null
}

half_pins() {
	local dir="$pin_root/$server:eth0" map
	for map in pc_counters pc_sizes pc_meta; do
		check "half ($map is gone): attach" loader -n "$server" attach eth0
		rm "$dir/$map"
		exits "half ($map is gone): netctl refuses" 3 "^netctl: .*eth0" netctl -n "$server" stats eth0
		# Once with an attach, once with a detach, once with a look.
		case $map in
		pc_counters)
			check "half ($map is gone): attach makes it whole" loader -n "$server" attach eth0
			check "half ($map is gone): and it counts" netctl -n "$server" stats eth0
			check "half ($map is gone): port 80 is silent" silent client 10.80.0.2:80
			check "half ($map is gone): detach" loader -n "$server" detach eth0 ;;
		pc_sizes) check "half ($map is gone): status cleans up" loader status ;;
		pc_meta)
			check "half ($map is gone): detach" loader -n "$server" detach eth0
			forgotten ;;
		esac
		nothing "half ($map is gone): nothing is left"
	done
	check 'half (programs unpinned): attach' loader -n "$server" attach eth0
	rm "$dir"/prog_*
	check 'half (programs unpinned): it still counts' netctl -n "$server" stats eth0
	check 'half (programs unpinned): detach' loader -n "$server" detach eth0
	nothing 'half (programs unpinned): nothing is left'
	mkdir -p "$dir"
	exits 'half (an empty directory): netctl refuses' 3 '^netctl: .*eth0' netctl -n "$server" stats eth0
	check 'half (an empty directory): status cleans up' loader status
	nothing 'half (an empty directory): nothing is left'
}

foreign_pins() {
	local dir="$pin_root/$server:eth0" map type
	while read -r map type value entries; do
		check "foreign $map: attach" loader -n "$server" attach eth0
		rm "$dir/$map"
		bpftool map create "$dir/$map" type "$type" key 4 value "$value" entries "$entries" name foreign 2>/dev/null
		check "foreign $map: netctl refuses" eval "netctl -n $server stats eth0 -j >$work/out 2>&1; (( \$? == 1 || \$? == 3 ))"
		same "foreign $map: and shows no numbers" 0 "$(grep -c packets "$work/out")"
		check "foreign $map: detach" loader -n "$server" detach eth0
		[[ $map != pc_meta ]] || forgotten
		nothing "foreign $map: nothing is left"
	done <<-'ROWS'
		pc_counters array 16 4
		pc_sizes percpu_array 8 128
		pc_meta array 64 1
	ROWS
}

# The version is the first number in pc_meta.
other_version() {
	local dir="$pin_root/$server:eth0" value listing
	check 'another version: attach' loader -n "$server" attach eth0
	value=$(bpftool map lookup pinned "$dir/pc_meta" key 0 0 0 0 -j | jq -r '.value | map(sub("0x"; "")) | join(" ")')
	# shellcheck disable=SC2086  # words
	bpftool map update pinned "$dir/pc_meta" key 0 0 0 0 value hex 63 ${value#* }
	listing=$(listing)
	check 'another version: netctl refuses' eval "netctl -n $server stats eth0 -j >$work/out 2>&1; (( \$? == 1 || \$? == 3 ))"
	same 'another version: and shows no numbers' 0 "$(grep -c packets "$work/out")"
	check 'another version: the loader refuses or heals, with a sentence' eval \
		"loader -n $server attach eth0 --xdp-mode native >/dev/null 2>$work/stderr; [[ -s $work/stderr ]]"
	note "$(<"$work/stderr")"
	check 'another version: port 80 is silent all the while' silent client 10.80.0.2:80
	if [[ $(bpftool map lookup pinned "$dir/pc_meta" key 0 0 0 0 -j | jq -r '.value[0]') == 0x63 ]]; then
		same 'another version: refused means untouched' "$listing" "$(listing)"
		# shellcheck disable=SC2086  # words
		bpftool map update pinned "$dir/pc_meta" key 0 0 0 0 value hex $value
	fi
	check 'another version: detach' loader -n "$server" detach eth0
	nothing 'another version: nothing is left'
}

lab_up
wrong_usage
help
not_there
not_root
not_a_name
json_everywhere
without_namespace
no_ethernet
no_tcx
no_bpffs
netns_exec
pin_roots
half_pins
foreign_pins
other_version
finish
