#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Real flows through the XDP ingress: shares, affinity, VRF-IDs, prefixes,
# blackholes, unresolved neighbours, bulk transfers, and several ways to run
# the command.

# shellcheck disable=SC2317 # functions are called by expect
set -u
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/netns/topology.sh
. "$(dirname "$0")/topology.sh"

TESTS=52
POLICY=(SR-Policy1 SR-Policy1 SR-Policy2 SR-Policy2)

c() {
	on ingress "$CATS" "$@"
}

# route VERB CSID 4|6 VRF WEIGHT1..4 [OPTIONS]: a weight of - leaves the
# instance out
route() {
	local args=("$2" vrf "$4" "${@:9}") weight i

	for i in 1 2 3 4; do
		weight=${*:4+i:1}
		[ "$weight" != - ] || continue
		args+=(nexthop policy "${POLICY[i - 1]}"
			sid "$(service_sid "$3" "$i")" weight "$weight")
	done
	c route "$1" "${args[@]}"
}

# both VERB WEIGHT1..4 [OPTIONS]: the routes of vrf 100 for both CS-IDs
both() {
	route "$1" "$CSID4" 4 100 "${@:2}" && route "$1" "$CSID6" 6 100 "${@:2}"
}

# state INSTANCE-NUMBER STATE: for both CS-IDs
state() {
	c nexthop set "$CSID4" vrf 100 sid "$(service_sid 4 "$1")" state "$2" &&
		c nexthop set "$CSID6" vrf 100 sid "$(service_sid 6 "$1")" \
			state "$2"
}

# shares_near POINTS SHARE1..4: of the last answer, in percent; no flow lost
shares_near() {
	local points=$1 i total n

	echo "$REPLY"
	shift
	total=$(field flows)
	[ "$(field lost)" -eq 0 ] || return 1
	for i in 1 2 3 4; do
		n=$(field "per_instance.i$i")
		awk -v n="$n" -v t="$total" -v w="${!i}" -v p="$points" \
			'BEGIN { d = 100 * n / t - w; exit !(d <= p && d >= -p) }' ||
			return 1
	done
}

# share NAME ARGUMENTS...: REPLY is the answer of a short-lived client
share() {
	local count=$1

	shift
	REPLY=$(ask "share udp $count" "$@")
}

# instance_of NAME CSID [PORT]: the one instance that answers 20 new flows
instance_of() {
	local i

	share 20 "$1" -p "${3:-20000}" -d 1 "$2" "$PORT"
	for i in 1 2 3 4; do
		[ "$(field "per_instance.i$i")" -ne 20 ] || {
			echo "i$i"
			return
		}
	done
	echo "$REPLY"
}

# verdict REASON: packets counted for it
verdict() {
	local n

	n=$(c -j stats |
		jq "[.[0].verdicts[] | select(.reason == \"$1\").packets] | add")
	case $n in *[!0-9]* | '') n=0 ;; esac
	echo "$n"
}

# counted REASON BEFORE N: at least N packets more than before
counted() {
	local now

	now=$(verdict "$1")
	echo "$1: $2 packets before, $now now"
	[ "$now" -ge $(($2 + $3)) ]
}

setup() {
	topo_up
	topo_neigh_permanent
	c dev add client vrf 100 mode native || die "cannot add the device"
	c policy add SR-Policy1 segs "$(segments 2 1)" src "$SOURCE" &&
		c policy add SR-Policy2 segs "$(segments 2 2)" src "$SOURCE"
}

# --- shares ------------------------------------------------------------------

test_shares() {
	local table csid port=10000

	for table in exact maglev; do
		both replace 20 30 30 20 table "$table" track flows
		for csid in "$CSID4" "$CSID6"; do
			share 20000 client -p "$port" "$csid" "$PORT"
			expect "$table, $csid: shares of 20,000 flows" \
				shares_near 2 20 30 30 20
		done
		# other source ports than before: only new flows are counted
		port=35000
	done
	c flow flush >/dev/null
}

# --- affinity ----------------------------------------------------------------

# stayed MOVED: that many flows moved, all answered
stayed() {
	echo "$REPLY"
	[ "$(field moved)" -eq "$1" ] && [ "$(field lost)" -eq 0 ] &&
		[ $(($(field answered) + $(field reset))) -eq "$(field flows)" ]
}

# under_traffic MOVED COMMAND...: REPLY is the state of all flows afterwards
under_traffic() {
	local moved=$1

	shift
	flows mark
	flows background 4000
	flows wait 1000
	"$@" || return 1
	flows wait 4000
	flows stop
	stayed "$moved" && flows probe && stayed "$moved"
}

new_weights() {
	both replace 70 10 10 10 table exact track flows
}

