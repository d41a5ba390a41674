#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# From one changed metric to the changed map, by store; see decide.c.

set -u
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

# its maps are not this host's
if [ -z "${DECIDE_INSIDE-}" ]; then
	exec env DECIDE_INSIDE=1 unshare -n "$0"
fi

DECIDE=$BUILD/selftests/bench/decide
CHANGES=${CHANGES:-2000}

# An etcd of one member on a port that is free
etcd_start() {
	local port=$((20000 + $$ % 10000))

	URL=http://127.0.0.1:$port
	etcd --data-dir "$WORK/etcd" --listen-client-urls "$URL" \
		--advertise-client-urls "$URL" \
		--listen-peer-urls "http://127.0.0.1:$((port + 10000))" \
		--initial-advertise-peer-urls "http://127.0.0.1:$((port + 10000))" \
		--initial-cluster "default=http://127.0.0.1:$((port + 10000))" \
		>"$WORK/etcd.log" 2>&1 &
	at_exit "kill $!"
	poll_until 10 curl -sf "$URL/health" || die "$(tail -3 "$WORK/etcd.log")"
}

# Whoever wakes up waits for a virtual processor that was halted, for ms now and then:
# that is the hypervisor's.  Loops that run when nobody else wants to keep them awake.
keep_awake() {
	local i

	for ((i = 0; i < $(nproc); i++)); do
		chrt -i 0 "$BASH" -c 'while :; do :; done' &
		at_exit "kill $!"
	done
}

setup_cleanup
ip link set lo up
echo "from one changed metric to the changed map:"
"$DECIDE" memory "$CHANGES"
"$DECIDE" "sqlite:$WORK/store.db" "$CHANGES"
if command -v etcd >/dev/null; then
	etcd_start
	"$DECIDE" "etcd:$URL" "$((CHANGES / 4))"
fi
echo "the same, processors kept awake:"
keep_awake
"$DECIDE" memory "$CHANGES"
rm -f "$WORK"/store.db*
"$DECIDE" "sqlite:$WORK/store.db" "$CHANGES"
