#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# STAMP on stock Debian kernels: timers and filter load on the oldest, and what
# netem adds is what is measured.  CATS_STAMP_PROBES: probes to measure loss with,
# 10000; by hand 100000, which takes a minute more.

set -u

here=$(dirname "$0")
declare -A checks=([6.1]="works" [6.12]="works delay loss")
count=0

for series in 6.1 6.12; do
	"$here/kernel" "$series" >/dev/null || {
		echo "# SKIP no Debian kernel $series to be had"
		exit 4
	}
done

echo "KTAP version 1"
echo 1..6
for series in 6.1 6.12; do
	start=$SECONDS
	arguments=()
	[ "$series" = 6.1 ] || arguments=("${CATS_STAMP_PROBES:-10000}")
	log=$("$here/run" -k "$series" -M none -t 280 -- \
		"$here/stamp_guest.sh" "${arguments[@]}" 2>&1)
	code=$?
	for check in ${checks[$series]}; do
		count=$((count + 1))
		if line=$(grep "^PASS $check" <<<"$log"); then
			echo "ok $count - Linux $series: ${line#PASS }"
		else
			grep -A20 "^FAIL $check" <<<"$log" | sed 's/^/# /'
			echo "not ok $count - Linux $series: $check"
		fi
	done
	count=$((count + 1))
	if [ "$code" = 0 ] && grep -qx END <<<"$log"; then
		echo "ok $count - Linux $series: nothing to complain about for the kernel"
	else
		tail -n 20 <<<"$log" | sed 's/^/# /'
		echo "not ok $count - Linux $series: nothing to complain about for the kernel"
	fi
	echo "# Linux $series: $((SECONDS - start)) s"
done
exit 0
