#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# in_guest.sh NAME... - what test_kernels.sh runs in the guest: tests of the program,
# or the demo.

set -u
cd "$(dirname "$0")/../.." || exit 1

# an emulated machine has a tenth of the speed, and shares its cores
export FLOWGEN_DEADLINE=30 DEMO_RATE=300 DEMO_FLOWS=400

# run NAME
run() {
	if [ "$1" = demo ]; then
		selftests/demo/run
	else
		CMOCKA_MESSAGE_OUTPUT=TAP "build/selftests/bpf/test_$1"
	fi
}

comment() {
	echo "# ${1//$'\n'/$'\n# '}"
}

for name; do
	if out=$(run "$name" 2>&1); then
		echo "PASS $name"
		grep -h "^# before Linux" <<<"$out" | sed "s/^#/SKIP in $name:/"
	else
		echo "FAIL $name"
		comment "$out"
	fi
done
echo "END"
