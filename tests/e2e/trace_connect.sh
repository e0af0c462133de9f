#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# netctl trace connect: a known program connects in every way there is, and every line is what it did.
# shellcheck disable=SC2317  # functions that `check` calls
# shellcheck disable=SC2016  # for perl
# shellcheck source=tests/e2e/lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source=tests/e2e/trace.inc
. "$(dirname "$0")/trace.inc"
need perl setpriv

# It connects when it is told to, and says what is to be seen of that: a line of JSON each.
cat >"$work/connects.pl" <<'PERL'
use strict;
use warnings;
use Errno;
use Fcntl;
use Socket qw(:all);
use constant { MPTCP => 262, TCP_USER_TIMEOUT => 18, MSG_FASTOPEN => 0x20000000 };

my ($server, $server6, $silent, $absent) = ('10.80.0.2', 'fd00:80::2', '10.80.0.77', '10.80.0.78');

sub name {
	my ($address, $port) = @_;
	return $address =~ /:/ ? pack_sockaddr_in6($port, inet_pton(AF_INET6, $address))
	                       : pack_sockaddr_in($port, inet_pton(AF_INET, $address));
}

# A socket of a family, bound to a port of ours if one is given.
sub made {
	my ($family, $type, $port, $protocol) = @_;
	socket(my $socket, $family, $type, $protocol // 0) or return;
	setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, 1);
	bind($socket, name($family == AF_INET ? '0.0.0.0' : '::', $port)) or die "bind $port: $!" if $port;
	return $socket;
}

sub port {
	my ($socket) = @_;
	my $name = getsockname($socket);
	return sockaddr_family($name) == AF_INET ? (unpack_sockaddr_in($name))[0] : (unpack_sockaddr_in6($name))[0];
}

# What is to be seen.
sub seen {
	my ($ret, $proto, $saddr, $sport, $daddr, $dport) = @_;
	my $family = $daddr =~ /:/ ? 'ipv6' : 'ipv4';
	print qq([$$,"$family","$proto","$saddr",$sport,"$daddr",$dport,$ret]\n);
}

