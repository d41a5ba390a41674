#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The bytes on the wire.  What the ingress sends into the underlay is what the
# kernel's own seg6 encapsulation sends for the same packet in the same place,
# except for the fields where they differ on purpose: flow label, traffic class
# (copied from IPv4 too), hop limit of the outer header, and the hop that the
# inner packet has taken.  And tshark, which knows nothing of either, finds
# nothing wrong, neither with it nor with the ICMP errors of the ingress.

# shellcheck disable=SC2317 # functions are called by expect
set -u
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/netns/topology.sh
. "$(dirname "$0")/topology.sh"

TESTS=57
MODES=(encap.red encap)
COUNTS=(1 2 3 10)		# segments, the service SID included
SERVICE=4			# instance whose service SID ends the list
MTU=1500
ROUTER4=192.0.2.1		# the ingress, as the client sees it
ROUTER6=2001:db8:10::1

c() {
	on ingress "$CATS" "$@"
}

wire() {
	/usr/bin/python3 "$(dirname "$0")/wire.py" "$@"
}

# all_segments FAMILY COUNT: with the service SID
all_segments() {
	local segs

	segs=$(segments "$2")
	echo "${segs:+$segs,}$(service_sid "$1" "$SERVICE")"
}

csid() {
	if [ "$1" = 4 ]; then
		echo "$CSID4"
	else
		echo "$CSID6"
	fi
}

# overhead MODE COUNT: octets of the outer headers
overhead() {
	local listed=$2

	[ "$1" = encap ] || listed=$((listed - 1))
	echo $((40 + (listed > 0 ? 8 + 16 * listed : 0)))
}

# --- files in $WORK -----------------------------------------------------------

# probes MODE COUNT FAMILY, refused MODE COUNT FAMILY
probes() {
	echo "$WORK/probes-$3-$(overhead "$1" "$2").pcap"
}

refused() {
	echo "$WORK/refused-$3-$(overhead "$1" "$2").pcap"
}

# captured kernel|cats|errors MODE COUNT FAMILY
captured() {
	echo "$WORK/$1-$2-$3-$4.pcap"
}

# --- set up -------------------------------------------------------------------

wire_links() {
	link client ingress ingress client
	link ingress p1 p1 ingress
	no_offload client ingress
	topo_client client 192.0.2 2001:db8:10
	ip_batch ingress <<-END
		addr add $SOURCE/128 dev lo
		addr add 2001:db8:11::1/64 dev p1
		route add 2001:db8:f1::/48 via 2001:db8:11::2
		route add 2001:db8:e2::/48 via 2001:db8:11::2
		sr tunsrc set $SOURCE
	END
	neigh_permanent ingress p1 2001:db8:11::2 p1 ingress
	neigh_permanent ingress client 192.0.2.2 client ingress
	neigh_permanent ingress client 2001:db8:10::2 client ingress
}

setup() {
	local mode count overheads=()

	ns_add client ingress p1
	wire_links
	for mode in "${MODES[@]}"; do
		for count in "${COUNTS[@]}"; do
			overheads+=("$(overhead "$mode" "$count")")
		done
	done
	wire probes "$WORK" "$(link_address client ingress)" \
		"$(link_address ingress client)" "$CSID4" "$CSID6" \
		"${overheads[@]}" || die "cannot make packets"
}

# each COMMAND...: with MODE COUNT FAMILY added
each() {
	local mode count family

	for mode in "${MODES[@]}"; do
		for count in "${COUNTS[@]}"; do
			for family in 4 6; do
				"$@" "$mode" "$count" "$family"
			done
		done
	done
}

# --- capture ------------------------------------------------------------------

# steer kernel|cats MODE COUNT FAMILY: the probes, as p1 gets them
steer() {
	on client /usr/bin/python3 "$(dirname "$0")/wire.py" steer \
		"$(probes "${@:2}")" "$(captured "$@")" \
		ingress "$(ns p1)" ingress "$SOURCE"
}

# A failure shows in the comparison, which lacks the file then.
kernel_baseline() {
	local csid

	csid=$(csid "$3")
	ipn ingress route add "$csid" encap seg6 mode "$1" \
		segs "$(all_segments "$3" "$2")" dev p1 ||
		die "the kernel refuses $1 with $2 segments"
	steer kernel "$@"
	ipn ingress route del "$csid"
}

