#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What test_kernels.sh runs in the guest: the program's tests, then real flows.

set -u
cd "$(dirname "$0")/../.." || exit 1

# an emulated machine has a tenth of the speed, and shares its cores
export FLOWGEN_DEADLINE=30 DEMO_RATE=300 DEMO_FLOWS=400

comment() {
	echo "# ${1//$'\n'/$'\n# '}"
}

# lookup and refuse are about tables and arguments, the same on every kernel
for name in encap affinity path_state ask; do
	if out=$(CMOCKA_MESSAGE_OUTPUT=TAP "build/selftests/bpf/test_$name" 2>&1)
	then
		echo "PASS program: $name"
		grep -h "^# before Linux" <<<"$out" | sed "s/^#/SKIP in $name:/"
	else
		echo "FAIL program: $name"
		comment "$out"
	fi
done
if [[ "$*" != *"the demo"* ]]; then
	:
elif out=$(selftests/demo/run 2>&1); then
	echo "PASS flows: the demo, every figure as it must be"
else
	echo "FAIL flows: the demo, every figure as it must be"
	comment "$(grep -e "must be" -e "rror" <<<"$out")"
fi
echo "END"
