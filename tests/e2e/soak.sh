#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Many requests to a port that is not blocked: none fails, and every packet of them is counted.
#
# PORTCULLIS_REQUESTS  how many (100,000; on an emulated machine 1,000)
# shellcheck disable=SC2317  # check and its like call them
# shellcheck source=tests/e2e/lab.sh
. "$(dirname "$0")/lab.sh"
command -v ab >/dev/null || skip_all 'ab is missing (package apache2-utils)'

requests=${PORTCULLIS_REQUESTS:-$(rounds 100000 1000)}

# load ADDRESS N - with keep-alive, eight connections at a time; what ab reports is kept.
load() {
	on client ab -q -k -c 8 -n "$2" "http://$1:8080/" >"$work/ab" 2>&1 || { cat "$work/ab" && return 1; }
}

reported() {
	sed -n "s/^$1: *//p" "$work/ab"
}

# soak OPTIONS ADDRESS N
soak() {
	local way="attach $1, $3 requests" stats
	# shellcheck disable=SC2086  # words
	check "attach $1" loader -n "$server" attach eth0 $1 || return
	settle
	netctl -n "$server" stats eth0 --reset -j >/dev/null
	check "$way: a witness" witness all client eth0 || return
	check "$way: ab" load "$2" "$3"
	note "$(grep 'Requests per second' "$work/ab")"
	settle
	stats=$(netctl -n "$server" stats eth0 -j --exact)
	check "$way: the witness missed nothing" witness_end all
	same "$way: every one of them was answered" "$3 0 " \
		"$(reported 'Complete requests') $(reported 'Failed requests') $(reported 'Non-2xx responses')"
	same "$way: xdp" "$(witnessed all "${from_client[@]}")" "$(counted xdp "$stats")"
	same "$way: tc-ingress" "$(witnessed all "${from_client[@]}")" "$(counted tc-ingress "$stats")"
	same "$way: tc-egress" "$(witnessed all "${from_server[@]}")" "$(counted tc-egress "$stats")"
	same "$way: nothing was dropped" '0 0 0' "$(count xdp .dropped.packets "$stats") $(
		count tc-ingress .dropped.packets "$stats") $(count tc-egress .dropped.packets "$stats")"
	check "$way: detach" loader -n "$server" detach eth0
}

lab_up
soak '--xdp-mode skb' 10.80.0.2 $((requests / 2))
soak '--early-drop' '[fd00:80::2]' $((requests - requests / 2))
finish
