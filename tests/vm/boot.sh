#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs one command as root under a stock Debian kernel, in a QEMU guest with this machine's files.
#
# usage: boot.sh [-k DIR] [-t SECONDS] [-m MIB] [-c CPUS] [--] COMMAND [ARGUMENT...]
#   -k DIR      the kernel: what kernel.sh printed (default: it is asked)
#   -t SECONDS  how long the guest may live (600)
#   -m MIB      its memory (2048)
#   -c CPUS     its processors (1: on a busy machine two emulated ones are slower)
#
# The guest's root directory is this machine's, read-only, under a tmpfs: what is written there is
# lost. It has no network but lo and what the command makes. Output streams to stdout, stderr too.
# Exit status: the command's; 124 when time is up; 125 when the guest died, as it does on any kernel
# warning, or could not be started. Both show the end of the kernel log on stderr. Needs no root.
set -euo pipefail

die() {
	echo "boot: $*" >&2
	exit 125
}

usage() {
	sed -n '/^# usage/,/^#$/s/^# \{0,1\}//p' "$0" >&2
	exit 125
}

# What it takes to reach the root directory. All else (veth, sch_ingress, cls_bpf ...) the guest's
# kernel finds with modprobe when it is first asked for it.
boot_modules=(virtio_pci 9pnet_virtio 9p overlay)

kernel='' limit=600 memory=2048 cpus=1
while getopts k:t:m:c: option; do
	case $option in
	k) kernel=$OPTARG ;;
	t) limit=$OPTARG ;;
	m) memory=$OPTARG ;;
	c) cpus=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || usage

[ -n "$kernel" ] || kernel=$("$(dirname "$0")/kernel.sh") || die 'no kernel to boot'
kernel=$(realpath -e -- "$kernel") || die 'no such kernel'
modules=$kernel/lib/modules
release=$(basename "$modules"/*)
[ -f "$modules/$release/modules.dep" ] || die "$kernel is not a kernel that kernel.sh unpacked"

work='' guest=''
# shellcheck disable=SC2317 # the trap calls it
cleanup() {
	trap '' INT TERM HUP
	if [ -n "$guest" ]; then
		kill "$guest" 2>/dev/null || :
		wait "$guest" || :
	fi
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
work=$(mktemp -d "${TMPDIR:-/tmp}/portcullis-vm.XXXXXX")

# --- stage one: an initramfs that mounts the root directory and moves there
mkdir -p "$work/initrd/modules" "$work/share"
cp "$(command -v busybox)" "$work/initrd/busybox"
order=10
while read -r verb file _; do
	[ "$verb" = insmod ] || continue # "builtin" has nothing to copy
	xz -dcf -- "$file" >"$work/initrd/modules/$order" # with -f, copies what is not compressed
	order=$((order + 1))
done < <(modprobe -a -C /dev/null -d "$kernel" -S "$release" --show-depends "${boot_modules[@]}")
[ "$order" -gt 10 ] || die "modprobe finds no 9p in $kernel"

cat >"$work/initrd/init" <<'INIT'
#!/busybox sh
b=/busybox
for module in /modules/*; do
	# Those that two others need come twice, which insmod refuses.
	$b insmod "$module" 2>/dev/null
done
$b mkdir /lower /upper /new
p9=trans=virtio,version=9p2000.L,msize=512000
$b mount -t 9p -o ro,cache=loose,$p9 root /lower
$b mount -t tmpfs -o mode=755,size=90% upper /upper
$b mkdir /upper/data /upper/work
$b mount -t overlay -o lowerdir=/lower,upperdir=/upper/data,workdir=/upper/work root /new
$b mount -t proc proc /new/proc
$b mount -t sysfs sys /new/sys
$b mount -t devtmpfs dev /new/dev
$b mount -t tmpfs -o mode=755 run /new/run
$b mkdir -p /new/run/vm
$b mount -t 9p -o $p9 share /new/run/vm
exec $b switch_root /new /bin/sh /run/vm/init
INIT
chmod +x "$work/initrd/init"
(cd "$work/initrd" && find . | cpio -o -H newc --quiet) >"$work/initrd.img"

# --- stage two: process 1 in the root directory; what a distribution's init would have set up
cat >"$work/share/init" <<INIT
mkdir -p /dev/pts /dev/shm /run/lock /run/netns /lib/modules
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t bpf bpf /sys/fs/bpf
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t debugfs debug /sys/kernel/debug
mount -t tracefs trace /sys/kernel/tracing
mount --bind $(printf %q "$modules") /lib/modules
# devtmpfs does not bring these; bash's <(...) needs the first.
ln -s /proc/self/fd /dev/fd
ln -s fd/0 /dev/stdin
ln -s fd/1 /dev/stdout
ln -s fd/2 /dev/stderr
hostname guest
ip link set lo up
stty -F /dev/ttyS1 raw -echo
setsid /bin/bash /run/vm/command </dev/null >/dev/ttyS1 2>&1
echo \$? >/run/vm/status
sync /run/vm/status
# Waits until all output is out, as setting a terminal does.
stty -F /dev/ttyS1 raw -echo
echo o >/proc/sysrq-trigger
sleep 60
INIT
{
	echo 'export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
	echo 'export HOME=/root LANG=C.UTF-8'
	echo 'ulimit -l unlimited'
	printf 'cd %q || exit 125\n' "$PWD"
	printf '%q ' exec "$@"
} >"$work/share/command"

# --- the guest: ttyS0 is the kernel's log, ttyS1 the command's output
start_guest() {
	local append='console=ttyS0 panic=-1 oops=panic panic_on_warn=1 mitigations=off tsc=reliable'
	local share='local,security_model=none,id'
	# Never KVM: a /dev/kvm that opens may yet hang a stock kernel rather than refuse it.
	# setpriv: the guest goes down with this script, even when it is killed with -9.
	setpriv --pdeathsig TERM timeout -k 5 "$limit" qemu-system-x86_64 \
		-accel tcg -cpu max -smp "$cpus" -m "$memory" \
		-nodefaults -no-user-config -display none -no-reboot \
		-chardev "file,id=log,path=$work/log" -serial chardev:log \
		-chardev stdio,id=out,signal=off -serial chardev:out \
		-fsdev "$share=root,path=/,readonly=on,multidevs=remap" \
		-device virtio-9p-pci,fsdev=root,mount_tag=root \
		-fsdev "$share=share,path=$work/share" \
		-device virtio-9p-pci,fsdev=share,mount_tag=share \
		-kernel "$kernel/boot/vmlinuz-$release" -initrd "$work/initrd.img" -append "$append" \
		</dev/null >&3 2>"$work/complaints" 3>&- &
	guest=$!
}

# QEMU switches its stdout to non-blocking, which others who write there too would suffer from;
# hence the cat between.
exec 3> >(exec cat)
cat=$!
start_guest
exec 3>&-
rc=0
wait "$guest" || rc=$?
guest=''
wait "$cat" || :
[ ! -s "$work/share/status" ] || exit "$(cat "$work/share/status")"

cat "$work/complaints" >&2
[ ! -s "$work/log" ] || tail -n 40 "$work/log" | tr -d '\r' >&2
if [ "$SECONDS" -ge "$limit" ]; then
	echo "boot: no end after $limit s" >&2
	exit 124
fi
echo "boot: the guest died (QEMU's exit status is $rc)" >&2
exit 125
