#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The test network itself, with the kernel's own H.Encaps.Red in place of
# cats: when this fails, look here first.

# shellcheck disable=SC2317 # functions are called by expect
set -u
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/netns/topology.sh
. "$(dirname "$0")/topology.sh"

TESTS=21

# steer 4|6 INSTANCE SEGMENTS
steer() {
	local csid=$CSID4/32 segs

	[ "$1" = 4 ] || csid=$CSID6/128
	segs=$(segments "$3")
	ipn ingress route replace "$csid" encap seg6 mode encap.red \
		segs "${segs:+$segs,}$(service_sid "$1" "$2")" dev p1
}

# reaches 4|6 INSTANCE: ICMP, UDP and TCP
reaches() {
	local csid=$CSID4 out

	[ "$1" = 4 ] || csid=$CSID6
	on client ping -q -c 1 -W 2 "$csid" || return 1
	out=$(ask 'share udp 20\nshare tcp 20' client "$csid" "$PORT")
	echo "$out"
	[ "$(jq -s "map(.per_instance.i$2) | add" <<<"$out")" = 40 ]
}

# exact 4|6: ten million bytes there and back.  The kernel encapsulates first
# and tells nobody when the result does not fit, so the client has to know.
exact() {
	local csid=$CSID4 gateway=192.0.2.1 out

	[ "$1" = 4 ] || csid=$CSID6 gateway=2001:db8:10::1
	ipn client route replace "$csid" via "$gateway" mtu 1300
	out=$(ask 'put 10000000\nget 10000000' client "$csid" "$PORT")
	echo "$out"
	[ "$(jq -s 'map(.exact) | all' <<<"$out")" = true ]
}

# A flow that goes elsewhere must show, else the other tests prove nothing.
test_instrument() {
	steer 4 1 2
	flows_start client -d 1 -p 50000 "$CSID4" "$PORT"
	flows open tcp 20
	flows open udp 20
	steer 4 2 2
	flows probe
	same "flowgen sees UDP flows move and TCP flows break" \
		"$(for key in moved reset lost moved_from.i1 moved_to.i2; do
			field "$key"
		done | xargs)" "40 20 0 40 20"
	flows mark
	flows probe
	same "after a mark, moves count anew" \
		"$(field flows) $(field moved) $(field per_instance.i2)" "20 0 20"
	ipn ingress route replace blackhole "$CSID4/32"
	flows background 100
	flows stop
	flows probe
	same "flowgen sees lost flows" "$(field lost) $(field moved)" "20 0"
	flows_quit
	ipn ingress route del blackhole "$CSID4/32"
}

main() {
	local family instance count

	plan "$TESTS"
	topo_up
	for family in 4 6; do
		for instance in 1 2 3 4; do
			steer "$family" "$instance" 2
			expect "IPv$family reaches i$instance" \
				reaches "$family" "$instance"
		done
		for count in 1 2 3 10; do
			steer "$family" 3 "$count"
			expect "IPv$family, $count segments" reaches "$family" 3
		done
		steer "$family" 2 3
		expect "IPv$family, 10 MB both ways, byte-exact" exact "$family"
	done
	test_instrument
	finish
}

if ! reason=$(require ip ethtool jq ping sysctl "$FLOWGEN" "$CATS"); then
	skip_all "$TESTS" "$reason"
fi
guarded main
