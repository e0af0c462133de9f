#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# netctl trace open: a program makes every call there is with what we tell it, and each comes out as it was.
# shellcheck disable=SC2317  # check and its like call them
# shellcheck source=tests/e2e/lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=tests/e2e/trace.inc
. "${suite%/*}/trace.inc"
need perl setpriv

# The program does what it is told line by line, under a name of its own, so that it can be told from what perl itself
# opens: "at DFD PATH FLAGS MODE", "at2 DFD PATH FLAGS MODE SIZE", "old PATH FLAGS MODE" or "creat PATH MODE"; flags and
# mode in octal, PATH as perl writes a string or "bad". It prints what each call returned, an error below 0.
cat >"$work/opener" <<'PERL'
use strict;
chomp(my $machine = `uname -m`);
my %number = $machine eq "x86_64" ? (old => 2, creat => 85, at => 257, at2 => 437) : (at => 56, at2 => 437);
$0 = shift;
$| = 1;
while (<STDIN>) {
	my ($call, @args) = split;
	my $dfd = $call =~ /^at/ ? shift @args : 0;
	my $path = shift @args;
	$path = $path eq "bad" ? 1 : eval($path) . "\0";
	my $size = $call eq "at2" ? pop @args : 0;
	my ($flags, $mode) = (map({ oct } @args), 0, 0);
	my @call = $call eq "at2" ? ($dfd + 0, $path, pack("QQQ", $flags, $mode, 0), $size + 0) :
		$call eq "at" ? ($dfd + 0, $path, $flags, $mode) : ($path, $flags, $mode);
	my $ret = syscall($number{$call}, @call, 0);
	print $ret < 0 ? -$! : $ret, "\n";
}
PERL

# opener NAME - runs it.
opener() { perl "$work/opener" "$1"; }

has_open() { [[ -e /sys/kernel/tracing/events/syscalls/sys_enter_open || $(uname -m) == x86_64 ]]; }

# opened NAME - everything of an event that the caller decides.
opened() {
	watched "$1" '[.ret, .flags, .mode, .dfd, .path, .truncated]'
}

# has_lines NAME COUNT
has_lines() { (($(wc -l <"$work/$1.out") == $2)); }

rets() { jq -sc . "$work/rets"; }

cd "$work" || exit
# libbpf looks for this one first, which the kernel mounts when somebody looks.
ls /sys/kernel/debug/tracing/ &>/dev/null
before=$(trace_traces)
echo text >file
mkdir dir

# ---- every call, every kind of argument --------------------------------------------------------

check 'it watches' watch_start all netctl trace open -j --comm '^opener$'
check 'one of which is wanted what failed' watch_start failed netctl trace open -j -x --comm '^opener$'
check 'one that prints columns' watch_start columns netctl trace open --comm '^opener$'

exec 7<dir
{
	echo "at -100 '$work/file' 02000000"
	echo "at -100 'file' 02001"
	echo "at 7 'new' 0101 0640"
	echo "at 7 '/nowhere/at/all' 0"
	echo "at -100 '' 0"
	echo "at 99 'file' 0"
	echo "at -100 bad 0"
	printf '%s\n' "at -100 \"odd\\n\\xff\\xc3\\xa9\" 0"
	echo "at -100 'dir' 020200002 0600"
	echo "at -100 'file' 04010000"
	echo "at -100 'file' 010000"
	echo "at -100 'file' 020000000000"
	echo "at2 7 'how' 02000102 0600 24"
	echo "at2 7 'file' 0 0 8"
	echo "at2 -100 'file' 020000000000000 0 24"
} >script
if has_open; then
	{
		echo "old 'file' 0"
		echo "old 'dir/old' 0301 0644"
		echo "creat 'dir/creat' 0600"
	} >>script
fi
opener opener <script >rets
exec 7<&-
lines=$(wc -l <script)
check 'every call is seen' eventually has_lines all "$lines"
check 'and ends' watch_end all
check 'with 0' watch_end failed
check 'each of them' watch_end columns

