#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# netctl trace exec: what is started is what is shown, word for word; and what all tracers share: the filters,
# the two ways of printing, the end.
# shellcheck disable=SC2154  # the other file's variables
# shellcheck source=tests/e2e/lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=tests/e2e/trace.inc
. "$(dirname "$0")/trace.inc"

before=$(trace_traces)

inode() { stat -L -c %i "$1"; }
said() { watched "$1" "select(.comm == \"$2\")"; }

# ---- one program, every field ------------------------------------------------------------------

check 'trace exec starts' watch_start all netctl -j trace exec -x
/bin/echo one 'two  three' $'tab\there' '' >"$work/echo" &
echo_pid=$!
wait $echo_pid
"$work/nothing-there" with '' arguments 2>/dev/null
# shellcheck disable=SC2046  # words
/bin/echo $(seq 20000) last >"$work/echo"
check 'all of it is seen' watch_has all '.args[-1] == "last"'
same 'a program that was started' \
	"{\"pid\":$echo_pid,\"ppid\":$$,\"tid\":$echo_pid,\"uid\":0,\"comm\":\"echo\",\"netns\":$(inode /proc/self/ns/net),\"utsns\":$(inode /proc/self/ns/uts),\"ret\":0,\"path\":\"/bin/echo\",\"args\":[\"/bin/echo\",\"one\",\"two  three\",\"tab\\there\",\"\"],\"truncated\":false}" \
	"$(watched all "select(.pid == $echo_pid and .comm == \"echo\") | del(.time, .cgroup, .container)")"
same 'a program that is not there' \
	"[-2,\"$work/nothing-there\",[\"$work/nothing-there\",\"with\",\"\",\"arguments\"],false]" \
	"$(watched all "select(.path == \"$work/nothing-there\") | [.ret, .path, .args, .truncated]")"
same '20,000 arguments, none cut' '[20002,"1","20000",false]' \
	"$(watched all 'select(.args[-1] == "last") | [(.args | length), .args[1], .args[-2], .truncated]')"
check 'time is RFC 3339, and now' test "$(($(date +%s) - $(date -d "$(watched all .time | head -n 1 | tr -d \")" +%s)))" -le "$(rounds 10 60)"
check 'Ctrl-C ends it well' watch_end all
check 'it says how many there were' grep -Eq '^netctl: trace exec: [0-9]+ events, 0 lost$' <(watch_summary all)

# ---- bounds ------------------------------------------------------------------------------------

watch_start bounds netctl -j trace exec -x
# Two arguments of 100 KiB each: more than there is room for.
/bin/echo "$(head -c 100000 /dev/zero | tr '\0' a)" "$(head -c 100000 /dev/zero | tr '\0' b)" >"$work/echo"
check 'too long a command line is seen' watch_has bounds '.comm == "echo"'
same 'and said to be cut' '[true,100000,true]' \
	"$(said bounds echo | jq -c '[.truncated, (.args[1] | length), (.args[2] | length) < 100000]')"
"$work/nothing-there" "$(head -c 100000 /dev/zero | tr '\0' a)" b 2>/dev/null
check 'too long a command line that fails is seen' watch_has bounds '.ret < 0'
same 'and said to be cut' "[-2,true,[\"$work/nothing-there\"]]" \
	"$(watched bounds 'select(.ret < 0) | [.ret, .truncated, .args]')"
if [[ $(uname -m) == x86_64 ]]; then
	# shellcheck disable=SC2016  # for perl
	perl -e 'my ($path, @args) = @ARGV; my $argv = pack("ppQ", @args, 0); my $envp = pack("Q", 0); syscall(322, -100, $path, $argv, $envp, 0)' \
		"$work/not-at" at work
	check 'execveat() that fails' watch_has bounds ".path == \"$work/not-at\" and .args == [\"at\", \"work\"] and .ret == -2"
else
	skip 'execveat() that fails' 'its number is known of x86_64 only'
