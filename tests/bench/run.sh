#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Every benchmark, and one table of what was to be reached. Figures are ratios of one run: they never fail it; only
# something broken or a wrong verdict does.
#
#     BENCH_QUICK=1    fewer rounds: two minutes, rougher figures
set -euo pipefail

# shellcheck source=tests/bench/rounds.sh
source "${BASH_SOURCE[0]%/*}/rounds.sh"

tests=${bin%/bin}/tests/bench
status=0
child=

#	key, what it is, the target; none: for comparison
targets() {
	cat <<-'ROWS'
		xdp-counting|XDP, counting ÷ empty program|<= 1.30
		xdp-early-drop|XDP, --early-drop ÷ empty program|
		xdp-filter-tcp|xdp-filter, tcp ÷ empty program|
		xdp-filter-all|xdp-filter, all ÷ empty program|
		tc-ingress|TC ingress ÷ empty program|<= 1.25
		tc-egress|TC egress ÷ empty program|<= 1.25
		rules-hot|10,000 rules ÷ 1 rule, one flow|<= 1.10
		rules-64k|10,000 rules ÷ 100 rules, 64K flows|<= 1.7
		set-trie|set of 1,000,000 ÷ kernel's trie, over empty, 64K flows|<= 0.05
		drop-10000|drop rate, 10,000 rules ÷ empty XDP, one flow|>= 0.90
		drop-10000-64k|drop rate, 10,000 rules ÷ empty XDP, 64K flows|>= 0.60
		drop-nft-1|drop rate ÷ nftables, 1 rule|>= 1.8
		drop-nft-1000|drop rate ÷ nftables, 1,000 rules|>= 50
		drop-nft-10000|drop rate ÷ nftables, 10,000 rules|>= 500
		drop-xdp-filter|drop rate ÷ xdp-filter, 1 rule|>= 1.00
		apply|netctl policy apply ÷ nft -f, 10,000 rules|<= 0.5
		tcp-attach|TCP into a veth, attach ÷ nothing attached|>= 0.80
		tcp-no-xdp|TCP into a veth, attach --no-xdp ÷ nothing attached|>= 0.97
		tcp-native|TCP into a veth, --xdp-mode native ÷ nothing attached|
		tcp-early-drop|TCP into a veth, --early-drop ÷ nothing attached|
		attach|loader attach ÷ xdp-filter load (all)|<= 0.4
		memory|kernel memory of an interface, KiB|<= 1024
		memory-cpu|the same for each CPU, KiB|<= 300
		trace-connect|connect() while it is traced ÷ not traced|
		trace-connect-other|the same, somebody else's|
		memory-rule|kernel memory of a rule among 10,000, bytes|<= 512
	ROWS
}

# ---- what it runs on ---------------------------------------------------------------------------

row() {
	printf '%-12s%s\n' "$@"
}

# version WHAT COMMAND... - the first line of what it says of itself.
version() {
	local words
	if command -v "$2" >/dev/null; then
		words=$("${@:2}" 2>&1) || true
		row "$1" "${words%%$'\n'*}"
	else
		row "$1" missing
	fi
}

machine() {
	local load srso=/sys/devices/system/cpu/vulnerabilities/spec_rstack_overflow
	read -r load _ </proc/loadavg
	row machine "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | sort -u | head -n 1), $(nproc) CPUs"
	row kernel "$(uname -srm), BPF JIT $(cat /proc/sys/net/core/bpf_jit_enable 2>/dev/null || echo unknown)"
	[[ ! -r $srso ]] || row SRSO "$(<"$srso")"
	row load "$load"
	version portcullis loader --version
	version libbpf bpftool version
	version iperf3 iperf3 --version
	version xdp-filter xdp-filter load --version
	version nftables nft --version
	version iptables iptables --version
	version iproute2 tc -V
	version bpftrace bpftrace --version
	version libbpf-tools opensnoop --version
	row bpfilter 'missing: Debian does not have it'
	! awk -v load="$load" 'BEGIN { exit !(load > 0.5) }' ||
		row '' 'other jobs are running here: the figures are rough'
}

# ---- the benchmarks ----------------------------------------------------------------------------

# bench NAME COMMAND... - in the background, so that a signal is heard at once.
bench() {
	printf '\n=== %s\n\n' "$1"
	"${@:2}" &
	child=$!
	if ! wait "$child"; then
		echo "run.sh: $1: failed" >&2
		status=1
	fi
	child=
}

leave() {
	trap '' HUP INT TERM
	if [[ $child ]]; then
		kill "$child" 2>/dev/null || true
		wait "$child" || true
	fi
	rm -f "$BENCH_FIGURES"
}

# ---- the table ---------------------------------------------------------------------------------

# verdict VALUE SIGN LIMIT - machines differ, and hours: figures have a slack of a tenth.
verdict() {
	awk -v value="$1" -v sign="$2" -v limit="$3" '
		function reached(limit) { return sign == "<=" ? value <= limit : value >= limit }
		BEGIN {
			slack = sign == "<=" ? limit * 1.1 : limit * 0.9
			print reached(limit) ? "reached" : reached(slack) ? "within 10 %" : "NOT reached"
		}'
}

targets_table() {
	local key what target sign limit value p10 p90 note spread
	printf '\n%-56s%9s  %-13s%-9s\n' '' median p10-p90 target
	while IFS='|' read -r key what target; do
		IFS=$'\t' read -r value p10 p90 note < <(sed -n "s/^$key\t//p" "$BENCH_FIGURES") || value=
		read -r sign limit <<<"$target"
		what+=${note:+ ($note)}
		printf '%s%*s' "$what" $((56 - ${#what})) ''
		if [[ ! $value ]]; then
			printf '%9s  %-13s%-9s%s\n' - '' "$target" 'not measured'
			continue
		fi
		spread=$(printf '%.2f-%.2f' "$p10" "$p90")
		[[ $p10 != "$p90" ]] || spread=
		printf '%9.2f  %-13s%-9s%s\n' "$value" "$spread" "$target" "${limit:+$(verdict "$value" "$sign" "$limit")}"
	done < <(targets)
	echo
	echo 'Ratios to an empty program are of nanoseconds per packet, of the IPv4 packet that is worst.'
}

main() {
	local program
	need_root
	for program in "$bin/loader" "$tests"/{testrun,memory,classify,flood,rules,connects,calls}; do
		[[ -x $program ]] || broken "$program is not built: make bench"
	done
	BENCH_FIGURES=$(mktemp)
	export BENCH_FIGURES
	trap leave EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM

	machine
	bench testrun "$tests/testrun"
	bench classify "$tests/classify"
	bench droprate "$top/tests/bench/droprate.sh"
	bench apply "$top/tests/bench/apply.sh"
	bench memory "$tests/memory"
	bench attach "$top/tests/bench/attach.sh"
	bench throughput "$top/tests/bench/throughput.sh"
	bench trace_connect "$top/tests/bench/trace_connect.sh"
	bench trace_open "$top/tests/bench/trace_open.sh"
	printf '\n=== what was to be reached\n'
	targets_table
	return "$status"
}

main
