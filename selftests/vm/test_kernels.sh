#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The XDP program on stock Debian kernels, oldest and newest supported: it
# passes the verifier, does what its tests say, and steers real flows.

set -u

here=$(dirname "$0")
kernels=(6.1 6.12)
# names of the checks in in_guest.sh, in order
programs=("program: encap" "program: affinity" "program: path_state" "program: ask")
demo="flows: the demo, every figure as it must be"
count=0

for series in "${kernels[@]}"; do
	"$here/kernel" "$series" >/dev/null || {
		echo "# SKIP no Debian kernel $series to be had"
		exit 4
	}
done

echo "KTAP version 1"
echo "1..$((${#kernels[@]} * (${#programs[@]} + 1) + 1))"

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
	# flows: by the demo, with cats.ko, on the newest; on both by the module's
	# tests (test_chain.sh); with the kernel's seg6local by `make demo` anywhere
	checks=("${programs[@]}")
	[ "$series" = 6.1 ] || checks+=("$demo")
	log=$("$here/run" -k "$series" -m 3G -t 400 -- \
		"$here/in_guest.sh" "${checks[@]}" 2>&1)
	code=$?
	for check in "${checks[@]}"; do
		ok=false
		grep -qxF "PASS $check" <<<"$log" && ok=true
		result $ok "Linux $series: $check"
		$ok || grep -A40 -F "FAIL $check" <<<"$log" | grep '^# '
	done
	# what a program left out on this kernel, and why
	sed -n "s/^SKIP /# Linux $series: skipped /p" <<<"$log"
	ok=false
	[ "$code" = 0 ] && grep -qx END <<<"$log" && ok=true
	result $ok "Linux $series: nothing to complain about for the kernel"
	$ok || tail -n 20 <<<"$log" | sed 's/^/# /'
	echo "# Linux $series: not run, the host does: programs lookup and refuse$(
		[ "$series" != 6.1 ] || echo ', the demo')"
	echo "# Linux $series: $((SECONDS - start)) s"
done
exit 0
