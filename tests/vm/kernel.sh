#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Fetches a stock Debian kernel for the guest and prints where it is unpacked; installs nothing.
#
# usage: kernel.sh [-d CACHE] [METAPACKAGE]
#   -d CACHE     where kernels are kept (build/vm/kernels)
#   METAPACKAGE  whose kernel (linux-image-amd64, which is 6.1 in Debian 12; linux-image-6.12-amd64
#                is its backport)
#
# CACHE/METAPACKAGE, a link to the unpacked package, says that it is there and complete: then apt is
# not asked at all. To get today's kernel, remove it. Needs root only where apt knows no packages.
set -euo pipefail

die() {
	echo "kernel: $*" >&2
	exit 1
}

usage() {
	sed -n '/^# usage/,/^#$/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

cache=$(dirname "$0")/../../build/vm/kernels
while getopts d: option; do
	case $option in
	d) cache=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -le 1 ] || usage
metapackage=${1:-linux-image-amd64}

# The package behind the metapackage, or nothing.
package_of() {
	{ apt-cache depends "$1" 2>/dev/null || :; } |
		awk '$1 == "Depends:" && $2 ~ /^linux-image-/ && !n++ { print $2 }'
}

# Leaves $work/tree: the package's files, and the module index that installing would have made.
unpack() {
	(cd "$work" && apt-get -q -o APT::Sandbox::User=root download "$package") >&2 ||
		die "$package cannot be downloaded; if apt's lists are old, apt-get update helps"
	dpkg -x "$work"/*.deb "$work/tree"
	local release
	release=$(basename "$work"/tree/lib/modules/*)
	depmod -b "$work/tree" "$release"
	[ -f "$work/tree/boot/vmlinuz-$release" ] || die "$package has no boot/vmlinuz-$release"
}

mkdir -p "$cache"
cache=$(realpath "$cache")
exec 9<"$cache"
flock 9 # one at a time: a second caller finds what the first one fetched

if [ ! -d "$cache/$metapackage/" ]; then
	package=$(package_of "$metapackage")
	if [ -z "$package" ]; then
		apt-get -q update >&2 || die "apt knows no $metapackage, and apt-get update failed"
		package=$(package_of "$metapackage")
	fi
	case $package in
	'') die "the Debian archive set up here has no $metapackage" ;;
	*-cloud-*) die "$package cannot be used: it has no 9p" ;;
	esac

	work=''
	trap 'rm -rf "$work"' EXIT
	trap 'exit 1' HUP INT TERM # so that apt or dpkg has ended before its files go
	work=$(mktemp -d "$cache/new.XXXXXX")
	unpack
	rm -rf "${cache:?}/$package"
	mv "$work/tree" "$cache/$package"
	ln -sfn "$package" "$cache/$metapackage" # last, so that it stands for all of it
fi
realpath "$cache/$metapackage"
