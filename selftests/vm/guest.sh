#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Process 1 of the guest on the host's root file system: runs /run/vm/command
# and leaves its exit code in /run/vm/status.

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root

mount --make-rshared /
mkdir -p /dev/pts /dev/shm
ln -s /proc/self/fd /dev/fd	# what bash has process substitution by
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t bpf bpf /sys/fs/bpf
mount -t debugfs debugfs /sys/kernel/debug
mount -t tracefs tracefs /sys/kernel/tracing
mount -t cgroup2 cgroup2 /sys/fs/cgroup
# leaks: what kmemleak finds, of a kernel that has it.  It believes in a leak
# after two scans, and not of memory younger than 5 s: the command may have leaked
# with its last step.
leaks() {
	local report=/sys/kernel/debug/kmemleak scans=0 end now

	[[ -e $report ]] || return 0
	read -r end _ </proc/uptime
	end=$((${end%.*} + 6))
	while :; do
		read -r now _ </proc/uptime
		echo scan >"$report"
		((++scans < 2 || ${now%.*} <= end)) || break
	done
	cat "$report"
	dmesg | grep 'kmemleak: '
}

directory=$(cat /run/vm/directory)
# a checkout below /tmp stays visible
[[ $directory/ == /tmp/* ]] || mount -t tmpfs -o mode=1777 tmpfs /tmp
ip link set lo up
cat /proc/uptime >/run/vm/booted

(
	cd "$directory" || exit 125
	exec setsid -w bash /run/vm/command
) </dev/null >>/run/vm/stdout 2>>/run/vm/stderr
status=$?
dmesg >/run/vm/dmesg
leaks >>/run/vm/dmesg
echo "$status" >/run/vm/status
busybox poweroff -f
