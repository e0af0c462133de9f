# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What the benchmarks in bash share: a place of their own, contestants who take turns, medians. To be sourced.
#
# A sample is a line "round, group, contestant, value"; a ratio is one to the base of the same round and group.

export LC_ALL=C.UTF-8
PATH=$PATH:/usr/sbin:/sbin
top=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
bin=${PORTCULLIS_BIN:-$top/build/bin}
PATH=$bin:$PATH
samples=

broken() {
	echo "${0##*/}: $*" >&2
	exit 1
}

need_root() {
	((EUID == 0)) || broken 'root is needed: try sudo'
}

# rounds FULL QUICK - how many.
rounds() {
	[[ ${BENCH_QUICK:-} ]] && echo "$2" || echo "$1"
}

# isolate FLAGS... - starts the script again with mounts of its own, and what else unshare(1) is told: whatever is
# mounted, named or pinned from then on ends with it. A process keeps its number through exec, and hands on to
# its children a number that is not theirs.
isolate() {
	need_root
	[[ ${BENCH_ISOLATED:-} == "$$" ]] || BENCH_ISOLATED=$$ exec unshare --mount "$@" -- "$0"
	mount -t tmpfs -o mode=0755 tmpfs /run
	mount -t bpf bpf /sys/fs/bpf
	unset PORTCULLIS_PIN_ROOT
	export PORTCULLIS_STATE_DIR=/run/portcullis
}

# sample ROUND GROUP CONTESTANT VALUE
sample() {
	local IFS=$'\t'
	samples+="$*"$'\n'
}

# summary BASE GROUP - a line for each contestant of the group: name, median, and of the ratio to BASE median, p10
# and p90.
summary() {
	awk -F '\t' -v base="$1" -v group="$2" '
		function sort(a, n,    i, j, t) {
			for (i = 2; i <= n; i++)
				for (j = i; j > 1 && a[j] < a[j - 1]; j--) {
					t = a[j]; a[j] = a[j - 1]; a[j - 1] = t
				}
		}
		function median(a, n) { return (a[int((n + 1) / 2)] + a[int((n + 2) / 2)]) / 2 }

		$2 == group { value[$3, $1] = $4 + 0; rounds[$1]; names[$3] }
		END {
			for (name in names) {
				n = m = 0
				for (r in rounds) {
					if (!((name, r) in value))
						continue
					values[++n] = value[name, r]
					if (value[base, r])
						ratios[++m] = value[name, r] / value[base, r]
				}
				sort(values, n)
				sort(ratios, m)
				edge = int((m - 1) / 10)
				printf "%s\t%.4f", name, median(values, n)
				if (m)
					printf "\t%.4f\t%.4f\t%.4f", median(ratios, m), ratios[1 + edge], ratios[m - edge]
				print ""
			}
		}' <<<"$samples"
}

# figure KEY BASE GROUP CONTESTANT - one ratio for the table at the end, if there is to be one.
figure() {
	[[ ${BENCH_FIGURES:-} ]] || return 0
	summary "$2" "$3" | awk -F '\t' -v OFS='\t' -v key="$1" -v name="$4" \
		'$1 == name && NF > 2 { print key, $3, $4, $5, "" }' >>"$BENCH_FIGURES"
}

# table BASE GROUP UNIT CONTESTANT... - for people, in the order given.
table() {
	local base=$1 group=$2 unit=$3 name value ratio p10 p90
	local -A rows=()
	shift 3
	while IFS=$'\t' read -r name value; do
		rows[$name]=$value
	done < <(summary "$base" "$group")
	printf '\n  %-36s%12s%9s  %s\n' "$group" "$unit" ratio p10-p90
	for name; do
		[[ ${rows[$name]:-} ]] || continue
		IFS=$'\t' read -r value ratio p10 p90 <<<"${rows[$name]}"
		printf '    %-34s%12.1f' "$name" "$value"
		[[ ! $ratio ]] || printf '%9.2f  %.2f-%.2f' "$ratio" "$p10" "$p90"
		echo
	done
}
