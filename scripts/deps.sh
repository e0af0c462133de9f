#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Installs the Debian packages that are missing, saying so first; with everything there it does nothing
# and needs no root. Each row: how to tell that it is there, and the package that brings it.
set -euo pipefail

rows() {
	cat <<-'ROWS'
	command cc gcc
	file /usr/include/stdio.h libc6-dev
	command pkg-config pkg-config
	command clang clang
	runtime fuzzer libclang-rt-14-dev
	command llvm-strip llvm
	command bpftool bpftool
	module libbpf libbpf-dev
	module libxdp libxdp-dev
	module libmnl libmnl-dev
	module libelf libelf-dev
	module jansson libjansson-dev
	module libpcap libpcap-dev
	module libtraceevent libtraceevent-dev
	command ip iproute2
	command git git
	command ethtool ethtool
	command curl curl
	command nginx nginx-light
	command jq jq
	command tcpdump tcpdump
	command iperf3 iperf3
	command ping iputils-ping
	command xdp-loader xdp-tools
	command nft nftables
	command iptables-restore iptables
	command bpftrace bpftrace
	command opensnoop libbpf-tools
	command ab apache2-utils
	command socat socat
	command strace strace
	command pgrep procps
	command perl perl-base
	command clang-format clang-format
	command clang-tidy clang-tidy
	command shellcheck shellcheck
	command script bsdutils
	command qemu-system-x86_64 qemu-system-x86
	command busybox busybox-static
	command cpio cpio
	command modprobe kmod
	ROWS
}

PATH=$PATH:/usr/sbin:/sbin

missing() {
	local kind name package

	while read -r kind name package; do
		case $kind in
		command) command -v "$name" >/dev/null || echo "$package" ;;
		file) [[ -e $name ]] || echo "$package" ;;
		runtime) compgen -G "$(clang -print-resource-dir 2>/dev/null)/lib/linux/libclang_rt.$name-*" \
			>/dev/null || echo "$package" ;;
		module) pkg-config --exists "$name" 2>/dev/null || echo "$package" ;;
		esac
	done < <(rows)
}

# A package may start a service when it is installed; we want nginx's program, not its service.
without_services() {
	local policy=/usr/sbin/policy-rc.d

	if [[ -e $policy ]]; then
		"$@"
		return
	fi
	trap 'rm -f '"$policy" EXIT
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod +x "$policy"
	"$@"
}

mapfile -t packages < <(missing)
((${#packages[@]})) || exit 0
if ! command -v apt-get >/dev/null; then
	echo "deps: missing, and there is no apt-get to install them: ${packages[*]}" >&2
	exit 1
fi
if ((EUID)); then
	echo "deps: missing: ${packages[*]}; run 'sudo make deps'" >&2
	exit 1
fi
echo "deps: installing ${packages[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
without_services apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
mapfile -t packages < <(missing)
if ((${#packages[@]})); then
	echo "deps: still missing after the installation: ${packages[*]}" >&2
	exit 1
fi
