#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# netctl trace readline: what is typed at the prompts of shells on terminals of their own, word for word.
# shellcheck disable=SC2016,SC2317  # for the shells; check and its like call them
# shellcheck source=tests/e2e/lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=tests/e2e/trace.inc
. "${suite%/*}/trace.inc"
need script setpriv

cd "$work" || exit
before=$(trace_traces)
declare -A keyboard=() terminal=()

# shell_start NAME COMMAND - on a terminal, until it shows a prompt.
shell_start() {
	mkfifo "$1.keys"
	: >"$1.screen"
	script -qefc "exec env PS1='ready> ' $2" "$1.screen" <"$1.keys" >/dev/null 2>&1 &
	terminal[$1]=$!
	# To read as well, so that it does not end before we say so.
	exec {fd}<>"$1.keys"
	keyboard[$1]=$fd
	prompts "$1" 1
}

# prompts NAME COUNT - so many have been shown.
prompts() { eventually has_prompts "$1" "$2" || cat -v "$1.screen"; }
has_prompts() { (($(grep -ao 'ready> ' "$1.screen" | wc -l) >= $2)); }

# type_line NAME TEXT - and Enter.
type_line() { printf '%s\r' "$2" >&"${keyboard[$1]}"; }

# shell_end NAME - by Ctrl-D: again and again, as between two prompts it may be lost.
shell_end() { eventually hangs_up "$1" && wait "${terminal[$1]}"; }
hangs_up() {
	printf '\004' >&"${keyboard[$1]}"
	pause 0.1
	! kill -0 "${terminal[$1]}" 2>/dev/null
}

# of NAME KEY - what a shell was told to write down.
of() { eval "(. ./$1.ids; echo \$$2)"; }

# has_lines NAME COUNT
has_lines() { (($(wc -l <"$work/$1.out") >= $2)); }

# typed NAME - everything of an event but the time and where it was.
typed() { watched "$1" '[.pid, .ppid, .uid, .comm, .path, .command, .truncated]'; }

ids='echo "pid=$$ ppid=$PPID"'
bash='/bin/bash --norc --noprofile -i'

# ---- every line, as it was typed ---------------------------------------------------------------

mkdir other
cp /bin/bash other/bash
cp /bin/bash mysh
check 'a bash from elsewhere' shell_start elsewhere "./other/bash --norc --noprofile -i"
check 'it watches' watch_start all netctl trace readline -j
check 'one that prints columns' watch_start columns netctl trace readline --comm '^bash$'
check 'a shell' shell_start one "$bash"

edited() { printf "read -e -i \"\$(printf '%%%ds' '' | tr ' ' x)\" word" "$1"; }
type_line one "$ids >one.ids"
type_line one ': "ünï" \ '"'x'"
type_line one ''
type_line one "read -e -i \$'a\\x01\\xffb' word"
type_line one ''
for length in 254 255 256 4095 4096 5000; do
	type_line one "$(edited $length)"
	type_line one ''
done
type_line one 'for i in 1; do'
type_line one 'true; done'
check 'every line is seen' eventually has_lines all 19
check 'the end of the shell' shell_end one
check 'it ends' watch_end all
check 'with 0' watch_end columns

