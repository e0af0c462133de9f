#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# netctl trace list: every tracepoint with the fields its format file has, and what the kernel offers as others see it.
# shellcheck disable=SC2154  # the other file's variables
# shellcheck source=tests/e2e/lab.sh
. "$(dirname "$0")/lab.sh"

netctl trace list >"$work/list"
same 'a line of a tracepoint' 'event    sched:sched_switch' "$(grep ':sched_switch$' "$work/list")"
same 'its fields' "event    sched:sched_process_exec
         filename                 __data_loc char[]
         pid                      pid_t
         old_pid                  pid_t" "$(netctl trace list -v sched:sched_process_exec 2>/dev/null)"
same 'a part of a name is enough' "$(grep -c 'sched_proc.*ex' "$work/list")" "$(netctl trace list 'sched_proc*ex' | wc -l)"
exits 'nothing of that name' 3 "^netctl: trace list: nothing here is called 'nosuchthing'" netctl trace list nosuchthing
exits 'two patterns' 2 '^netctl: trace list: one PATTERN' netctl trace list a b
exits 'without root' 1 '^netctl: ' setpriv --reuid nobody --clear-groups --inh-caps=-all netctl trace list

# ---- as the kernel has it ----------------------------------------------------------------------

mkdir "$work/tracefs" && mount -t tracefs tracefs "$work/tracefs"
events=$work/tracefs/events
same 'all of them' "$(cd "$events" && printf '%s\n' */*/id | sed '/^ftrace/d; s,/id,,; s,/,:,' | sort)" \
	"$(sed -n 's/^event *//p' "$work/list" | sort)"

# What a format file says, but for the common fields: a name, an offset and a size for each. Of system calls' numbers
# we show the bytes that count, so that their sizes are their types'.
formats() {
	awk '/^name:/ { split(FILENAME, part, "/"); event = part[length(part) - 2] ":" part[length(part) - 1] }
		/^\tfield:/ && !/common_/ {
			split($0, part, ";")
			sub(/\[[^]]*\]$/, "", part[1])
			n = split(part[1], word, /[ *]/)
			sub(/.*:/, "", part[2])
			sub(/.*:/, "", part[3])
			print event, word[n], part[2], part[3]
		}' "$@" | sort
}
netctl -j trace list ':' | jq -r 'select(.event) | .event as $e | .fields[] | "\($e) \(.name) \(.offset) \(.size)"' | sort >"$work/fields"
same 'their fields, too' "$(formats "$events"/[!fs]*/*/format "$events"/s[!y]*/*/format)" \
	"$(grep -v '^[fy]\|^syscalls:' "$work/fields")"
same "system calls' arguments" '[["__syscall_nr",8,4,true],["dfd",16,4,true],["filename",24,8,false],["mode",32,2,false]]' \
	"$(netctl -j trace list syscalls:sys_enter_fchmodat | jq -c 'select(.event == "syscalls:sys_enter_fchmodat") | .fields | map([.name, .offset, .size, .signed])')"

# ---- as others see it --------------------------------------------------------------------------

netctl -j trace list | jq -c 'select(.offered != null)' >"$work/features"
feature() { jq -r "select(.$1 == \"$2\") | .offered" "$work/features"; }

same 'loader check says the same' "$(loader check -j | jq -c '.kernel | [.xdp, .tc, .tcx, .freplace, .btf, .jit, .bpffs]')" \
	"[$(feature hook xdp),$(feature hook tc),$(feature hook tcx),$(feature hook freplace),$(feature kernel btf),$(feature kernel jit),$(feature kernel bpffs)]"
same 'as lines' "$(jq -r '[to_entries[0].key, to_entries[0].value, (if .offered then "yes" else "no" end)] | join(" ")' "$work/features")" \
	"$(sed '/^event/d; s/  */ /g' "$work/list")"
# bpftool asks for programs on functions where tracing is concerned; of that we know better.
bpftool -j feature probe kernel >"$work/bpftool"
# ours KIND KNOWN - the lines of bpftool's for what both know of.
ours() {
	jq -r "select(.$1) | \"\(.$1) \(.offered)\"" "$work/features" | sort | join <(cut -d' ' -f1 <<<"$2") -
}
programs=$(jq -r '.program_types | to_entries[] | "\(.key[5:-10]) \(.value)"' "$work/bpftool" | grep -v '^tracing' | sort)
maps=$(jq -r '.map_types | to_entries[] | "\(.key[5:-9]) \(.value)"' "$work/bpftool" | sort)
same 'bpftool finds the same program types' "$programs" "$(ours program "$programs")"
same 'and the same map types' "$maps" "$(ours map "$maps")"
finish