# fail_i3: its link goes, then the control plane says so
fail_i3() {
	topo_instance_down 3
	flows wait 1000
	state 3 down
}

# expect_reply NAME COMMAND...: like expect, but in this shell, so that REPLY
# and the running client stay
expect_reply() {
	local name=$1

	shift
	if "$@" >"$WORK/out" 2>&1; then
		ok "$name"
	else
		not_ok "$name" "$(cat "$WORK/out")"
	fi
}

test_affinity() {
	local before

	both replace 20 30 30 20 table exact track flows
	flows_start client -d 3 "$CSID4" "$CSID6" "$PORT"
	flows open tcp 1000
	same "1000 TCP flows are established" "$(field answered)" 1000
	flows open udp 1000
	same "1000 UDP flows are established" "$(field answered)" 1000
	flows probe
	before=$REPLY

	expect_reply "no flow moves when a route is replaced" \
		under_traffic 0 new_weights
	flows share udp 4000
	expect_reply "new flows follow the new weights" \
		shares_near 4 70 10 10 10
	expect_reply "no flow moves when one weight changes" under_traffic 0 \
		c nexthop set "$CSID4" vrf 100 sid "$(service_sid 4 4)" weight 60
	both replace 20 30 30 20 table exact track flows

	expect_reply "no flow moves when an instance is drained" \
		under_traffic 0 state 2 drain
	same "a drained instance keeps its flows" \
		"$(field per_instance.i2)" "$(REPLY=$before field per_instance.i2)"
	flows share udp 2000
	same "a drained instance gets no new flows" \
		"$(field per_instance.i2) of $(field answered)" "0 of 2000"
	state 2 up
	flows share udp 2000
	expect_reply "up again, it gets new flows" shares_near 5 20 30 30 20

	flows probe
	before=$(field per_instance.i3)
	expect_reply "only flows of a failed instance move" \
		under_traffic "$before" fail_i3
	same "all of them are its own" "$(field moved_from.i3)" "$before"
	flows share udp 2000
	same "a failed instance gets no new flows" \
		"$(field per_instance.i3) of $(field answered)" "0 of 2000"
	flows_quit
	topo_instance_up 3
	c flow flush >/dev/null
}

# --- matching ----------------------------------------------------------------

test_vrf() {
	both replace 1 - - -
	c dev add client2 vrf 200
	route add "$CSID4" 4 200 - - - 1
	route add "$CSID6" 6 200 - - - 1
	same "VRF-ID 100, IPv4" "$(instance_of client "$CSID4")" i1
	same "VRF-ID 200, IPv4" "$(instance_of client2 "$CSID4")" i4
	same "VRF-ID 100, IPv6" "$(instance_of client "$CSID6")" i1
	same "VRF-ID 200, IPv6" "$(instance_of client2 "$CSID6")" i4
	c route del "$CSID4" vrf 200
	share 5 client2 -d 1 "$CSID4" "$PORT"
	same "without a route in its VRF-ID nothing is steered" \
		"$(field answered)" 0
	c route del "$CSID6" vrf 200
	c dev del client2
}

# The host routes lead to i1, the prefix routes to i2.
test_prefix() {
	local net4=203.0.113.0/24 net6=2001:db8:c5::/48

	route add "$net4" 4 100 - 1 - -
	route add "$net6" 6 100 - 1 - -
	same "a host route wins, IPv4" "$(instance_of client "$CSID4" 21000)" i1
	same "a host route wins, IPv6" "$(instance_of client "$CSID6" 21000)" i1
	c route del "$CSID4" vrf 100
	c route del "$CSID6" vrf 100
	same "else the prefix route, IPv4" \
		"$(instance_of client "$CSID4" 22000)" i2
	same "else the prefix route, IPv6" \
		"$(instance_of client "$CSID6" 22000)" i2
	c route del "$net4" vrf 100
	c route del "$net6" vrf 100
}

test_blackhole() {
	local before

	both add 1 - - -
	c route add blackhole 203.0.113.0/24 vrf 100
	c route add blackhole 2001:db8:c5::/48 vrf 100
	before=$(verdict blackhole)
	on client ping -q -c 3 -i 0.1 -W 0.2 203.0.113.77 >/dev/null 2>&1
	expect "a blackhole drops and counts, IPv4" counted blackhole "$before" 3
	before=$(verdict blackhole)
	on client ping -q -c 3 -i 0.1 -W 0.2 2001:db8:c5::77 >/dev/null 2>&1
	expect "a blackhole drops and counts, IPv6" counted blackhole "$before" 3
	same "a host route inside a blackhole steers" \
		"$(instance_of client "$CSID4" 23000)" i1
	c route del 203.0.113.0/24 vrf 100
	c route del 2001:db8:c5::/48 vrf 100
}

