#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# in_guest.sh [PROGRAM...] - the module's tests, in a guest that can load it; all
# of them unless named.  What they print is one KTAP stream.

set -u
cd "$(dirname "$0")/../.." || exit 1

# an emulated machine has a tenth of the speed
export CATS_TEST_TIMEOUT=${CATS_TEST_TIMEOUT:-240}

(($#)) || set -- selftests/kmod/test_*.py selftests/kmod/guest/test_*.sh
programs=()
for program; do
	[ ! -e "$program" ] || programs+=("$program")
done
modprobe cats || exit 1
selftests/run "${programs[@]}"
status=$?
# the way out is part of the test: nothing may hold the module any more
rmmod cats || exit 1
exit $status
