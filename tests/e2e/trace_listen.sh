#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# netctl trace listen: a known program listens in every way there is, and every line is what it did.
# shellcheck disable=SC2016  # for perl
# shellcheck source=tests/e2e/lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=tests/e2e/trace.inc
. "$(dirname "$0")/trace.inc"
need perl setpriv

# It listens when it is told to, and says what is to be seen of that: a line of JSON each.
cat >"$work/listens.pl" <<'PERL'
use strict;
use warnings;
use Socket qw(:all);
use constant MPTCP => 262;

sub made {
	my ($family, $address, $port, $v6only, $protocol) = @_;
	socket(my $socket, $family, SOCK_STREAM, $protocol // 0) or return;
	setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, 1);
	setsockopt($socket, IPPROTO_IPV6, IPV6_V6ONLY, $v6only) if $family == AF_INET6;
	return $socket if !defined $address;
	my $name = inet_pton($family, $address);
	bind($socket, $family == AF_INET ? pack_sockaddr_in($port, $name) : pack_sockaddr_in6($port, $name))
		or die "bind $address $port: $!";
	return $socket;
}

sub port {
	my ($socket) = @_;
	my $name = getsockname($socket);
	return sockaddr_family($name) == AF_INET ? (unpack_sockaddr_in($name))[0] : (unpack_sockaddr_in6($name))[0];
}

