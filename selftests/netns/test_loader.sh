#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Decisions become routes: real flows through a forwarder whose maps the C-PS and
# the loader of a catsd keep.  The store is SQLite; records are put into it as
# sites and C-NMA would.

# shellcheck disable=SC2317 # functions are called by expect
set -u
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/netns/topology.sh
. "$(dirname "$0")/topology.sh"
# shellcheck source=selftests/netns/records.sh
. "$(dirname "$0")/records.sh"
# the sanitizers look on
CATSD=${CATSD:-$BUILD/san/catsd}
FLOWS=400

# instance N [MEMBERS]: what its site says of it
instance() {
	instance_record "$1" "\"capacity\": 100 ${2-}"
}

# health N STATE
health() {
	echo "metric/s$((($1 + 1) / 2))/10.255.0.$1" \
		"{\"cps\": 900, \"health\": \"$2\"}"
}

start() {
	(exec ip netns exec "$(ns ingress)" "$CATSD" -c "$WORK/catsd.yaml") \
		>>"$WORK/catsd.log" 2>&1 &
	echo $! >"$WORK/catsd.pid"
	poll_until 10 asked '.[0].role' || die "$(cat "$WORK/catsd.log")"
}

# halt [SIGNAL]
halt() {
	local pid

	pid=$(cat "$WORK/catsd.pid")
	kill "-${1:-TERM}" "$pid"
	poll_until 10 is_over "$pid" || return 1
	[ "${1-}" != KILL ] || rm -f "$WORK/catsd.sock"
}

is_over() {
	[ ! -e "/proc/$1/exe" ]
}

asked() {
	CATSD_CONTROL=$WORK/catsd.sock c -j agent | jq -er "$1"
}

# loader EXPRESSION: of the status of the loader
loader() {
	asked "[.[] | select(.role == \"loader\")][0].status$1"
}

# weights: "SID-NUMBER:WEIGHT ..." of the route as it is
weights() {
	c -j nexthop show "$CSID4" vrf 100 2>/dev/null |
		jq -r '[.[] | (.sid | split("::")[1]) + ":" + (.weight | tostring)] |
			sort | join(" ")'
}

# weights_are PATTERN
weights_are() {
	[[ $(weights) =~ ^$1$ ]]
}

become() {
	poll_until 10 weights_are "$1" || {
		weights
		tail -5 "$WORK/catsd.log"
		CATSD_CONTROL=$WORK/catsd.sock c decision
		return 1
	}
}

# stayed MOVED: of the last answer; that many flows moved, none was lost
stayed() {
	echo "$REPLY"
	[ "$(field moved)" -eq "$1" ] && [ "$(field lost)" -eq 0 ]
}

setup() {
	ingress_up
	cat >"$WORK/catsd.yaml" <<-END
	site: in
	control: $WORK/catsd.sock
	store: { type: sqlite, path: $WORK/store.db }
	loader: { drain-ms: 200 }
	ps:
	  hold-ms: 200
	  lease-ms: 1000
	  policies:
	    - { policy: P1, endpoint: "2001:db8:e1::1" }
	    - { policy: P2, endpoint: "2001:db8:e2::1" }
	  services: [ { csid: [ $CSID4 ], vrf: 100, timeout: 20 } ]
	END
	start
	for i in 1 2 3 4; do instance "$i"; done | put
}

made() {
	become '1:25 2:25 3:25 4:25' &&
		[ "$(c -j route show "$CSID4" vrf 100 | jq -r '.[0].proto')" = catsd ]
}

balanced() {
	local i

	flows open udp "$FLOWS"
	flows probe
	echo "$REPLY"
	for i in 1 2 3 4; do
		[ "$(field "per_instance.i$i")" -gt $((FLOWS / 8)) ] || return 1
	done
	flows mark
}

# An instance that is drained keeps its flows, and takes no new ones.
drained() {
	instance 1 ', "state": "drain"' | put
	become '1:0 2:3[34] 3:3[34] 4:3[34]' || return 1
	flows probe
	stayed 0 || return 1
	REPLY=$(ask "share udp 100" client -p 30000 "$CSID4" "$PORT")
	echo "$REPLY"
	[ "$(field per_instance.i1)" -eq 0 ]
}

undrained() {
	instance 1 | put
	become '1:25 2:25 3:25 4:25' && flows probe && stayed 0
}

# Only the flows of the dead one move, at once.
died() {
	local before

	flows mark
	flows probe
	before=$(field per_instance.i3)
	health 3 down | put
	poll_until 10 lost_sid 3 || return 1
	flows probe
	stayed "$before" || return 1
	health 3 up | put
	poll_until 10 has_sid 3 || return 1
	flows mark
}

lost_sid() {
	! has_sid "$1"
}

has_sid() {
	weights | grep -qE "(^| )$1:[1-9]"
}

# kill -9 at any time: traffic goes on, and nothing moves when it is back.
killed() {
	local i before

	flows mark
	before=$(weights)
	for i in 1 2; do
		halt KILL || return 1
		flows probe
		stayed 0 || return 1
		start
		flows probe
		stayed 0 || return 1
	done
	poll_until 10 asked '.[0].role' && [ "$(weights)" = "$before" ] &&
		[ "$(loader .decisions.applied)" -eq 0 ]
}