cats_capture() {
	local csid segs

	csid=$(csid "$3")
	segs=$(segments "$2")
	c policy replace "$1-$2-$3" ${segs:+segs "$segs"} src "$SOURCE" \
		mode "$1" &&
		c route replace "$csid" nexthop policy "$1-$2-$3" \
			sid "$(service_sid "$3" "$SERVICE")" &&
		steer cats "$@" &&
		on client /usr/bin/python3 "$(dirname "$0")/wire.py" refuse \
			"$(refused "$@")" "$(captured errors "$@")" ingress
}

# --- tests --------------------------------------------------------------------

test_bytes() {
	expect "$1, $2 segments, IPv$3: the kernel's bytes" wire compare \
		"$(probes "$@")" "$(captured kernel "$@")" \
		"$(captured cats "$@")"
}

test_dissect() {
	expect "$1, $2 segments, IPv$3: tshark agrees" wire dissect \
		"$(probes "$@")" "$(captured cats "$@")" "$1" \
		"$(all_segments "$3" "$2")"
}

test_errors() {
	local router=$ROUTER4

	[ "$3" = 4 ] || router=$ROUTER6
	expect "$1, $2 segments, IPv$3: ICMP errors" wire errors \
		"$(refused "$@")" "$(captured errors "$@")" "$router" \
		$((MTU - $(overhead "$1" "$2")))
}

# Only what the IP packet says it has; a frame may be longer than that.
test_padding() {
	local family

	for family in 4 6; do
		expect "IPv$family: padding of a frame is not sent on" \
			wire padding "$(probes encap 1 "$family")" \
			"$(captured kernel encap 1 "$family")" \
			"$(captured cats encap 1 "$family")"
	done
}

# Files of one family differ in the last packet only, which fits exactly.
test_labels() {
	local family mode count files

	for family in 4 6; do
		files=()
		for mode in "${MODES[@]}"; do
			for count in "${COUNTS[@]}"; do
				files+=("$(captured cats "$mode" "$count" \
					"$family")")
			done
		done
		expect "IPv$family: a flow label for each flow" wire labels \
			"$(probes encap.red 1 "$family")" "${files[@]}"
	done
}

# damaged OFFSET REASON SUBCOMMAND FILE ARGUMENTS...: a check of a copy of
# FILE with a wrong byte fails, and gives the reason
damaged() {
	local offset=$1 reason=$2 check=$3 file=$4 out

	shift 4
	wire damage "$file" "$WORK/damaged.pcap" "$offset" &&
		wire decode "$WORK/damaged.pcap" || return 1
	out=$(wire "$check" "${@/#$file/$WORK/damaged.pcap}") && {
		echo "nothing is found"
		return 1
	}
	echo "$out"
	[[ $out =~ $reason ]]
}

# The tests above can fail.
test_tests() {
	local family file segs

	for family in 4 6; do
		expect "IPv$family: no bit is left out" wire bits \
			"$(probes encap 3 "$family")" \
			"$(captured kernel encap 3 "$family")" \
			"$(captured cats encap 3 "$family")"
	done
	segs=$(all_segments 4 3)
	file=$(captured cats encap 3 4)
	expect "tshark sees a wrong checksum" damaged -1 "tcp.checksum.status" \
		dissect "$file" "$(probes encap 3 4)" "$file" encap "$segs"
	expect "tshark sees a wrong routing header" damaged 55 "dissected as" \
		dissect "$file" "$(probes encap 3 4)" "$file" encap "$segs"
	file=$(captured errors encap 3 4)
	expect "tshark sees a wrong MTU" damaged 41 "icmp.mtu is" \
		errors "$file" "$(refused encap 3 4)" "$file" "$ROUTER4" \
		$((MTU - $(overhead encap 3)))
}

main() {
	plan "$TESTS"
	setup
	each kernel_baseline
	c dev add client mode native || die "cannot add the device"
	each cats_capture
	wire decode "$WORK"/cats-*.pcap "$WORK"/errors-*.pcap
	each test_bytes
	each test_dissect
	each test_errors
	test_padding
	test_labels
	test_tests
	finish
}

if ! reason=$(require ip ethtool sysctl tshark /usr/bin/python3 "$CATS"); then
	skip_all "$TESTS" "$reason"
fi
guarded main
