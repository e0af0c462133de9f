#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# netctl trace event: what a program does is what its tracepoint's fields say, whole or filtered or counted.
# shellcheck disable=SC2154  # the other file's variables
# shellcheck source=tests/e2e/lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=tests/e2e/trace.inc
. "$(dirname "$0")/trace.inc"
need perl

before=$(trace_traces)
chmods=syscalls:sys_enter_fchmodat
touch "$work/a" "$work/b"

# The system call alone, whatever is there; chmod(1) would look first.
case $(uname -m) in
x86_64) nr=268 ;;
aarch64) nr=53 ;;
*) skip_all "what number has fchmodat on $(uname -m)?" ;;
esac
fchmodat() { perl -e "syscall($nr, -100, \$_, $2) for (\$ARGV[0]) x ${3:-1}" -- "$1"; }

# ---- a system call -----------------------------------------------------------------------------

check 'trace event starts' watch_start call netctl -j trace event $chmods
chmod 640 "$work/a" &
chmod_pid=$!
wait $chmod_pid
fchmodat "$work/nothing there" 0600
fchmodat "$(head -c 3000 /dev/zero | tr '\0' l)" 0600
fchmodat "$(head -c 5000 /dev/zero | tr '\0' x)" 0600
perl -e "syscall($nr, -100, 16, 0777)" # a pointer to nowhere
chmod 600 "$work/b"
check 'all of it is seen' watch_has call ".fields.filename == \"$work/b\""
same 'who, with what' \
	"[$chmod_pid,$$,0,\"chmod\",\"$chmods\",{\"__syscall_nr\":$nr,\"dfd\":-100,\"filename\":\"$work/a\",\"mode\":416},false]" \
	"$(watched call "select(.pid == $chmod_pid) | [.pid, .ppid, .uid, .comm, .event, .fields, .truncated]")"
same 'a file that is not there' 384 "$(watched call "select(.fields.filename == \"$work/nothing there\") | .fields.mode")"
same 'a long name' '[3000,false]' "$(watched call 'select(.fields.filename[:1] == "l") | [(.fields.filename | length), .truncated]')"
same 'one too long is said to be cut' '[4095,true]' "$(watched call 'select(.fields.filename[:1] == "x") | [(.fields.filename | length), .truncated]')"
same 'what cannot be read is an address' '["0x10",511]' "$(watched call 'select(.fields.mode == 511) | [.fields.filename, .fields.mode]')"
check 'Ctrl-C ends it well' watch_end call
same 'it says how many there were' 'netctl: trace event: 6 events, 0 lost' "$(watch_summary call)"

watch_start columns netctl trace event $chmods -c 1
chmod 4711 "$work/a"
check 'it ends by itself after -c' watch_wait columns
same 'columns: modes are octal' "PID PPID UID COMM CONTAINER FIELDS
0 chmod - dfd=AT_FDCWD filename=$work/a mode=04711" "$(sed '2,$s/^ *[0-9]* *[0-9]* *//; s/  */ /g; s/^ //' "$work/columns.out")"

watch_start ret netctl trace event syscalls:sys_exit_fchmodat --filter 'ret==-2' -c 1
chmod 600 "$work/a"
fchmodat "$work/nothing" 0600
check 'a filter on what is returned' watch_wait ret
same 'errors by name' 'perl - ret=ENOENT' "$(sed -n '2s/.* 0 perl/perl/; 2s/  */ /gp' "$work/ret.out")"

# ---- strings of variable size, the kernel's own way to print it ---------------------------------

true_at=$(type -P true)
watch_start exec netctl -j trace event sched:sched_process_exec --filter "filename==$true_at && pid>1"
watch_start text netctl trace event sched:sched_process_exec --filter "filename=='$true_at'" -c 1
/bin/echo >"$work/echo"
"$true_at"
check 'a program starts' watch_has exec ".fields.filename == \"$true_at\""
check 'and is printed' watch_wait text
watch_end exec
same 'only that one' "[[\"true\",\"$true_at\",true,[\"filename\",\"old_pid\",\"pid\"]]]" \
	"$(jq -sc 'map([.comm, .fields.filename, .fields.pid == .fields.old_pid, (.fields | keys)])' "$work/exec.out")"
check 'as the kernel prints it' grep -Eq " filename=$true_at pid=[0-9]+ old_pid=[0-9]+\$" "$work/text.out"

# ---- filters, in the kernel --------------------------------------------------------------------