# What somebody else changes is made as decided again, and shown.
drift() {
	local before

	before=$(weights)
	c nexthop set "$CSID4" vrf 100 sid "$(service_sid 4 2)" weight 1 ||
		return 1
	become "$before" || return 1
	[ "$(loader .drifted)" -eq 1 ] || return 1
	# but for a state: that is the operator's
	c nexthop set "$CSID4" vrf 100 sid "$(service_sid 4 2)" state drain ||
		return 1
	poll_until 5 grep -q 'another writer' "$WORK/catsd.log" || return 1
	[ "$(c -j nexthop show "$CSID4" vrf 100 |
		jq -r '[.[] | select(.state == "drain")] | length')" -eq 1 ] ||
		return 1
	c nexthop set "$CSID4" vrf 100 sid "$(service_sid 4 2)" state up
	c route del "$CSID4" vrf 100 && become "$before" &&
		[ "$(loader .drifted)" -eq 2 ]
}

# Routes of others are not touched, nor is a decision that is not right loaded.
refused() {
	c route add 203.0.113.7 vrf 100 proto mine nexthop policy P1 \
		sid "$(service_sid 4 1)" || return 1
	put <<-END
	decision/100/203.0.113.7 {"csid": "203.0.113.7", "vrf": 100, "nexthops": [{"policy": "P2", "sid": "2001:db8::1", "instance": "10.0.0.1", "weight": 1}]}
	decision/100/203.0.113.8 {"csid": "203.0.113.8", "vrf": 100, "nexthops": [{"policy": "P9", "sid": "2001:db8::1", "instance": "10.0.0.1", "weight": 1}]}
	decision/100/203.0.113.9 {"csid": "203.0.113.9", "vrf": 100, "nexthops": [{"policy": "P1", "sid": "2001:db8::1", "instance": "10.0.0.1", "weight": 1}]}
	END
	poll_until 5 c route get 203.0.113.9 vrf 100 || return 1
	put <<-END
	decision/100/203.0.113.9 {"csid": "203.0.113.9", "vrf": 100, "nexthops": [{"policy": "P1", "sid": "2001:db8::1", "instance": "10.0.0.1", "weight": -1}]}
	END
	poll_until 5 is_malformed || return 1
	loader '.decisions, .refused' | tee "$WORK/refused"
	grep -q '"other-proto": 1' "$WORK/refused" &&
		grep -q '"no-policy": 1' "$WORK/refused" &&
		grep -q '"malformed": 1' "$WORK/refused" || return 1
	# the last good one stays
	c route get 203.0.113.9 vrf 100 || return 1
	[ "$(c -j route show 203.0.113.7 vrf 100 |
		jq -r '.[0].proto')" = mine ] || return 1
	# what was missing comes: it is tried again
	c policy add P9 segs "$(segments 2 1)" src "$SOURCE" &&
		poll_until 5 c route get 203.0.113.8 vrf 100
}

is_malformed() {
	[ "$(loader .decisions.malformed)" -eq 1 ]
}

# A neighbour gets another address: the headers follow, without any command.
followed() {
	local before

	flows probe
	flows mark
	before=$(loader .followed)
	ipn p1 link set ingress address 02:00:00:00:00:99
	topo_neigh_permanent
	poll_until 5 has_followed "$before" || return 1
	flows probe
	stayed 0
}

has_followed() {
	[ "$(loader .followed)" -gt "$1" ]
}

# A next hop that takes no flows goes once it has none.
gone() {
	instance 4 ', "state": "drain"' | put
	poll_until 10 has_zero || return 1
	flows mark
	flows probe
	stayed 0 || return 1
	# several looks at the flows have come and gone
	has_zero || return 1
	c flow flush "$CSID4" vrf 100
	poll_until 5 has_left
}

has_zero() {
	[[ $(weights) == *4:0* ]]
}

has_left() {
	[[ $(weights) != *4:* ]]
}

# Nobody shall take flows: new ones are dropped and counted, not sent elsewhere.
rests() {
	local hop='"policy": "P1", "sid": "2001:db8:e1:4::1", "instance": "10.0.0.1"'

	put <<-END
	decision/100/203.0.113.9 {"csid": "203.0.113.9", "vrf": 100, "nexthops": [{$hop, "weight": 0}]}
	END
	poll_until 5 is_resting
}

is_resting() {
	[ "$(c -j route show 203.0.113.9 vrf 100 |
		jq -r '.[0].nexthops | length')" = 1 ] &&
		[ "$(c -j nexthop show 203.0.113.9 vrf 100 |
			jq -r '.[0] | "\(.weight) \(.slots)"')" = "0 0" ]
}

withdrawn() {
	echo decision/100/203.0.113.9 | put
	poll_until 5 not_routed 203.0.113.9
}

not_routed() {
	! c route show 203.0.113.9 vrf 100 | grep -q .
}

main() {
	require jq "$CATSD" "$STORE_PUT" "$FLOWGEN" || die "build it first"
	plan 12
	setup
	flows_start client "$CSID4" "$PORT"
	expect "a decision becomes a route" made
	expect "flows are balanced" balanced
	expect "a drained instance keeps its flows" drained
	expect "it takes flows again" undrained
	expect "flows of a dead instance move, and only these" died
	expect "kill -9 moves no flow" killed
	expect "drift is shown and repaired" drift
	expect "what is not right is refused, and the last good one stays" refused
	expect "headers follow a neighbour's address" followed
	expect "a next hop without flows goes" gone
	expect "where nobody takes flows the route stays" rests
	expect "a decision that is deleted takes its route along" withdrawn
	finish
}

guarded main