sub connects {
	my ($socket, $proto, $saddr, $sport, $daddr, $dport, $to) = @_;
	my $ret = connect($socket, name($to // $daddr, $dport)) ? 0 : -$!;
	seen($ret, $proto, $saddr, $sport // port($socket), $daddr, $dport);
	return $socket;
}

sub nonblocking {
	my ($socket) = @_;
	fcntl($socket, F_SETFL, O_NONBLOCK);
	return $socket;
}

sub writable {
	my ($socket) = @_;
	vec(my $which = '', fileno($socket), 1) = 1;
	select(undef, $which, undef, 10);
}

$| = 1;
print "$$\n";
open(my $go, '<', $ARGV[0]) or die "$ARGV[0]: $!";
my $told = <$go>;

my ($tcp, $tcp6) = (sub { made(AF_INET, SOCK_STREAM, @_) }, sub { made(AF_INET6, SOCK_STREAM, @_) });
my ($udp, $udp6) = (sub { made(AF_INET, SOCK_DGRAM, @_) }, sub { made(AF_INET6, SOCK_DGRAM, @_) });

# Established and refused; bound or not.
my $first = connects($tcp->(41001), 'tcp', '10.80.0.1', 41001, $server, 8080);
connects($tcp->(), 'tcp', '10.80.0.1', undef, $server, 8080);
connects($tcp->(41002), 'tcp', '10.80.0.1', 41002, $server, 81);
connects($tcp6->(41003), 'tcp', 'fd00:80::1', 41003, $server6, 8080);
connects($tcp6->(41004), 'tcp', 'fd00:80::1', 41004, $server6, 81);
# IPv4 by a socket of IPv6.
connects($tcp6->(41005), 'tcp', '10.80.0.1', 41005, $server, 8080, "::ffff:$server");

# Before there is a SYN: no route; the same two ends again.
connects($tcp->(), 'tcp', '0.0.0.0', 0, '192.0.2.1', 8080);
connects($tcp6->(), 'tcp', '::', 0, '2001:db8::1', 8080);
connects($tcp->(41001), 'tcp', '10.80.0.1', 41001, $server, 8080);

# Nobody there, and nobody who answers.
connects($tcp->(41006), 'tcp', '10.80.0.1', 41006, $absent, 8080);
my $slow = $tcp->(41007);
setsockopt($slow, IPPROTO_TCP, TCP_USER_TIMEOUT, 300);
connects($slow, 'tcp', '10.80.0.1', 41007, $silent, 8080);

# To ask how it went is not to connect again, be it well or not.
for ([41008, 8080, 0], [41009, 81, -Errno::ECONNREFUSED]) {
	my ($sport, $dport, $ret) = @$_;
	my $socket = nonblocking($tcp->($sport));
	connect($socket, name($server, $dport));
	writable($socket);
	connect($socket, name($server, $dport));
	seen($ret, 'tcp', '10.80.0.1', $sport, $server, $dport);
}

# Given up before there was an answer.
my $given_up = nonblocking($tcp->(41010));
connect($given_up, name($silent, 8080));
close($given_up);
seen(-Errno::ECANCELED, 'tcp', '10.80.0.1', 41010, $silent, 8080);

# With itself: both sides send a SYN.
connects($tcp->(41011), 'tcp', '127.0.0.1', 41011, '127.0.0.1', 41011);

# Without connect().
my $fast = $tcp->(41012);
send($fast, 'x', MSG_FASTOPEN, name($server, 8080)) or die "send: $!";
seen(0, 'tcp', '10.80.0.1', 41012, $server, 8080);

# UDP: no packet is sent, only an address kept. The last is a farewell, not a connection.
connects($udp->(41013), 'udp', '10.80.0.1', 41013, $server, 53);
connects($udp->(), 'udp', '10.80.0.1', undef, $server, 53);
connects($udp6->(41014), 'udp', 'fd00:80::1', 41014, $server6, 53);
my $again = connects($udp->(41015), 'udp', '0.0.0.0', 41015, '192.0.2.1', 53);
connect($again, pack('S x14', AF_UNSPEC));

# Not of ours.
socket(my $local, AF_UNIX, SOCK_STREAM, 0);
connect($local, pack_sockaddr_un('/nowhere'));
open(my $file, '<', $0);
connect($file, name($server, 8080));

# Seen by its subflow.
my $multipath = $tcp->(41016, MPTCP);
connects($multipath, 'tcp', '10.80.0.1', 41016, $server, 8080) if $multipath;
PERL

lab_up
before=$(trace_traces)

# What the clients are up against: one who is not there, one who does not answer.
ip -n "$client" neigh add 10.80.0.77 lladdr 02:00:00:00:99:99 dev eth0 nud permanent
on client sysctl -qw net.ipv4.neigh.eth0.retrans_time_ms=100 net.ipv4.neigh.eth0.mcast_solicit=1

# Of a line, in the order the program says them.
fields='[.pid,.family,.proto,.saddr,.sport,.daddr,.dport,.ret]'

# watch_all NAME=OPTIONS... - several at once.
watch_all() {
	local row name
	for row; do
		name=${row%%=*}
		# shellcheck disable=SC2086  # words
		netctl trace connect ${row#*=} >"$work/$name.out" 2>"$work/$name.err" &
		trace_pid[$name]=$!
	done
	for row; do
		name=${row%%=*}
		eventually grep -q watching "$work/$name.err" || {
			echo "$name: $(<"$work/$name.err")"
			return 1
		}
	done
}

# did JQ-CONDITION - what it did, as far as the condition is true.
did() {
	jq -c "select($1)" <<<"$expected"
}

test_every_way() {
	local ran
	ran=$(jq -s 'length' <<<"$expected")
	same "every connect is one line: addresses, ports, results ($ran)" "$(did true | sort)" \
		"$(watched all "select(.comm == \"perl\") | $fields" | sort)"
	same 'in the order they ended' "$(did true)" "$(watched all "select(.comm == \"perl\") | $fields")"
	same 'who it was' "[[$program,$BASHPID,65534,\"perl\",$(stat -Lc %i "/run/netns/$client")]]" \
		"$(watched all 'select(.comm == "perl") | [.pid,.ppid,.uid,.comm,.netns]' | jq -sc unique)"
	same 'an answer that never came took as long as was waited for it' true \
		"$(watched all 'select(.sport == 41007) | .latency_us > 300000 and .latency_us < 60000000')"
	same 'a latency is a number of microseconds' true \
		"$(watched all '.latency_us' | jq -s 'all(type == "number" and . > 0)')"
}

test_filters() {
	same '--pid' "$(did true)" "$(watched pid "$fields")"
	same '--uid' "$(did true)" "$(watched uid "select(.netns == $netns) | $fields")"
	same '--comm' "$(did true)" "$(watched comm "select(.netns == $netns) | $fields")"
	same '--netns of another: nothing' '' "$(watched other .)"
	same '--port 81,53' "$(did '.[6] == 81 or .[6] == 53')" "$(watched port "$fields")"
	same '--ipv6' "$(did '.[1] == "ipv6"')" "$(watched ipv6 "$fields")"
	same '--ipv4' "$(did '.[1] == "ipv4"')" "$(watched ipv4 "$fields")"
	same '--slower' "$(did '.[4] == 41007')" "$(watched slower "$fields")"
	same '--tcp: what sent a SYN, nothing else' \
		"$(did '.[2] == "tcp" and .[4] != 0 and .[7] != -99')" \
		"$(watched tcp "select(.ret != -125 or .sport != 41001) | $fields")"
	same '--count: how many to whom' \
		"$(jq -sc 'group_by(.[1:4] + .[5:7]) | map([length, (map(select(.[7] != 0)) | length)] + .[0][1:4] + .[0][5:7]) | sort[]' <<<"$expected")" \
		"$(watched count '[.connects,.failed,.family,.proto,.saddr,.daddr,.dport]' | jq -sc 'sort[]')"
}

test_ends() {
	local name said=''
	for name in all pid uid comm other port ipv6 ipv4 slower tcp; do
		same "Ctrl-C, --$name: a summary" \
			"netctl: trace connect: $(wc -l <"$work/$name.out") events, 0 lost" \
			"$(watch_summary "$name" | sed 's/ 1 event,/ 1 events,/')"
	done
	for name in "${!status[@]}"; do
		((!status[$name])) || said+=" $name: ${status[$name]}"
	done
	same 'and exit status 0' '' "$said"
	same 'nothing stays attached' "$before" "$(trace_traces)"
}

# --- everything at once, and one program -------------------------------------------------------

netns=$(stat -Lc %i "/run/netns/$client")

chmod 0755 "$work"
program_start client setpriv --reuid 65534 --regid 65534 --clear-groups perl "$work/connects.pl"
check 'ten at once watch' watch_all "all=-j -n $client" "pid=-j -p $program" 'uid=-j -u 65534' "comm=-j --comm ^perl\$" \
	"other=-j -n $server" "port=-j -n $client -P 81,53" "ipv6=-j -6 -n $client" "ipv4=-j -4 -n $client" \
	"slower=-j -n $client --slower 0.25" "tcp=-j -n $client --tcp" "count=-j --count -n $client"
program_run
check 'the last of it is seen' watch_has all '.sport == 41015'

declare -A status=()
for name in "${!trace_pid[@]}"; do
	status[$name]=0
	watch_end "$name" || status[$name]=$?
done
test_every_way
test_filters
test_ends

# --- what is left -------------------------------------------------------------------------------

test_killed() {
	check 'a tracer for one event' watch_start killed netctl trace connect -j -n "$client" -c 1
	start client perl -MSocket -e 'socket(my $s, AF_INET, SOCK_STREAM, 0);
		connect($s, pack_sockaddr_in(8080, inet_aton("10.80.0.77")))'
	eventually syn_sent
	kill -KILL "$started"
	wait "$started" 2>/dev/null
	watch_wait killed
	same 'killed before there was an answer: ECANCELED' "[$started,\"10.80.0.77\",8080,-125]" \
		"$(watched killed '[.pid,.daddr,.dport,.ret]')"
	same 'it ends by itself after so many events' 'netctl: trace connect: 1 event, 0 lost' "$(watch_summary killed)"
}
syn_sent() { [[ $(on client ss -tnH state syn-sent) ]]; }

test_columns() {
	check 'a tracer without -j' watch_start columns netctl trace connect -n "$client" -c 2
	on client perl -MSocket -e 'socket(my $s, AF_INET, SOCK_STREAM, 0);
		bind($s, pack_sockaddr_in(42001, INADDR_ANY)); connect($s, pack_sockaddr_in(81, inet_aton("10.80.0.2")));
		socket($s, AF_INET, SOCK_DGRAM, 0); connect($s, pack_sockaddr_in(53, inet_aton("192.0.2.1")))'
	watch_wait columns
	same 'columns' "PID PPID UID COMM CONTAINER RET LATENCY_US PROTO SADDR SPORT DADDR DPORT
0 perl - ECONNREFUSED N tcp 10.80.0.1 42001 10.80.0.2 81
0 perl - ENETUNREACH N udp 0.0.0.0 N 192.0.2.1 53" \
		"$(awk 'NR > 1 { $1 = $2 = ""; $7 = "N" } NR > 2 { $10 = "N" } { sub(/^ +/, ""); $1 = $1; print }' "$work/columns.out")"
}

test_refusals() {
	exits 'no port' 2 "^netctl: --port '0': ports are wanted, such as 443 or 80,443$" netctl trace connect -P 0
	exits 'no list of ports' 2 "^netctl: --port '80,': " netctl trace connect -P 80,
	exits 'no port that high' 2 "^netctl: --port '65536': " netctl trace connect -P 65536
	exits 'not root: one line' 1 '^netctl: .*: (Operation not permitted|Permission denied)' \
		setpriv --reuid 65534 --regid 65534 --clear-groups netctl trace connect
}

test_killed
test_columns
test_refusals
finish
