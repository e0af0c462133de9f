#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# netctl trace function: where the kernel lets it, the arguments and the result of a known call; else why not.
# shellcheck disable=SC2154  # the other file's variables
# shellcheck source=tests/e2e/lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=tests/e2e/trace.inc
. "$(dirname "$0")/trace.inc"

before=$(trace_traces)

has_hook() { netctl -j trace list "$1" | jq -se "any(.hook == \"$1\" and .offered)" >/dev/null; }

exits 'no name' 2 '^netctl: trace function: one NAME' netctl trace function
exits 'no such function' 3 '^netctl: no_such_function: this kernel has no function of that name' netctl trace function no_such_function
exits 'without root' 1 '^netctl: ' setpriv --reuid nobody --clear-groups --inh-caps=-all netctl trace function do_unlinkat
if ! has_hook fentry && ! has_hook kprobe; then
	exits 'why not' 1 '^netctl: do_unlinkat: this kernel lets nobody trace its functions: it refuses fentry' \
		netctl trace function do_unlinkat
	same 'nothing is left' "$before" "$(trace_traces)"
	skip 'the calls of a function' 'neither fentry nor kprobes here'
	finish
fi

touch "$work/file"
watch_start call netctl -j trace function do_unlinkat --comm '^rm$'
watch_start ret netctl -j trace function do_unlinkat --return --filter 'ret<0'
watch_start open netctl trace function do_sys_openat2 --return --filter "filename==$work/no-file"
watch_start count netctl -j trace function do_unlinkat --count
rm "$work/file" &
rm_pid=$!
wait $rm_pid
"$BASH" -c ": <$work/no-file" 2>/dev/null
rm "$work/file" 2>/dev/null
check 'a call that fails' watch_has ret '.fields.ret == -2'
check 'both calls' watch_has call ".pid != $rm_pid"
for name in call ret open count; do check "Ctrl-C ends it well ($name)" watch_end $name; done
same 'who, with what' "[$rm_pid,$$,0,\"rm\",\"do_unlinkat\",[\"dfd\",\"name\"],-100,\"0xff\",false]" \
	"$(watched call "select(.pid == $rm_pid) | [.pid, .ppid, .uid, .comm, .function, (.fields | keys_unsorted), .fields.dfd, .fields.name[:4], .truncated]")"
same 'returns, filtered by the result' '["rm",-100,-2]' "$(watched ret '[.comm, .fields.dfd, .fields.ret]')"
same 'strings are followed, errors have names' "dfd=AT_FDCWD filename=$work/no-file ret=ENOENT" \
	"$(sed -n '2,$s/.*\(dfd=[^ ]* filename=[^ ]*\) how=0x[0-9a-f]* /\1 /p' "$work/open.out")"
same 'counted' '{"function":"do_unlinkat","count":2,"comms":[{"comm":"rm","count":2}],"others":0}' "$(<"$work/count.out")"
same 'the summary' 'netctl: trace function: 2 events, 0 lost' "$(watch_summary call)"

# What the compiler has changed has no types: registers, by a kprobe.
changed=do_execveat_common.isra.0
if grep -qw "$changed" /proc/kallsyms; then
	exits 'what it is called now' 3 "^netctl: do_execveat_common: this kernel has but $changed" netctl trace function do_execveat_common
	watch_start kprobe netctl -j trace function $changed -c 1
	watch_start kretprobe netctl -j trace function $changed -c 1 --return
	"$work/nothing-there" 2>/dev/null
	env "$work/nothing-there" 2>/dev/null
	check 'a kprobe' watch_wait kprobe
	check 'a kretprobe' watch_wait kretprobe
	same 'registers' '["arg1","arg2","arg3","arg4","arg5"]' "$(watched kprobe '.fields | keys')"
	same 'and what came back' '["arg1","arg2","arg3","arg4","arg5","ret"]' "$(watched kretprobe '.fields | keys')"
	same 'AT_FDCWD in the first' '"ffffff9c"' "$(watched kprobe '.fields.arg1[-8:]')"
else
	skip 'a kprobe' "no $changed here"
fi
exits 'where no kprobe may be' 1 '^netctl: notify_die: the kernel lets no kprobe in there' netctl trace function notify_die

watch_start killed netctl -j trace function vfs_read
kill -KILL "${trace_pid[killed]}"
wait "${trace_pid[killed]}" 2>/dev/null
same 'nothing is left, not even after kill -9' "$before" "$(trace_traces)"
finish