pid=$(of one pid) ppid=$(of one ppid)
wanted=$(jq -nc --argjson pid "$pid" --argjson ppid "$ppid" --arg ids "$ids >one.ids" '
	def x: [range(.)] | map("x") | join("");
	def edited: [["read -e -i \"$(printf '"'%\(.)s' '' | tr ' '"' x)\" word", false], [if . > 4096 then 4096 else . end | x, . > 4095]];
	[[$ids, false], [": \"ünï\" \\ '"'x'"'", false], ["", false],
	 ["read -e -i $'"'a\\\\x01\\\\xffb'"' word", false], ["a\u0001\ufffdb", false],
	 ((254, 255, 256, 4095, 4096, 5000) | edited | .[]),
	 ["for i in 1; do", false], ["true; done", false]] |
	.[] | [$pid, $ppid, 0, "bash", "/bin/bash"] + .')
same 'each as it was typed, and the end of the input is none' "$wanted" "$(typed all)"
same 'the summary' 'netctl: trace readline: 19 events, 0 lost' "$(watch_summary all)"
same 'columns: a heading' 'PID PPID UID COMM CONTAINER PATH COMMAND' "$(head -n 1 columns.out | tr -s ' ' | sed 's/^ //')"
same 'columns: a command' "$pid $ppid 0 bash - /bin/bash : \"ünï\" \\ 'x'" "$(sed -n 3p columns.out | tr -s ' ' | sed 's/^ //')"
same 'columns: what a terminal could take amiss is escaped' "$pid $ppid 0 bash - /bin/bash a\\x01\\xffb" \
	"$(sed -n 6p columns.out | tr -s ' ' | sed 's/^ //')"
same 'columns: what was cut off' 'xxx...' "$(sed -n 18p columns.out | tail -c 7)"

# ---- which shells ------------------------------------------------------------------------------

check 'one under another name' shell_start mine "./mysh --norc --noprofile -i"
check "one of another user's" shell_start nobody "setpriv --reuid 65534 --clear-groups $bash"
check 'and one more' shell_start root "$bash"
for name in mine nobody root elsewhere; do
	type_line "$name" "$ids >$name.ids"
	prompts "$name" 2
done
# Who waits in readline() already when it is attached to comes out of it unseen.
chmod 1777 .
type_line nobody "$ids >nobody.ids"
prompts nobody 3
check 'by default every bash that runs' watch_start default netctl trace readline -j
check '-p: whatever it is called' watch_start pid netctl trace readline -j -p "$(of mine pid)"
check '-u' watch_start uid netctl trace readline -j -u 65534
check '--path: a file' watch_start path netctl trace readline -j --path "$work/mysh,/bin/bash"
check '--comm' watch_start comm netctl trace readline -j --path "$work/mysh,/bin/bash" --comm '^my'
for name in mine nobody root elsewhere; do
	type_line "$name" ''
	type_line "$name" ": $name"
done
for name in default uid; do
	check "seen by $name: nobody" watch_has "$name" '.command == ": nobody"'
done
check 'seen by default: elsewhere' watch_has default '.command == ": elsewhere"'
for name in default path; do
	check "seen by $name: root" watch_has "$name" '.command == ": root"'
done
for name in pid path comm; do
	check "seen by $name: mine" watch_has "$name" '.command == ": mine"'
done
for name in default pid uid path comm; do
	check "the end of $name" watch_end "$name"
done
commands() { watched "$1" 'select(.command != "") | [.command, .pid, .uid, .path]' | sort; }
seen_elsewhere="[\": elsewhere\",$(of elsewhere pid),0,\"$work/other/bash\"]"
seen_mine="[\": mine\",$(of mine pid),0,\"$work/mysh\"]"
seen_nobody="[\": nobody\",$(of nobody pid),65534,\"/bin/bash\"]"
seen_root="[\": root\",$(of root pid),0,\"/bin/bash\"]"
same 'by default those of bash' "$seen_elsewhere"$'\n'"$seen_nobody"$'\n'"$seen_root" "$(commands default)"
same '-p has one' "$seen_mine" "$(commands pid)"
same '-u has one' "$seen_nobody" "$(commands uid)"
same '--path has those of the files' "$seen_mine"$'\n'"$seen_nobody"$'\n'"$seen_root" "$(commands path)"
same '--comm has one' "$seen_mine" "$(commands comm)"
for name in mine nobody root elsewhere; do
	check "the end of $name" shell_end "$name"
done

# ---- a library ---------------------------------------------------------------------------------

calculator=$(type -P bc)
if [[ $(ldd "${calculator:-/nowhere}" 2>/dev/null) == *libreadline* ]]; then
	library=$(ldd "$calculator" | sed -n 's/.*=> \(.*libreadline[^ ]*\).*/\1/p')
	check 'a program and its library: one file' watch_start library netctl trace readline -j --path "$calculator,$library"
	mkfifo bc.keys
	script -qefc "exec $calculator -q" bc.screen <bc.keys >/dev/null 2>&1 &
	terminal[bc]=$!
	exec {fd}<>bc.keys
	keyboard[bc]=$fd
	type_line bc '6 * 7'
	check 'its lines are seen' watch_has library '.command == "6 * 7"'
	check 'its end' shell_end bc
	check 'and it ends' watch_end library
	same 'once' '["bc","6 * 7",false]' "$(watched library '[.comm, .command, .truncated]')"
	same 'as the library' "$(readlink -f "$library")" "$(readlink -f "$(jq -r .path library.out)")"
else
	skip 'a library' 'no bc that needs libreadline'
fi

# ---- what cannot be watched --------------------------------------------------------------------

head -c 5000 /bin/bash >half
exits 'no such file' 3 'nowhere: there is no such file' netctl trace readline --path /nowhere
exits 'a program that has none' 1 'neither it nor a libreadline.so' netctl trace readline --path "$bin/netctl"
exits 'no program' 1 'no program or library' netctl trace readline --path /etc/passwd
exits 'half a program' 1 'no program or library|neither it' netctl trace readline --path "$work/half"
exits 'a pipe, at once' 1 'no program or library' timeout 5 netctl trace readline --path "$work/never"
exits 'no such process' 3 'process 1234567: there is none' netctl trace readline -p 1234567
sleep 100 &
exits 'one that reads no lines' 1 "process $!: no readline in it" netctl trace readline -p $!
kill $!
same 'nothing is left' "$before" "$(trace_traces)"
finish
