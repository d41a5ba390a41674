#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Routes in mode control (draft-fu-cats-flow-lb 5.3): the C-PS places each new flow,
# no first packet is lost, and without it, or when it has too much to do, the
# forwarding table decides.

# shellcheck disable=SC2317 # functions are called by expect
set -u
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# the sanitizers look on
CATSD=${CATSD:-$BUILD/san/catsd}
# shellcheck source=selftests/netns/topology.sh
. "$(dirname "$0")/topology.sh"
# shellcheck source=selftests/netns/catsd.sh
. "$(dirname "$0")/catsd.sh"

c() {
	on ingress "$CATS" "$@"
}

# route VERB WEIGHT1..4: for both CS-IDs, to all instances
route() {
	local family csid args i

	for family in 4 6; do
		csid=$CSID4
		[ "$family" = 4 ] || csid=$CSID6
		args=("$csid" vrf 100 mode control)
		for i in 1 2 3 4; do
			args+=(nexthop policy SR-Policy1
				sid "$(service_sid "$family" "$i")" weight "${*:1+i:1}")
		done
		c route "$1" "${args[@]}" || return 1
	done
}

state() {
	c nexthop set "$CSID4" vrf 100 sid "$(service_sid 4 "$1")" state "$2" &&
		c nexthop set "$CSID6" vrf 100 sid "$(service_sid 6 "$1")" \
			state "$2"
}

# hybrid EXPRESSION: of the role's status
hybrid() {
	role ingress hybrid ".status | $1"
}

answering() {
	[ "$(hybrid .state)" = answering ]
}

# extra NAME: packets counted for it
extra() {
	c -j -d stats | jq "[.[0].flow_table[] | select(.event == \"$1\").count] | add // 0"
}

asked() {
	c -j stats | jq '[.[0].verdicts[] | select(.reason == "asked").packets] | add // 0'
}

shares() {
	local i

	for i in 1 2 3 4; do
		field "per_instance.i$i"
	done | xargs
}

# open NUMBER PORT: new UDP flows of a client of their own, half of them IPv6
open() {
	REPLY=$(ask "share udp $1" client -p "$2" -d 3 "$CSID4" "$CSID6" "$PORT")
}

# exact shares: 2:3:3:2 for each of two CS-IDs, of any small number of flows
placed_exactly() {
	open 20 10000
	[ "$(shares) $(field lost)" = "4 6 6 4 0" ] || {
		echo "$REPLY"
		return 1
	}
	open 200 11000
	[ "$(shares) $(field lost)" = "40 60 60 40 0" ] || {
		echo "$REPLY"
		return 1
	}
}

bytes_exact() {
	local out

	out=$(ask 'put 300000\nget 300000' client -d 5 "$1" "$PORT")
	echo "$out"
	[ "$(jq -s 'map(.exact) | all' <<<"$out")" = true ]
}

# one who starts a flow is asked for once, and every packet that asked went on
questions_answered() {
	local asked

	asked=$(asked)
	[ "$asked" -gt 0 ] &&
		[ "$(hybrid '.placed + .known + .["by-table"]')" = "$asked" ] &&
		[ "$(hybrid '.["too-old"] + .["not-sent"]')" = 0 ]
}

drained_gets_none() {
	local i

	state 2 drain || return 1
	open 60 12000
	[ "$(field per_instance.i2) $(field lost)" = "0 0" ] || {
		echo "$REPLY"
		return 1
	}
	# and no flood when it is back
	state 2 up
	open 20 13000
	echo "$REPLY"
	for i in 1 2 3 4; do
		[ "$(field "per_instance.i$i")" -le 7 ] || return 1
	done
}

# known flows stay, new ones go by the table
killed() {
	local before

	flows_start client -d 5 "$CSID4" "$CSID6" "$PORT"
	flows open udp 100
	[ "$(field lost)" = 0 ] || return 1
	before=$(extra ask-nobody)
	daemon_end ingress KILL
	poll_until 5 nobody_asked 14000 || return 1
	[ "$(field lost)" = 0 ] || {
		echo "$REPLY"
		return 1
	}
	[ "$(extra ask-nobody)" -gt "$before" ] || return 1
	flows probe
	echo "$REPLY"
	[ "$(field lost) $(field moved)" = "0 0" ] || return 1
	flows_quit
}