fi
# shellcheck disable=SC2086
"$BASH" -c 'exec -a $'\''bad\xff\x1bname'\'' /bin/echo x' >"$work/echo"
check 'bytes that are no text' watch_has bounds '.args[0] == "bad\ufffd\u001bname"'
# The kernel takes paths of 4 KiB.
deep=$work/$(printf 'p%.0s' {1..200})/$(printf 'q%.0s' {1..200})
mkdir -p "$deep"
cp /bin/true "$deep/deep"
"$deep/deep"
check 'too long a path is seen' watch_has bounds '.comm == "deep"'
same 'and said to be cut' "[255,true,[\"$deep/deep\"]]" "$(said bounds deep | jq -c '[(.path | length), .truncated, .args]')"
watch_end bounds

# ---- columns -----------------------------------------------------------------------------------

watch_start columns netctl trace exec -T --comm '^ec' -c 2
"$BASH" -c 'exec -a $'\''e\x1b[31m'\'' /bin/echo x' >"$work/echo"
/bin/echo y >"$work/echo"
check 'it ends by itself after -c' watch_wait columns
same 'one heading, columns, no control characters' \
	"TIME PID PPID UID COMM CONTAINER RET ARGS
0 echo - 0 e\\x1b[31m x
0 echo - 0 /bin/echo y" \
	"$(sed '2,$s/^[0-9:.]* *[0-9]* *[0-9]* *//; s/  */ /g' "$work/columns.out")"

# ---- filters -----------------------------------------------------------------------------------

# seen_by NAME - the third argument of every echo it saw
seen_by() { watched "$1" 'select(.comm == "echo") | .args[1]' | tr -d '"' | tr '\n' ' '; }

on_cgroup() { echo "$BASHPID" >"$1/cgroup.procs" && exec "${@:2}"; }

cgroup=/sys/fs/cgroup/unified
[[ -e $cgroup/cgroup.procs ]] || cgroup=/sys/fs/cgroup
[[ -e $cgroup/cgroup.controllers ]] || { mkdir -p "$work/cgroup" && cgroup=$work/cgroup && mount -t cgroup2 none "$cgroup"; }
id=$(printf '%064x' "${EPOCHREALTIME/[.,]/}")
scope=docker-$id.scope
mkdir "$cgroup/$scope" "$cgroup/$scope/below"
trap 'rmdir "$cgroup/$scope/below" "$cgroup/$scope" "/sys/fs/cgroup/memory/$scope" 2>/dev/null' EXIT
mount -t tmpfs tmpfs /var/lib && mkdir -p "/var/lib/docker/containers/$id" &&
	echo "{\"ID\":\"$id\",\"Name\":\"/shop\"}" >"/var/lib/docker/containers/$id/config.v2.json"
ip netns add other

check 'by process' watch_start pid netctl -j trace exec -p 4000000,$$
check 'by user' watch_start uid netctl -j trace exec -u nobody
check 'by name' watch_start comm netctl -j trace exec --comm '^(echo|cat)$'
check 'by control group' watch_start cgroup netctl -j trace exec --cgroup "/$scope"
check 'by container' watch_start container netctl -j trace exec --container shop
check 'by network namespace' watch_start netns netctl -j -n other trace exec

setpriv --reuid nobody /bin/echo user >"$work/echo"
(on_cgroup "$cgroup/$scope" /bin/echo scope) >"$work/echo"
(on_cgroup "$cgroup/$scope/below" /bin/echo below) >"$work/echo"
nsenter --net=/run/netns/other /bin/echo netns >"$work/echo"
/bin/cat </dev/null
/bin/echo end >"$work/echo"
check 'all have happened' watch_has comm '.args[1] == "end"'
for name in uid comm cgroup container netns; do watch_end $name; done
same 'only that user' 'user ' "$(seen_by uid)"
same 'only those names' '["cat","echo"]' "$(jq -sc '[.[].comm] | unique' "$work/comm.out")"
same 'all of that name' 'user scope below netns end ' "$(seen_by comm)"
same 'only that control group and below' 'scope below ' "$(seen_by cgroup)"
same 'only that container' 'scope below ' "$(seen_by container)"
same 'only that network namespace' 'netns ' "$(seen_by netns)"
same 'the container by name, id and runtime' "{\"id\":\"$id\",\"name\":\"shop\",\"runtime\":\"docker\"}" \
	"$(watched container .container | sort -u)"
same 'the control group' "\"/$scope\"" "$(watched container 'select(.args[1] == "scope") | .cgroup')"
same 'none for the others' 'null' "$(watched comm 'select(.args[1] == "end") | .container')"

# A shell that becomes another program keeps its process ID.
"$BASH" -c "echo \$\$ >$work/pid; read -r <$work/never; exec /bin/echo becomes" >"$work/echo" &
becoming=$!
eventually test -s "$work/pid"
watch_start becomes netctl -j trace exec -p "$(<"$work/pid")"
echo >"$work/never"
wait $becoming
check 'a process that becomes another' watch_has becomes ".pid == $becoming and .args == [\"/bin/echo\", \"becomes\"]"
watch_end becomes
watch_end pid
same 'and nobody else' 1 "$(wc -l <"$work/becomes.out")"

# An unknown runtime has an ID all the same.
mv "/var/lib/docker/containers/$id" "/var/lib/docker/containers/gone"
watch_start unknown netctl -j trace exec --container "${id:0:60}"
(on_cgroup "$cgroup/$scope" /bin/echo scope) >"$work/echo"
check 'a container without a name' watch_has unknown ".container == {\"id\":\"$id\",\"name\":null,\"runtime\":\"docker\"}"
watch_end unknown

# A container may be known to a version 1 hierarchy only, while the service manager uses version 2.
memory=/sys/fs/cgroup/memory
if [[ -e $memory/cgroup.procs ]] && mkdir "$memory/$scope"; then
	rmdir "$cgroup/$scope/below" "$cgroup/$scope"
	watch_start v1 netctl -j trace exec --container "${id:0:60}"
	(on_cgroup "$memory/$scope" /bin/echo v1) >"$work/echo"
	check 'a container of version 1' watch_has v1 ".cgroup == \"/$scope\" and .container.id == \"$id\""
	watch_end v1
else
	skip 'a container of version 1' 'no such hierarchy here'
fi

# ---- two at once, many at once -----------------------------------------------------------------

watch_start one netctl -j trace exec --comm '^true$'
watch_start two netctl -j trace exec --comm '^true$'
count=$(rounds 500 30)
for ((i = 0; i < count; i++)); do /bin/true; done
/bin/true end
check 'the first of two sees the end' watch_has one '.args[1] == "end"'
check 'so does the second' watch_has two '.args[1] == "end"'
watch_end one
watch_end two
same 'every one of them' "$((count + 1)) $((count + 1))" "$(wc -l <"$work/one.out") $(wc -l <"$work/two.out")"

# ---- refusals, and nothing left ----------------------------------------------------------------

exits 'a process ID that is none' 2 "^netctl: --pid '12x': process IDs are wanted" netctl trace exec -p 12x
exits 'a word too many' 2 "^netctl: trace exec: takes no operand, as 'curl' is one" netctl trace exec curl
exits 'a user who is none' 3 "^netctl: --uid 'nosuchuser': there is no such user" netctl trace exec -u nosuchuser
exits 'no control characters in what is said' 3 "^netctl: --uid 'x\?\[31m': " netctl trace exec -u $'x\e[31m'
exits 'an expression that is none' 2 "^netctl: --comm '\(': " netctl trace exec --comm '('
exits 'a control group that is not there' 3 "^netctl: .*'/no/such'" netctl trace exec --cgroup /no/such
exits 'a container that is not there' 3 "^netctl: container 'nosuch': " netctl trace exec --container nosuch
exits 'a namespace that is not there' 3 "^netctl: network namespace 'nosuch': " netctl -n nosuch trace exec
exits 'two kinds of group' 2 '^netctl: --cgroup and --container' netctl trace exec --cgroup / --container x
exits 'without root' 1 '^netctl: ' setpriv --reuid nobody --clear-groups --inh-caps=-all netctl trace exec

watch_start killed netctl -j trace exec
kill -KILL "${trace_pid[killed]}"
wait "${trace_pid[killed]}" 2>/dev/null
same 'nothing is left, not even after kill -9' "$before" "$(trace_traces)"
finish
