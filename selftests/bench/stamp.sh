#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# shellcheck disable=SC2317 # guarded calls the functions
#
# What STAMP costs and how steady its reflectors are, on the rig of test_stamp.sh.
#
# stamp.sh [SECONDS]
# 1. A is answered in XDP, B in a process, in turn, in one run: how long they
#    hold a probe, and how much that varies.
# 2. A thousand sessions at 10 Hz: CPU time of the thread that sends and reads,
#    with answers taken in XDP and from the socket.
#    It keeps to one processor and what the packets meet behind the first device
#    is done by the other (RPS), so that the network is not counted as the sender's.

set -u
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/netns/stamp_rig.sh
. "$ROOT/selftests/netns/stamp_rig.sh"

SECONDS_EACH=${1:-20}
SESSIONS=1000

window() {
	sed -i "s/window-ms: .*/window-ms: $((SECONDS_EACH * 1000 - 1000))/" \
		"$WORK/i.yaml"
}

jitter() {
	local policy

	reflector_file '    devices: [a0]'
	sender_file '    - policy: A
      interval-us: 5000
    - policy: B
      interval-us: 5000'
	window
	daemon e "$WORK/e.yaml"
	daemon i "$WORK/i.yaml"
	for policy in A B; do
		poll_until $((SECONDS_EACH * 2)) is_path "$policy" \
			'.probes > 500' true
	done
	echo "turnaround by the reflector's stamps, us     min     avg     max  deviation; delay p50  p99"
	for policy in A B; do
		printf '%-40s' "$([ "$policy" = A ] && echo "in XDP" ||
			echo "in a process, SCHED_FIFO")"
		path "$policy" '[.turnaround.min, .turnaround.avg,
			.turnaround.max, .turnaround.deviation, .delay.p50,
			.delay.p99] | map(tostring) | join(" ")' |
			awk '{ printf "%8.1f%8.1f%8.1f%9.2f%12.1f%8.1f\n",
				$1, $2, $3, $4, $5, $6 }'
	done
	echo "probes answered in XDP: $(agent e \
		'.status["probes-received"]["answered-in-xdp"]')"
	daemon_end i
	daemon_end e
}

# elsewhere NAME DEV...: what they receive is done by the second processor
elsewhere() {
	local name=$1 dev

	shift
	for dev; do
		on "$name" sh -c "echo 2 >/sys/class/net/$dev/queues/rx-0/rps_cpus"
	done
}

# thousand NAME [LINE]: one more line in the section
thousand() {
	local i cpu before

	sender_file "$(for ((i = 1; i <= SESSIONS; i++)); do
		echo "    - policy: P$i"; done)"
	sed -i "s/window-ms: .*/window-ms: 10000/; s/interval-ms: .*/interval-ms: 60000/
		s/sessions:/${2:+$2\n  }&/" "$WORK/i.yaml"
	daemon i "$WORK/i.yaml"
	taskset -a -p 1 "$(cat "$WORK/i.pid")" >/dev/null
	poll_until 20 all_up || die "only $(agent i .status.up) are up"
	before=$(agent i '.status["cpu-ms"]')
	i=$(agent i '.status["answers-received"].accepted')
	sleep "$SECONDS_EACH"
	cpu=$(($(agent i '.status["cpu-ms"]') - before))
	i=$(($(agent i '.status["answers-received"].accepted') - i))
	echo "$SESSIONS sessions, answers $1: $((i / SECONDS_EACH)) a second," \
		"$(awk "BEGIN { print $cpu / $SECONDS_EACH / 10 }") % of one processor in the sender's thread"
	daemon_end i
}

thousands() {
	local i

	for ((i = 1; i <= SESSIONS; i++)); do
		echo "policy add P$i segs fd00:a::1 src fd00:f::1 endpoint fd00:e::1"
	done | on i "$CATS" -b - || die "cannot add policies"
	elsewhere a i0 e0
	elsewhere e a0
	elsewhere i a0
	reflector_file '    devices: [a0, b0]'
	daemon e "$WORK/e.yaml"
	for i in 1 2; do
		thousand "by the socket"
		thousand "taken in XDP" "devices: [a0, b0]"
	done
}

all_up() {
	[ "$(agent i .status.up)" = "$SESSIONS" ]
}

main() {
	echo "# $(date -I), Linux $(uname -r), $(nproc) CPUs, $SECONDS_EACH s each"
	rig_links
	rig_policies
	jitter
	thousands
}

guarded main
