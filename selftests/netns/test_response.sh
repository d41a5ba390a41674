#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Policy least-response in mode control: every flow goes where it is expected to be
# served first, by what the ingress sees of its own flows and what metrics say.
# The store is SQLite; records are put into it as sites would.

# shellcheck disable=SC2317 # functions are called by expect
set -u
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# the sanitizers look on
CATSD=${CATSD:-$BUILD/san/catsd}
# shellcheck source=selftests/netns/topology.sh
. "$(dirname "$0")/topology.sh"
# shellcheck source=selftests/netns/records.sh
. "$(dirname "$0")/records.sh"
# shellcheck source=selftests/netns/catsd.sh
. "$(dirname "$0")/catsd.sh"

# instance N [MEMBERS]: what its site says of it; each serves 10 flows at once
instance() {
	instance_record "$1" "\"capacity\": 10 ${2-}"
}

# the first is four times as fast as the others
instances() {
	local i

	instance 1 ', "computing-us": 10000'
	for i in 2 3 4; do
		instance "$i" ', "computing-us": 40000'
	done
}

# metric N FLOWS
metric() {
	echo "metric/s$((($1 + 1) / 2))/10.255.0.$1" \
		"{\"cps\": 900, \"raw\": {\"flows\": $2}}"
}

# response EXPRESSION: of what the role says of these services
response() {
	role ingress hybrid ".status[\"least-response\"]$1 | tostring"
}

response_is() {
	[ "$(response "$1")" = "$2" ]
}

become() {
	poll_until 10 response_is "$1" "$2" || {
		echo "$1 is $(response "$1"), not $2"
		return 1
	}
}

shares() {
	local i

	for i in 1 2 3 4; do
		field "per_instance.i$i"
	done | xargs
}

# shares_are "N N N N": of the last answer, and nothing is lost
shares_are() {
	[ "$(shares) $(field lost)" = "$1 0" ] || {
		echo "$REPLY"
		return 1
	}
}

setup() {
	ingress_up
	cat >"$WORK/ingress.yaml" <<-END
	site: in
	control: $WORK/ingress.sock
	store: { type: sqlite, path: $WORK/store.db }
	hybrid: { priority: 100 }
	loader: {}
	ps:
	  hold-ms: 200
	  lease-ms: 1000
	  policies:
	    - { policy: P1, endpoint: "2001:db8:e1::1" }
	    - { policy: P2, endpoint: "2001:db8:e2::1" }
	  services:
	    - csid: [ $CSID4 ]
	      vrf: 100
	      timeout: 60
	      policy: least-response
	      mode: control
	END
	daemon ingress "$WORK/ingress.yaml"
	instances | put
}

decided() {
	become .known 1 && become .services 1 &&
		poll_until 10 route_is_made
}

route_is_made() {
	[ "$(c -j route show "$CSID4" vrf 100 2>/dev/null |
		jq -r '.[0] | "\(.mode) \(.proto)"')" = "control catsd" ]
}

# As long as there is room, and in a short queue of it still sooner than elsewhere.
fast_first() {
	flows open tcp 20
	shares_are "20 0 0 0" && become .flows.open 20
}

# Once a slow one is as good, they share.
then_all() {
	local fast

	flows open tcp 40
	fast=$(field per_instance.i1)
	echo "$REPLY"
	[ "$(field lost)" = 0 ] && [ "$fast" -ge 6 ] && [ "$fast" -le 16 ] &&
		[ "$(field per_instance.i2)" -ge 6 ] &&
		[ "$(field per_instance.i3)" -ge 6 ] &&
		[ "$(field per_instance.i4)" -ge 6 ] && become .flows.open 60
}

# The ingress sees its clients close their flows, and there is room again.
ended() {
	flows close
	become .flows.open 0 && become .flows.ended 60 || return 1
	REPLY=$(ask "share tcp 20 20" client -p 20000 "$CSID4" "$PORT")
	shares_are "20 0 0 0" && become .flows.open 0
}

# Flows of other ingresses fill the fast one: so its metric says.
others() {
	metric 1 45 | put
	REPLY=
	poll_until 10 avoided || {
		echo "$REPLY"
		return 1
	}
	# and they are gone
	metric 1 0 | put
	poll_until 10 fast_again
}

port=30000

avoided() {
	port=$((port + 20))
	REPLY=$(ask "share tcp 9 9" client -p "$port" "$CSID4" "$PORT")
	[ "$(shares) $(field lost)" = "0 3 3 3 0" ]
}

# it takes some metrics: one may be wrong
fast_again() {
	metric 1 0 | put
	port=$((port + 20))
	REPLY=$(ask "share tcp 16 16" client -p "$port" "$CSID4" "$PORT")
	[ "$(shares) $(field lost)" = "16 0 0 0 0" ]
}

# No end of a UDP flow is seen; after two seconds of silence it is over.
silent() {
	local before

	before=$(response .flows.idle)
	REPLY=$(ask "share udp 8" client -p 40000 "$CSID4" "$PORT")
	shares_are "8 0 0 0" && become .flows.open 0 &&
		[ "$(response .flows.idle)" -eq $((before + 8)) ]
}

# Who has lost its place in the flow table asks anew, and is not counted twice.
forgotten() {
	local before

	before=$(response .flows.gone)
	flows mark
	flows open tcp 6
	become .flows.open 6 || return 1
	c flow flush "$CSID4" vrf 100 || return 1
	become .flows.open 0 || return 1
	[ "$(response .flows.gone)" -eq $((before + 6)) ] || return 1
	flows probe
	[ "$(field lost)" = 0 ] && become .flows.open 6 || return 1
	flows close
	become .flows.open 0
}

# Of one it is not known how long it takes: then by the weights.
unknown() {
	local before

	instance 2 | put
	become .known 0 || return 1
	before=$(response .flows.placed)
	REPLY=$(ask "share tcp 8 8" client -p 41000 "$CSID4" "$PORT")
	echo "$REPLY"
	[ "$(field lost)" = 0 ] || return 1
	[ "$(response .flows.placed)" = "$before" ] || return 1
	instance 2 ', "computing-us": 40000' | put
	become .known 1 &&
		REPLY=$(ask "share tcp 8 8" client -p 42000 "$CSID4" "$PORT") &&
		shares_are "8 0 0 0"
}

# What is not open any more is not counted twice, and flows stay where they are.
restarted() {
	flows mark
	flows open tcp 12
	daemon_end ingress KILL
	daemon ingress "$WORK/ingress.yaml"
	become .known 1 || return 1
	flows probe
	echo "$REPLY"
	[ "$(field moved) $(field lost)" = "0 0" ] || return 1
	flows close
	REPLY=$(ask "share tcp 5 5" client -p 43000 "$CSID4" "$PORT")
	shares_are "5 0 0 0" && become .flows.open 0
}

# What the file says of a service that is decided for is in force at once.
configured() {
	sed -i '/policy: least-response/d' "$WORK/ingress.yaml"
	daemon_end ingress
	daemon ingress "$WORK/ingress.yaml"
	become .services 0
}

main() {
	plan 10
	setup
	expect "decided in mode control, and enough is known" decided
	flows_start client -p 10000 "$CSID4" "$PORT"
	expect "the fast instance first" fast_first
	expect "then where it is served as soon" then_all
	expect "flows end, and there is room again" ended
	expect "flows of other ingresses count" others
	expect "flows without a visible end" silent
	expect "flows whose place in the table is lost" forgotten
	expect "what is not known of all is not used" unknown
	expect "killed: flows stay, counting starts afresh" restarted
	flows_quit
	expect "another policy in the file: by the weights" configured
	finish
}

guarded main