test_plain() {
	local before

	before=$(verdict not-service)
	expect "plain traffic passes, IPv4" \
		on client ping -q -c 3 -i 0.1 -W 1 198.51.100.2
	expect "plain traffic passes, IPv6" \
		on client ping -q -c 3 -i 0.1 -W 1 2001:db8:20::2
	expect "and is counted" counted not-service "$before" 6
}

# --- segment lists ------------------------------------------------------------

# Through p1 and p2 in turn; the last segment is the service SID.
test_segments() {
	local count csid family segs

	for count in 1 2 3 10; do
		segs=$(segments "$count")
		c policy add "Way$count" ${segs:+segs "$segs"} src "$SOURCE"
		for family in 4 6; do
			csid=$CSID4
			[ "$family" = 4 ] || csid=$CSID6
			c route replace "$csid" vrf 100 nexthop \
				policy "Way$count" \
				sid "$(service_sid "$family" 4)" weight 1
			same "IPv$family, $count segments arrive" \
				"$(instance_of client "$csid" $((26000 + 100 * count)))" i4
		done
	done
	expect "ICMP echo, IPv4" on client ping -q -c 3 -i 0.1 -W 1 "$CSID4"
	expect "ICMP echo, IPv6" on client ping -q -c 3 -i 0.1 -W 1 "$CSID6"
	both replace 1 - - -
	for count in 1 2 3 10; do
		c policy del "Way$count"
	done
}

# --- neighbours --------------------------------------------------------------

# The neighbour does not answer when the policy is made, but later.
test_neighbour() {
	local before

	ipn p1 addr del 2001:db8:11::2/64 dev ingress
	ipn ingress neigh del 2001:db8:11::2 dev p1
	c policy replace SR-Policy1 segs "$(segments 2 1)" src "$SOURCE"
	same "a policy whose neighbour does not answer says so" "$(c -j policy \
		show SR-Policy1 | jq -r '.[0].neighbour')" unresolved
	ipn p1 addr add 2001:db8:11::2/64 dev ingress
	before=$(verdict steered-by-stack)
	same "the first packets arrive, IPv4" \
		"$(instance_of client "$CSID4" 24000)" i1
	same "the first packets arrive, IPv6" \
		"$(instance_of client "$CSID6" 24000)" i1
	expect "they went through the stack" counted steered-by-stack \
		"$before" 40
	c policy refresh SR-Policy1
	before=$(verdict steered)
	instance_of client "$CSID4" 25000 >/dev/null
	expect "after a refresh they do not" counted steered "$before" 20
	topo_neigh_permanent
}

# --- bulk --------------------------------------------------------------------

# transfer put|get CSID: ten million bytes through 1500-byte links
transfer() {
	local out

	out=$(ask "$1 10000000" client -p 40000 "$2" "$PORT")
	echo "$out"
	[ "$(jq .exact <<<"$out")" = true ]
}

test_bulk() {
	local csid

	for csid in "$CSID4" "$CSID6"; do
		expect "10 MB to $csid, byte-exact" transfer put "$csid"
		expect "10 MB from $csid, byte-exact" transfer get "$csid"
	done
}

# --- the command -------------------------------------------------------------

# churn OCTET: adds 50 routes, removes them, adds them again
churn() {
	local i verb

	for verb in add del add; do
		for ((i = 1; i <= 50; i++)); do
			if [ "$verb" = add ]; then
				c route add "198.18.$1.$i" vrf 100 nexthop \
					policy SR-Policy1 sid \
					"$(service_sid 4 1)" weight "$i"
			else
				c route del "198.18.$1.$i" vrf 100
			fi || return 1
		done
	done
}

two_shells() {
	local first rc=0

	churn 1 &
	first=$!
	churn 2 || rc=1
	wait "$first" || rc=1
	[ "$rc" -eq 0 ] || return 1
	c -j route show | jq -e '
		[.[] | select(.csid | startswith("198.18."))] |
		length == 100 and
		all(.nexthops[0].weight == (.csid | split(".")[3] | tonumber))'
}

test_command() {
	same "-n NETNS shows what ip netns exec shows" \
		"$("$CATS" -n "$(ns ingress)" -j route show)" \
		"$(c -j route show)"
	expect "two shells at once" two_shells
}

main() {
	plan "$TESTS"
	setup
	test_shares
	test_affinity
	test_vrf
	test_prefix
	test_blackhole
	test_plain
	test_segments
	test_neighbour
	test_bulk
	test_command
	finish
}

if ! reason=$(require ip ethtool jq ping sysctl awk "$FLOWGEN" "$CATS"); then
	skip_all "$TESTS" "$reason"
fi
guarded main