# What is to be seen, if listening is asked for with one backlog and had with another.
sub listens {
	my ($socket, $family, $address, $v6only, $asked, $had) = @_;
	my $ret = listen($socket, $asked) ? 0 : -$!;
	my ($port, $backlog, $only) = (port($socket), $had // $asked, $v6only ? 'true' : 'false');
	print qq([$$,"$family","$address",$port,$backlog,$only,$ret]\n);
	return $socket;
}

$| = 1;
print "$$\n";
open(my $go, '<', $ARGV[0]) or die "$ARGV[0]: $!";
my $told = <$go>;

# Again, with another backlog; and one that is more than this machine gives.
my $first = listens(made(AF_INET, '10.80.0.2', 9001), 'ipv4', '10.80.0.2', 0, 5);
listens($first, 'ipv4', '10.80.0.2', 0, 9);
listens(made(AF_INET, '0.0.0.0', 9002), 'ipv4', '0.0.0.0', 0, 100000, 77);
# The same address again: the kernel says so only now.
my $second = made(AF_INET, '0.0.0.0', 9003);
my $third = made(AF_INET, '0.0.0.0', 9003);
listens($second, 'ipv4', '0.0.0.0', 0, 0);
listens($third, 'ipv4', '0.0.0.0', 0, 3);
# No port was asked for.
my $unbound = listens(made(AF_INET), 'ipv4', '0.0.0.0', 0, 4);

listens(made(AF_INET6, 'fd00:80::2', 9004, 1), 'ipv6', 'fd00:80::2', 1, 6);
listens(made(AF_INET6, '::', 9005, 1), 'ipv6', '::', 1, 7);
listens(made(AF_INET6, '::', 9006, 0), 'ipv6', '::', 0, 8);
listens(made(AF_INET6, '::ffff:127.0.0.1', 9007, 0), 'ipv4', '127.0.0.1', 0, 11);

# Not of ours, or no socket at all.
socket(my $local, AF_UNIX, SOCK_STREAM, 0);
bind($local, pack_sockaddr_un("\0e2e"));
listen($local, 1);
socket(my $udp, AF_INET, SOCK_DGRAM, 0);
listen($udp, 1);
listen($go, 1);

my $multipath = made(AF_INET, '10.80.0.2', 9008, 0, MPTCP);
listens($multipath, 'ipv4', '10.80.0.2', 0, 12) if $multipath;
listens($multipath, 'ipv4', '10.80.0.2', 0, 13) if $multipath;
# The last.
listens(made(AF_INET, '127.0.0.1', 9009), 'ipv4', '127.0.0.1', 0, 14);
PERL

lab_up
before=$(trace_traces)
on server sysctl -qw net.core.somaxconn=77
fields='[.pid,.family,.addr,.port,.backlog,.v6only,.ret]'
netns=$(stat -Lc %i "/run/netns/$server")

test_every_way() {
	same "every listen is one line: address, port, backlog, result ($(wc -l <<<"$expected"))" "$expected" \
		"$(watched all "$fields")"
	same 'who it was' "[[$program,$BASHPID,65534,\"perl\",$netns,\"tcp\"]]" \
		"$(watched all '[.pid,.ppid,.uid,.comm,.netns,.proto]' | jq -sc unique)"
}

test_filters() {
	same '--pid' "$expected" "$(watched pid "$fields")"
	same '--uid' "$expected" "$(watched uid "select(.netns == $netns) | $fields")"
	same '--comm' "$expected" "$(watched comm "select(.netns == $netns) | $fields")"
	same '--pid of another: nothing' '' "$(watched other .)"
	same '--netns of another: nothing' '' "$(watched elsewhere .)"
}

test_ends() {
	local name ended
	for name in all pid uid comm other elsewhere; do
		ended=0
		watch_end "$name" || ended=$?
		same "Ctrl-C, $name: a summary" "netctl: trace listen: $(wc -l <"$work/$name.out") events, 0 lost, exit status 0" \
			"$(watch_summary "$name"), exit status $ended"
	done
	same 'nothing stays attached' "$before" "$(trace_traces)"
}

# Of a real server, the workers of which do not listen.
test_nginx() {
	cat >"$work/nginx.conf" <<-CONF
		daemon off; error_log $work/nginx.log; pid $work/nginx.pid; events {}
		http { access_log off; server { listen 10.80.0.2:9100 backlog=21; listen [fd00:80::2]:9101 backlog=22; } }
	CONF
	check 'a tracer for two events' watch_start nginx netctl trace listen -j -c 2 -n "$server"
	start server nginx -c "$work/nginx.conf" -e "$work/nginx.log"
	watch_wait nginx
	kill -TERM "$started"
	wait "$started"
	same 'nginx, which listens twice' \
		"[$started,\"nginx\",\"10.80.0.2\",9100,21,0]
[$started,\"nginx\",\"fd00:80::2\",9101,22,0]" "$(watched nginx '[.pid,.comm,.addr,.port,.backlog,.ret]' | head -n 2)"
	same 'it ends by itself after so many events' 'netctl: trace listen: 2 events, 0 lost' "$(watch_summary nginx)"
}

# The kernel listens for itself, where nobody has called listen().
test_kernel() {
	local name='a listener of the kernel'"'"'s own'
	check 'a tracer for one event' watch_start kernel netctl trace listen -j -n "$server"
	if ip -n "$server" mptcp endpoint add 10.80.0.2 port 9200 signal 2>/dev/null; then
		check "$name is seen" watch_has kernel '.port == 9200'
		same "$name" '["ip","ipv4","10.80.0.2",9200,0]' "$(watched kernel '[.comm,.family,.addr,.port,.ret]')"
	else
		skip "$name" 'this kernel or this ip has no endpoints of multipath TCP'
	fi
	watch_end kernel
}

test_columns() {
	check 'a tracer without -j' watch_start columns netctl trace listen -n "$server" -c 2
	on server perl -MSocket -e 'socket(my $s, AF_INET, SOCK_STREAM, 0);
		setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
		bind($s, pack_sockaddr_in(9300, INADDR_ANY));
		socket(my $t, AF_INET, SOCK_STREAM, 0);
		setsockopt($t, SOL_SOCKET, SO_REUSEADDR, 1);
		bind($t, pack_sockaddr_in(9300, INADDR_ANY));
		listen($s, 3); listen($t, 4)'
	watch_wait columns
	same 'columns' "PID PPID UID COMM CONTAINER RET BACKLOG ADDR PORT
0 perl - 0 3 0.0.0.0 9300
0 perl - EADDRINUSE 4 0.0.0.0 9300" \
		"$(awk 'NR > 1 { $1 = $2 = "" } { sub(/^ +/, ""); $1 = $1; print }' "$work/columns.out")"
}

# --- several at once, and one program -----------------------------------------------------------

chmod 0755 "$work"
program_start server setpriv --reuid 65534 --regid 65534 --clear-groups perl "$work/listens.pl"
for row in "all=-n $server" "pid=-p $program" uid='-u 65534' comm='--comm ^pe' other='-p 1' "elsewhere=-n $client"; do
	# shellcheck disable=SC2086  # words
	check "a tracer: ${row#*=}" watch_start "${row%%=*}" netctl trace listen -j ${row#*=}
done
program_run
check 'the last of it is seen' watch_has all '.port == 9009'
test_ends
test_every_way
test_filters
test_nginx
test_kernel
test_columns
exits 'not root: one line' 1 '^netctl: .*: (Operation not permitted|Permission denied)' \
	setpriv --reuid 65534 --regid 65534 --clear-groups netctl trace listen
finish
