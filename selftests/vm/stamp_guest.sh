#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# shellcheck disable=SC2317 # expect calls the functions
#
# stamp_guest.sh [PROBES] - what test_stamp.sh runs in the guest: that it works,
# and with PROBES, that what netem adds is measured as such.

set -u
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/netns/stamp_rig.sh
. "$ROOT/selftests/netns/stamp_rig.sh"

ADDED=50	# ms
PROBES=${1:-0}

# least: delay of a window that began after now.  An emulated machine that shares
# its processors lets netem's timer be late, which is added too, but not by us
least() {
	local before

	before=$(path A .sequence)
	poll_until 60 later "$((before + 3))" || return 1
	path A .delay.min
}

later() {
	[ "$(path A .sequence)" -ge "$1" ]
}

works() {
	poll_until 60 is_path A .state up && poll_until 60 is_path B .state up &&
		poll_until 60 is_path A '.loss["round-trip"] == 0' true
}

# ADDED ms, within 5 %, over what it was before
delay() {
	local before after

	before=$(least) || return 1
	on a tc qdisc add dev e0 root netem delay "${ADDED}ms"
	after=$(least) || return 1
	on a tc qdisc del dev e0 root
	echo "before $before us, with $ADDED ms added $after us"
	awk -v before="$before" -v after="$after" -v added="${ADDED}000" 'BEGIN {
		off = (after - before) / added - 1
		exit !(off > -0.05 && off < 0.05) }'
}

# probed N: the fate of so many probes is known
probed() {
	[ "$(agent i .status.probes)" -ge "$1" ]
}

# lost: probes that were not answered, by their end, and by the reflector's count
lost() {
	agent i '.status | "\(.probes - .answered) \(.["lost-forward"])"'
}

# as_dropped N: no more and no fewer than N; a window's edge may take one of each
# session for the next window's
as_dropped() {
	local unanswered forward

	read -r unanswered forward < <(lost)
	((unanswered == $1 && forward >= $1 - 8 && forward <= $1 + 8))
}

# what netem dropped on the way to the reflector is what was measured as lost, and
# nothing of what comes back; of 100,000 probes and more it is 1 % within 0.2 %
loss() {
	local i probes answered forward backward dropped same

	for i in 1 2 3 4 5 6 7 8; do
		echo "policy add L$i segs fd00:a::1 src fd00:f::1 endpoint fd00:e::1"
	done | on i "$CATS" -b -
	reflector_file '    devices: [a0, b0]'
	daemon_end e
	daemon e "$WORK/e.yaml"
	sender_file "$(for i in 1 2 3 4 5 6 7 8; do
		printf '    - policy: L%s\n      interval-us: 4000\n' "$i"
		echo "      observe-only: true"; done)"
	daemon_end i
	on a tc qdisc add dev e0 root netem loss 1%
	daemon i "$WORK/i.yaml"
	poll_until 200 probed "$PROBES" || return 1
	# the counters stay
	on a tc qdisc change dev e0 root netem loss 0%
	dropped=$(on a tc -s -j qdisc show dev e0 | jq '.[0].drops')
	poll_until 30 as_dropped "$dropped"
	same=$?
	read -r probes answered forward backward < <(agent i \
		'.status | "\(.probes) \(.answered) \(.["lost-forward"]) \(.["lost-backward"])"')
	echo "$probes probes, $answered answered, lost $forward + $backward," \
		"netem dropped $dropped"
	((same == 0 && dropped > 0 && backward <= 8)) || return 1
	((probes < 100000)) || awk "BEGIN { lost = $dropped / $probes
		exit !(lost > 0.008 && lost < 0.012) }"
}

# One test: its name, and what it says in any case.
check() {
	local name=$1 out

	shift
	if out=$("$@" 2>&1); then
		echo "PASS $name${out:+: $out}"
	else
		echo "FAIL $name: $out"
	fi
}

main() {
	rig_links
	rig_policies
	reflector_file '    devices: [b0]'
	sender_file '    - policy: A
      interval-us: 20000
      timeout-ms: 2000
    - policy: B
      interval-us: 20000
      timeout-ms: 2000'
	daemon e "$WORK/e.yaml"
	daemon i "$WORK/i.yaml"
	check works works
	((PROBES == 0)) || {
		check delay delay
		check loss loss
	}
	echo END
}

guarded main "$@"
