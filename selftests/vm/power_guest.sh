#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# power_guest.sh make|write|read - what test_power.sh runs in the guest, on a disk
# of its own

set -u

disk=/dev/vda
at=/mnt
pairs=build/selftests/vm/store_pairs

modprobe -a virtio_blk ext4 || exit 1
for ((i = 0; i < 100; i++)); do
	[ ! -b "$disk" ] || break
	sleep 0.1
done
[ "$1" != make ] || mkfs.ext4 -q "$disk" || exit 1
mount "$disk" "$at" || exit 1
case $1 in
read) "$pairs" -r "$at/store.db" ;;
*) "$pairs" "$at/store.db" ;;
esac
status=$?
umount "$at" || exit 1
exit $status
