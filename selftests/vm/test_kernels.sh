#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The XDP program on stock Debian kernels: on the oldest supported it passes the
# verifier and does what its tests say; on the newest of Debian 12 the demo steers
# real flows, with cats.ko.  The chain test (test_kmod_*.sh) steers some on both.

set -u

here=$(dirname "$0")
kernels=(6.1 6.12)
# what in_guest.sh runs there
declare -A checks=([6.1]="encap affinity path_state ask" [6.12]="demo")
count=0

for series in "${kernels[@]}"; do
	"$here/kernel" "$series" >/dev/null || {
		echo "# SKIP no Debian kernel $series to be had"
		exit 4
	}
done

echo "KTAP version 1"
read -ra all <<<"${checks[*]}"
echo "1..$((${#all[@]} + ${#kernels[@]}))"

# result OK NAME
result() {
	count=$((count + 1))
	if "$1"; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
	fi
}

for series in "${kernels[@]}"; do
	start=$SECONDS
	read -ra names <<<"${checks[$series]}"
	log=$("$here/run" -k "$series" -m 3G -t 400 -- \
		"$here/in_guest.sh" "${names[@]}" 2>&1)
	code=$?
	for name in "${names[@]}"; do
		ok=false
		grep -qxF "PASS $name" <<<"$log" && ok=true
		result $ok "Linux $series: $name"
		$ok || grep -A40 -F "FAIL $name" <<<"$log" | grep '^# '
	done
	# what a program left out on this kernel, and why
	sed -n "s/^SKIP /# Linux $series: skipped /p" <<<"$log"
	ok=false
	[ "$code" = 0 ] && grep -qx END <<<"$log" && ok=true
	result $ok "Linux $series: nothing to complain about for the kernel"
	$ok || tail -n 20 <<<"$log" | sed 's/^/# /'
	echo "# Linux $series: only ${names[*]}; the host runs all programs"
	echo "# Linux $series: $((SECONDS - start)) s"
done
exit 0