# the promise of who was killed is over when nothing is asked any more
nobody_asked() {
	local before

	before=$(asked)
	open 20 $(($1 + RANDOM % 4000))
	[ "$(asked)" = "$before" ]
}

again() {
	daemon ingress "$WORK/ingress.yaml"
	poll_until 5 answering || return 1
	open 200 20000
	[ "$(shares) $(field lost)" = "40 60 60 40 0" ] || {
		echo "$REPLY"
		return 1
	}
}

# Flows begin all the time while it ends: no first packet is lost.
ends_quietly() {
	local i

	for i in 1 2 3; do
		(sleep 0.2; daemon_end ingress) &
		REPLY=$(ask 'share udp 3000' client -p $((22000 + 4000 * i)) -d 3 \
			"$CSID4" "$CSID6" "$PORT")
		wait $!
		[ "$(field lost)" = 0 ] || {
			echo "$REPLY"
			return 1
		}
		daemon ingress "$WORK/ingress.yaml"
		poll_until 5 answering || return 1
	done
}

# Nobody reads: some 480 wait, the others are placed by the table at once.
overloaded() {
	local pid before full

	pid=$(cat "$WORK/ingress.pid")
	before=$(extra ask-full)
	kill -STOP "$pid"
	REPLY=$(ask 'share udp 2000' client -p 40000 -d 1 "$CSID4" "$CSID6" "$PORT")
	kill -CONT "$pid"
	full=$(($(extra ask-full) + $(extra ask-nobody) - before))
	echo "$REPLY; $full by the table"
	# the ring's size is what bounds it
	[ "$full" -ge 1400 ] && [ "$(field lost)" -le 520 ] || return 1
	poll_until 5 questions_read
	REPLY=$(ask 'share udp 200' client -p 45000 -d 3 "$CSID4" "$CSID6" "$PORT")
	[ "$(field lost)" = 0 ]
}

questions_read() {
	[ "$(hybrid '.placed + .known + .["by-table"] + .["too-old"] + .["not-sent"]')" \
		-ge 1 ]
}

# A second one leaves the first alone.
one_only() {
	cat >"$WORK/second.yaml" <<-END
	site: second
	control: $WORK/second.sock
	hybrid: {}
	END
	rm -f "$WORK/second.sock"
	(exec ip netns exec "$(ns ingress)" "$CATSD" -c "$WORK/second.yaml") \
		>"$WORK/second.log" 2>&1 &
	echo $! >"$WORK/second.pid"
	poll_until 10 second_waits || return 1
	open 20 47000
	[ "$(field lost)" = 0 ] || return 1
	# it takes over when the first is gone
	daemon_end ingress
	poll_until 10 second_answers || return 1
	open 20 48000
	daemon_end second
	[ "$(shares) $(field lost)" = "4 6 6 4 0" ] || {
		echo "$REPLY"
		return 1
	}
}

second_waits() {
	role second hybrid .status.state | grep -q "another process"
}

second_answers() {
	[ "$(role second hybrid .status.state)" = answering ]
}

main() {
	plan 11
	topo_up
	topo_neigh_permanent
	c dev add client vrf 100 mode native || die "cannot add the device"
	c policy add SR-Policy1 segs "$(segments 2 1)" src "$SOURCE"
	route add 20 30 30 20 || die "no routes"
	same "the mode is shown" \
		"$(c -j route show "$CSID4" vrf 100 | jq -r '.[0].mode')" control
	cat >"$WORK/ingress.yaml" <<-END
	site: ingress
	control: $WORK/ingress.sock
	hybrid: { priority: 100 }
	END
	daemon ingress "$WORK/ingress.yaml"
	poll_until 5 answering || die "$(hybrid .state)"
	expect "flow by flow, shares are exact" placed_exactly
	expect "every question was answered" questions_answered
	expect "TCP bytes are exact, IPv4" bytes_exact "$CSID4"
	expect "TCP bytes are exact, IPv6" bytes_exact "$CSID6"
	expect "what drains is given no flows" drained_gets_none
	expect "killed: known flows stay, new ones go by the table" killed
	expect "and it takes over again" again
	expect "it ends without losing a first packet" ends_quietly
	expect "what waits is bounded" overloaded
	expect "one of two is asked, the other takes over" one_only
	finish
}

guarded main
