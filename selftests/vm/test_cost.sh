#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What an endpoint may cost: 1.1 times the instructions of the kernel's seg6local
# for the same work, with flows, instances and SIDs accounted.  A short run of
# bench/egress.py; instructions do not depend on how busy this machine is.

set -u

here=$(dirname "$0")
most=1.10

echo "KTAP version 1"
"$here/headers" 6.12 >/dev/null || {
	echo "# SKIP no Debian kernel 6.12 or no headers for it to be had"
	exit 4
}
echo "1..1"
out=$(CATS_BENCH_ROUNDS=3 CATS_BENCH_COUNT=500 \
	"$here/run" -i -k 6.12 -t 300 -- "$here/../bench/egress.py" 2>&1)
worst=$(sed -n 's/^worst ratio //p' <<<"$out")
if awk -v worst="${worst:-9}" -v most="$most" 'BEGIN { exit worst > most }'; then
	echo "ok 1 - at most $most times the instructions of seg6local: $worst"
else
	tail -n 30 <<<"$out" | sed 's/^/# /'
	echo "not ok 1 - at most $most times the instructions of seg6local"
fi
exit 0