# shellcheck disable=SC2016  # for jq
wanted=$(jq -nc --argjson ret "$(rets)" --arg work "$work" '
	["O_RDONLY"] as $read |
	[[["O_RDONLY", "O_CLOEXEC"], null, null, "\($work)/file"],
	 [["O_WRONLY", "O_APPEND"], null, "AT_FDCWD", "file"],
	 [["O_WRONLY", "O_CREAT"], 416, 7, "new"],
	 [$read, null, null, "/nowhere/at/all"],
	 [$read, null, "AT_FDCWD", ""],
	 [$read, null, 99, "file"],
	 [$read, null, null, null],
	 [$read, null, "AT_FDCWD", "odd\n\ufffdé"],
	 [["O_RDWR", "O_TMPFILE"], 384, "AT_FDCWD", "dir"],
	 [["O_RDONLY", "O_SYNC"], null, "AT_FDCWD", "file"],
	 [["O_RDONLY", "O_DSYNC"], null, "AT_FDCWD", "file"],
	 [["O_RDONLY", "0x80000000"], null, "AT_FDCWD", "file"],
	 [["O_RDWR", "O_CREAT", "O_CLOEXEC"], 384, 7, "how"],
	 [null, null, 7, "file"],
	 [["O_RDONLY", "0x10000000000"], null, "AT_FDCWD", "file"],
	 [$read, null, "AT_FDCWD", "file"],
	 [["O_WRONLY", "O_CREAT", "O_EXCL"], 420, "AT_FDCWD", "dir/old"],
	 [["O_WRONLY", "O_CREAT", "O_TRUNC"], 384, "AT_FDCWD", "dir/creat"]] |
	[range($ret | length) as $i | [$ret[$i]] + .[$i] + [false]] | .[]')
same 'what was opened, how, and what came of it' "$wanted" "$(opened all)"
same 'the errors are those of the calls' '[-2,-2,-9,-14,-2,-22,-22]' "$(watched failed .ret | jq -sc .)"
same 'only failures are the failures of all' "$(jq -c 'select(.ret < 0) | del(.time)' all.out)" "$(jq -c 'del(.time)' failed.out)"
same 'the summary' "netctl: trace open: $lines events, 0 lost" "$(watch_summary all)"
same 'who it was' "[\"opener\",0,$$]" "$(watched all '[.comm, .uid, .ppid]' | sort -u)"

pid=$(watched all .pid | head -n 1)
same 'columns: a heading' 'PID PPID UID COMM CONTAINER RET FLAGS PATH' "$(head -n 1 columns.out | tr -s ' ' | sed 's/^ //')"
same 'columns: a file' "$pid $$ 0 opener - $(head -n 1 rets) O_RDONLY|O_CLOEXEC $work/file" \
	"$(sed -n 2p columns.out | tr -s ' ' | sed 's/^ //')"
same 'columns: what a terminal could take amiss is escaped' "$pid $$ 0 opener - ENOENT O_RDONLY odd\\x0a\\xffé" \
	"$(sed -n 9p columns.out | tr -s ' ' | sed 's/^ //')"
same 'columns: what could not be read' "$pid $$ 0 opener - EFAULT O_RDONLY -" \
	"$(sed -n 8p columns.out | tr -s ' ' | sed 's/^ //')"

# ---- how long a path may be --------------------------------------------------------------------

# slashes LENGTH - a path of the root directory.
slashes() { printf '%*s' "$1" '' | tr ' ' /; }

check 'paths of every length' watch_start long netctl trace open -j -c 8 --comm '^opener$'
for length in 1 126 127 128 129 4095 4096 9000; do
	echo "at -100 '$(slashes "$length")' 0"
done | opener opener >rets
check 'after as many as were asked for it ends' watch_wait long
same 'up to what the kernel takes they are whole' \
	"$(printf '[%s]\n' 1,false 126,false 127,false 128,false 129,false 4095,false 4096,true 4096,true)" \
	"$(watched long '[(.path | length), .truncated]')"
same 'more the kernel does not take' '[-36,-36]' "$(watched long .ret | tail -n 2 | jq -sc .)"

# ---- filters -----------------------------------------------------------------------------------

# Two of them, who get to know what to do when everybody watches.
mkfifo one two
perl opener first <one >/dev/null &
first=$!
setpriv --reuid 65534 --clear-groups perl opener second <two >/dev/null &
second=$!
check '-p' watch_start pid netctl trace open -j -p "$first,1"
check '-u' watch_start uid netctl trace open -j -u 65534 --comm '^(first|second)$'
check '--comm' watch_start comm netctl trace open -j --comm '^sec'
check 'all of these at once, and all' watch_start both netctl trace open -j --comm '^(first|second)$'
echo "at -100 '/a' 0" >one
echo "at -100 '/b' 0" >two
wait "$first" "$second"
check 'both are seen' watch_has both '.path == "/b"'
check 'the first too' watch_has both '.path == "/a"'
for name in pid uid comm both; do
	check "the end of $name" watch_end "$name"
done
# Processes open other things when they end, such as locales.
same '-p has one' '["first","/a"]' "$(watched pid 'select(.path == "/a" or .path == "/b") | [.comm, .path]')"
same '-u has one' '["second","/b",65534]' "$(watched uid '[.comm, .path, .uid]')"
same '--comm has one' '["second","/b"]' "$(watched comm '[.comm, .path]')"
same 'without, both' $'["/a"]\n["/b"]' "$(watched both '[.path]' | sort)"
exits 'no such user' 3 'no_such_user' netctl trace open -u no_such_user

# A thread is not its process: curl asks for names in one of its own. netctl itself is of no interest, whatever it opens:
# here, what tells it the local time.
check 'other threads' watch_start threads netctl trace open -j --comm '^curl$'
check 'other netctls' watch_start netctls netctl trace open -T --comm '^netctl$'
netctl --version >/dev/null
curl -sm 1 http://nobody.invalid/
check 'a thread has an ID of its own' watch_has threads '.path == "/etc/hosts" and .tid != .pid'
check 'another netctl is seen' eventually grep -q ' netctl ' netctls.out
watch_end threads
watch_end netctls
same 'it is not seen itself' 0 "$(grep -c " ${trace_pid[netctls]} " netctls.out)"

# ---- many, and nothing afterwards --------------------------------------------------------------

many=$(rounds 20000 2000)
check 'many' watch_start many netctl trace open -j --comm '^many$'
# shellcheck disable=SC2016  # for perl
perl -e '$0 = "many"; for (1 .. shift) { open(my $f, "<", "/nowhere/$_") }' "$many"
check 'all of them come' eventually has_lines many "$many"
watch_end many
same 'none is lost, none comes twice' "netctl: trace open: $many events, 0 lost, $many paths" \
	"$(watch_summary many), $(watched many .path | sort -u | wc -l) paths"
# More than there is room for while nobody looks: every one is shown or said to be lost.
lose() {
	local lost opens
	# shellcheck disable=SC2016  # for perl; it ends before it opens anything else
	perl -e '<STDIN>; for (1 .. 60000) { open(my $f, "<", "/nowhere") } kill(9, $$)' <one &
	opens=$!
	exec {go}>one
	watch_start lost netctl trace open -p "$opens"
	kill -STOP "${trace_pid[lost]}"
	echo >&"$go"
	wait "$opens" 2>/dev/null
	exec {go}>&-
	kill -CONT "${trace_pid[lost]}"
	check 'it says so while it watches' eventually grep -q '^netctl: trace open: [0-9]* events were lost up to now$' lost.err
	watch_end lost
	lost=$(sed -n '$s/.* \([0-9]*\) lost$/\1/p' lost.err)
	same 'shown and lost are all' 60000 "$(($(grep -c ' /nowhere$' lost.out) + lost))"
	rm lost.out
}
if ((slow)); then skip 'lost' 'too slow to print as many'; else lose; fi
# Faster than they can be printed, and no end of it.
# shellcheck disable=SC2016  # for perl
perl -e '$0 = "flood"; my $end = time + 60; while (time < $end) { open(my $f, "<", "/nowhere") for 1 .. 1000 }' &
flood=$!
check 'a flood' watch_start flood netctl trace open -j --comm '^flood$'
sleep 1
check 'Ctrl-C ends it' watch_end flood
check 'while the flood goes on' kill -0 "$flood"
kill "$flood"
rm "$work/flood.out"
same 'nothing is left' "$before" "$(trace_traces)"
finish
