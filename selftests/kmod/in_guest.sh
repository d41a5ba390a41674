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
# The first netfilter hook anywhere, and the end of the last, rewrite the kernel's
# code, and qemu's TCG may then run on another CPU an int3 that is not there any
# more, which the kernel cannot explain ("Oops: int3", bugzilla.redhat.com 2216496).
# Hooks of this namespace, where no test is, keep the code as it is.
nft -f - <<-'END' || exit 1
	table ip6 kept {
		chain prerouting { type filter hook prerouting priority 0; }
		chain input { type filter hook input priority 0; }
		chain forward { type filter hook forward priority 0; }
		chain output { type filter hook output priority 0; }
		chain postrouting { type filter hook postrouting priority 0; }
	}
END
selftests/run "${programs[@]}"
status=$?
nft delete table ip6 kept || exit 1
# the way out is part of the test: nothing may hold the module any more
rmmod cats || exit 1
exit $status
