#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# netctl watch: lines or JSON when piped, the other screen on a terminal, which is left as it was found.
# shellcheck disable=SC2317  # check and its like call them
# shellcheck source=tests/e2e/lab.sh
. "$(dirname "$0")/lab.sh"
need script

escape=$'\e'

# Requests go on until the watch is over, so that there is something to see.
with_traffic() {
	local status=0
	"$@" &
	local pid=$!
	while [[ -e /proc/$pid/cmdline ]] && kill -0 "$pid" 2>/dev/null; do
		answers client 10.80.0.2:8080 >/dev/null
	done
	wait "$pid" || status=$?
	return "$status"
}

watch_lines() { netctl -n "$server" watch eth0 -i 0.2 -c 3 >"$work/lines"; }
watch_json() { netctl -n "$server" watch eth0 -i 0.2 -c 3 -j >"$work/json"; }

keys='[["time","ifname","netns","seconds","hooks"],["xdp","tc-ingress","tc-egress"],
	["packets_per_second","bits_per_second","drops_per_second","packets","bytes","dropped"]]'

# on_terminal SIGNAL - netctl on a terminal of its own, 100 columns wide, ended by a signal: Ctrl-C as the terminal
# sends it for INT, else by its process id. "STATUS" is its exit status.
on_terminal() {
	local typed=$work/typed pid netctl
	rm -f "$typed" && mkfifo "$typed"
	: >"$work/screen"
	script -qefc "stty cols 100 rows 40; exec netctl -n $server watch eth0 -i 0.1" "$work/screen" \
		<"$typed" >/dev/null 2>&1 &
	pid=$!
	exec {keyboard}>"$typed"
	eventually grep -q 'tc-egress' "$work/screen" || echo 'nothing on the screen'
	if [[ $1 == INT ]]; then
		printf '\003' >&"$keyboard"
	else
		netctl=$(pgrep -P "$pid" -x netctl)
		kill -s "$1" "$netctl"
	fi
	wait "$pid"
	echo "exit status $?" >"$work/status"
	exec {keyboard}>&-
}

# What a terminal was told, as words.
screen_words() {
	grep -ao "$escape\[?[0-9]*[hl]" "$work/screen" | sed "s/$escape\[?1049h/other-screen/; s/$escape\[?1049l/back/
		s/$escape\[?25l/no-cursor/; s/$escape\[?25h/cursor/" | tr '\n' ' '
}

lab_up
check 'attach' loader -n "$server" attach eth0

check 'piped: it ends by itself' with_traffic watch_lines
same 'piped: as many lines as looks' 3 "$(wc -l <"$work/lines")"
same 'piped: every line has the time, the interface and three hooks' 3 "$(grep -cE \
	"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}[+-][0-9]{2}:[0-9]{2} $server:eth0  xdp .* pkt/s .* bit/s .* drop/s  tc-ingress .*  tc-egress " \
	"$work/lines")"
same 'piped: no escape sequences' '' "$(grep "$escape" "$work/lines")"

check 'JSON: it ends by itself' with_traffic watch_json
same 'JSON: as many lines as looks' 3 "$(wc -l <"$work/json")"
same 'JSON: each has the documented keys' "$(jq -cn "[$keys | (.[0], .[1], .[2])]" | tr -d '\n')" \
	"$(jq -c '[keys_unsorted, (.hooks | keys_unsorted), (.hooks.xdp | keys_unsorted)]' "$work/json" | sort -u)"
same 'JSON: the rates are what was seen in that time' true "$(jq -s 'map(.seconds as $seconds | $seconds > 0.1 and
	(.hooks | map(.packets == (.packets_per_second * $seconds | round)) | all)) | all' "$work/json")"
same 'JSON: there was traffic to see' true "$(jq -s 'map(.hooks["tc-egress"].packets) | add > 0' "$work/json")"

# A reader that goes away ends it, quietly.
first_line() { netctl -n "$server" watch eth0 -i 0.05 2>"$work/stderr" | head -n 1 >"$work/first"; }
check 'a reader that goes away ends it' eval 'first_line || (($? == 141))'
same 'and it has nothing to complain about' '' "$(<"$work/stderr")"

for signal in INT TERM HUP; do
	on_terminal "$signal" >"$work/said" 2>&1
	same "on a terminal, SIG$signal: exit status 0" 'exit status 0' "$(<"$work/status")"
	same "on a terminal, SIG$signal: the other screen without a cursor, and back" 'other-screen no-cursor cursor back ' \
		"$(screen_words)"
	note "$(<"$work/said")"
done
same 'on a terminal: no line is wider than it' '' "$(sed "s/$escape\[[?0-9;]*[a-zA-Z]//g; s/\r//g" "$work/screen" |
	grep -v '^Script' | LC_ALL=C.UTF-8 awk 'length > 100')"

check 'detach' loader -n "$server" detach eth0
exits 'watch of what is not attached' 3 '^netctl: ' netctl -n "$server" watch eth0 -c 1

# The interface goes while it is watched: it says so and ends.
check 'attach once more' loader -n "$server" attach eth0
netctl -n "$server" watch eth0 -i 0.1 >"$work/lines" 2>"$work/stderr" &
watcher=$!
eventually test -s "$work/lines"
check 'detach while it is watched' loader -n "$server" detach eth0
ended() { ! kill -0 "$watcher" 2>/dev/null; }
check 'ends the watch' eventually ended
ended || kill "$watcher"
wait "$watcher"
status=$?
same 'with a sentence and not with status 0' '1 true' "$(wc -l <"$work/stderr") $([[ $status == [13] ]] && echo true)"
finish