# Each has a name, a condition, and the modes that pass of 600, 640, 644 and 4755, in decimal.
filters=(
	'equal, octal' 'mode==0640' '[416]'
	'not equal, hexadecimal; and' 'mode != 0x1a0 && mode>0' '[384,420,2541]'
	'less or equal, decimal' 'mode<=416&&mode>=1' '[384,416]'
	'a negative number' 'dfd<0 && dfd>=-100 && mode>420' '[2541]'
	'a string that is pointed to' "filename==$work/b" '[]'
	'another' "filename!='$work/b' && mode==0600" '[384]'
	'as many conditions as may be' "mode>1&&mode>2&&mode>3&&mode>4&&mode>5&&mode>6&&mode<0641&&filename==$work/a" '[384,416]'
)
((!slow)) || filters=("${filters[@]:9}") # each takes its time to start
for ((i = 0; i < ${#filters[@]}; i += 3)); do
	watch_start "filter$i" netctl -j trace event $chmods --filter "${filters[i + 1]}"
done
watch_start end netctl -j trace event $chmods
for mode in 600 640 644 4755 0; do chmod "$mode" "$work/a"; done
check 'all modes have been set' watch_has end '.fields.mode == 0'
watch_end end
for ((i = 0; i < ${#filters[@]}; i += 3)); do
	watch_end "filter$i"
	same "${filters[i]}" "${filters[i + 2]}" "$(jq -sc 'map(.fields.mode)' "$work/filter$i.out")"
done

watch_start chars netctl -j trace event sched:sched_process_exit --filter 'comm==only-this-name'
cp "$true_at" "$work/only-this-name" && cp "$true_at" "$work/only-this-nam"
"$work/only-this-nam"
"$work/only-this-name"
check 'a string in an array' watch_has chars '.comm == "only-this-name"'
watch_start pid netctl -j trace event $chmods -p $$
watch_start comm netctl -j trace event $chmods --comm '^perl$'
chmod 600 "$work/a"
fchmodat "$work/b" 0600
check 'by name of the process' watch_has comm '.comm == "perl"'
watch_end chars
watch_end pid
watch_end comm
same 'only that array' 1 "$(wc -l <"$work/chars.out")"
same 'only that process' 0 "$(wc -l <"$work/pid.out")"
same 'only that name' '"perl"' "$(watched comm .comm)"

# ---- counting ----------------------------------------------------------------------------------

count=$(rounds 50 10)
watch_start count netctl -j trace event $chmods --count
watch_start table netctl trace event $chmods --count --comm '^perl$'
watch_start limited netctl -j trace event $chmods --count -c 3
kill -STOP "${trace_pid[limited]}"	# or it may end before there are more
for ((i = 0; i < count; i++)); do chmod 600 "$work/a"; done
fchmodat "$work/b" 0600 7
kill -CONT "${trace_pid[limited]}"
check 'counting ends after -c' watch_wait limited
check 'counting ends well' watch_end count
watch_end table
same 'by name, most first' "{\"event\":\"$chmods\",\"count\":$((count + 7)),\"comms\":[{\"comm\":\"chmod\",\"count\":$count},{\"comm\":\"perl\",\"count\":7}],\"others\":0}" \
	"$(<"$work/count.out")"
same 'and in the summary' "netctl: trace event: $((count + 7)) events, 0 lost" "$(watch_summary count)"
same 'of one name' $'COUNT  COMM\n    7  perl' "$(<"$work/table.out")"
same 'no more than so many' "{\"event\":\"$chmods\",\"count\":3,\"comms\":[{\"comm\":\"chmod\",\"count\":3}],\"others\":0}" \
	"$(<"$work/limited.out")"

# ---- more than there is room for ---------------------------------------------------------------

# Every one is shown or said to be lost.
flood() {
	local count=200000 lost
	watch_start lost netctl trace event syscalls:sys_enter_read --filter 'fd==0 && count==3'
	kill -STOP "${trace_pid[lost]}"
	dd if=/dev/zero of=/dev/null bs=3 count="$count" 2>/dev/null
	kill -CONT "${trace_pid[lost]}"
	check 'a flood ends well' watch_end lost
	lost=$(sed -n '$s/.* \([0-9]*\) lost$/\1/p' "$work/lost.err")
	check 'some are lost' test "$lost" -gt 0
	same 'shown and lost are all' "$count" "$(($(grep -c ' dd ' "$work/lost.out") + lost))"
}
if ((slow)); then skip 'a flood' 'too slow to print as many'; else flood; fi

# ---- refusals, and nothing left ----------------------------------------------------------------

exits 'no name' 2 '^netctl: trace event: one CATEGORY:NAME' netctl trace event
exits 'no category' 2 "^netctl: trace event 'sched_switch': CATEGORY:NAME" netctl trace event sched_switch
exits 'a path' 2 "^netctl: trace event '../x:y': CATEGORY:NAME" netctl trace event ../x:y
exits 'a name with a slip' 3 '^netctl: sched:sched_swich: .*is sched:sched_switch meant' netctl trace event sched:sched_swich
exits 'no such event' 3 '^netctl: no:such: no such tracepoint' netctl trace event no:such
exits 'no such field' 2 "has no field 'colour' .* prev_comm, prev_pid, " netctl trace event sched:sched_switch --filter colour==1
exits 'no number' 2 "^netctl: --filter: 'x' is not a number, as prev_pid is" netctl trace event sched:sched_switch --filter prev_pid==x
exits 'no operator' 2 '^netctl: --filter .*FIELD OP VALUE' netctl trace event sched:sched_switch --filter prev_pid=1
exits 'a string has no order' 2 '^netctl: --filter: prev_comm is a string' netctl trace event sched:sched_switch --filter 'prev_comm<a'
exits 'without root' 1 '^netctl: ' setpriv --reuid nobody --clear-groups --inh-caps=-all netctl trace event $chmods

watch_start killed netctl -j trace event sched:sched_switch
kill -KILL "${trace_pid[killed]}"
wait "${trace_pid[killed]}" 2>/dev/null
same 'nothing is left, not even after kill -9' "$before" "$(trace_traces)"
finish
