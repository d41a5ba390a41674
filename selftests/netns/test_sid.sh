#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# SIDs without cats.ko: real packets through the kernel's seg6local as the
# command sets it up, what it refuses, and that it leaves nothing behind.
#
#  client eth0 --- eth0 egress br0 ---.--- eth0 i1
#                                      '--- eth0 i2
#
# Both instances own the anycast CS-ID, on one link, and answer ARP for their
# own addresses only, as behind any direct-return load balancer.

# shellcheck disable=SC2317 # functions are called by expect
set -u
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

CSID4=203.0.113.1
CSID6=2001:db8:c5::1
EGRESS=cats-$$-egress
NOTICE="using the kernel's seg6local"

c() {
	"$CATS" -n "$EGRESS" "$@"
}

# STATUS|PART OF THE MESSAGE|ARGUMENTS
CASES=(
	'255|a SID is expected|sid add'
	'255|a SID is expected|sid replace'
	'255|a SID is expected|sid del'
	'255|an IPv4 or IPv6 address is expected|sid add nope action End.DT6'
	'255|not IPv4|sid add 10.0.0.1 action End.DT6'
	'255|not IPv4|sid del 10.0.0.1'
	'255|a prefix length is a number|sid add 5f00::/129 action End.DT6'
	'255|a prefix length is a number|sid add 5f00::/ action End.DT6'
	'255|a number from 1 to 128|sid add ::/0 action End.DT6'
	'255|beyond the prefix length|sid add 5f00::1/64 action End.DT6'
	'255|a SID needs an action|sid add 5f00::1'
	'255|"action" wants a value|sid add 5f00::1 action'
	'255|action is one of|sid add 5f00::1 action end.dx4'
	'255|action is one of|sid add 5f00::1 action End'
	'255|End.DX4 needs nh4|sid add 5f00::1 action End.DX4'
	'255|End.DX4 needs nh4|sid add 5f00::1 action End.DX4 oif br0'
	'255|End.DX6 needs nh6|sid add 5f00::1 action End.DX6'
	'255|nh6 is for End.DX6|sid add 5f00::1 action End.DX4 nh4 10.0.0.11 nh6 ::1'
	'255|nh4 is for End.DX4|sid add 5f00::1 action End.DT6 nh4 10.0.0.11'
	'255|nh4 is the IPv4 address|sid add 5f00::1 action End.DX4 nh4 fd00::1'
	'255|nh4 is the IPv4 address|sid add 5f00::1 action End.DX4 nh4 0.0.0.0'
	'255|nh6 is the IPv6 address|sid add 5f00::1 action End.DX6 nh6 10.0.0.1'
	'255|"nh4" wants a value|sid add 5f00::1 action End.DX4 nh4'
	'255|"action" is given twice|sid add 5f00::1 action End.DT6 action End.DT4'
	'255|vrftable is a number from 1|sid add 5f00::1 action End.DT4 vrftable 0'
	'255|vrftable is for End.DT4|sid add 5f00::1 action End.DX4 nh4 10.0.0.11 vrftable 1'
	'255|a CSCI-ID is|sid add 5f00::1 action End.DT4 instance nope'
	'255|garbage|sid add 5f00::1 action End.DT4 fast'
	'255|garbage|sid del 5f00::4 5f00::5'
	'255|garbage|sid show 5f00::4 5f00::5'
	'255|garbage|sid flush all'
	'2|Cannot find device "nope"|sid add 5f00::1 action End.DX4 nh4 10.0.0.11 oif nope'
	'2|Cannot find device "nope"|sid show dev nope'
	'2|instance needs cats.ko|sid add 5f00::1 action End.DX4 nh4 10.0.0.11 oif br0 instance 10.0.0.11'
	'2|dev needs cats.ko|sid add 5f00::1 action End.DX4 nh4 10.0.0.11 oif br0 dev br0'
	'2|dev needs cats.ko|sid flush dev br0'
	'2|End.DX6 need oif|sid add 5f00::1 action End.DX4 nh4 10.0.0.11'
	'2|End.DX6 need oif|sid add 5f00::1 action End.DX6 nh6 2001:db8:a::11'
	'2|a link-local nh6 needs cats.ko|sid add 5f00::1 action End.DX6 nh6 fe80::1 oif br0'
	'2|need vrftable|sid add 5f00::1 action End.DT4'
	'2|need vrftable|sid add 5f00::1 action End.DT46 oif br0'
	'2|End.DT6 needs vrftable, or oif|sid add 5f00::1 action End.DT6'
	'255|exclude each other|sid add 5f00::1 action End.DT6 vrftable 9 oif br0'
	'2|no VRF device has table 9|sid add 5f00::1 action End.DT4 vrftable 9'
	'2|has no route|sid add 5f00::1 action End.DX4 nh4 172.16.0.1 oif br0'
	'2|by another device|sid add 5f00::1 action End.DX4 nh4 10.0.0.11 oif eth0'
	'2|not the address of another host|sid add 5f00::1 action End.DX4 nh4 10.0.0.1 oif br0'
	'2|SID 5f00::4 exists already|sid add 5f00::4 action End.DT6 oif br0'
	'2|is an address of this host|sid add 2001:db8:a::1 action End.DT6 oif br0'
	'2|not of cats|sid add 5f00:f::1 action End.DX4 nh4 10.0.0.99 oif br0'
	'2|not of cats|sid replace 5f00:f::1 action End.DX4 nh4 10.0.0.99 oif br0'
	'2|not of cats|sid add 5f00:f::2 action End.DX4 nh4 10.0.0.99 oif br0'
	'2|SID 5f00:f::1 does not exist|sid del 5f00:f::1'
	'2|SID 5f00::/64 does not exist|sid del 5f00::/64'
	'2|SID 5f00::9 does not exist|sid show 5f00::9'
	'255|Command "x" is unknown, try "cats sid help".|sid x'
	'255|a CSCI-ID is expected|instance add'
	'255|a CSCI-ID is|instance add nope'
	'255|state is one of|instance set 10.0.0.1 state off'
	'255|limit is a number|instance set 10.0.0.1 limit -1'
	'255|a state, a limit or a csid|instance set 10.0.0.1'
	'255|beyond the prefix length|instance set 10.0.0.1 csid 10.0.0.1/8'
	'255|an IPv4 or IPv6 address|instance set 10.0.0.1 csid 10.0.0.1,'
	'255|RISE[/FALL]|instance threshold set 10.0.0.1 metric flows level x'
	'255|RISE[/FALL]|instance threshold set 10.0.0.1 metric flows level 0'
	'255|RISE[/FALL]|instance threshold set 10.0.0.1 metric flows level 5/'
	'255|above RISE|instance threshold set 10.0.0.1 metric flows level 5/6'
	'255|at most 16 levels|instance threshold set 10.0.0.1 metric flows level 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17'
	'255|metric is one of|instance threshold set 10.0.0.1 metric load level 1'
	'255|a metric is expected|instance threshold del 10.0.0.1'
	'255|a level is expected|instance threshold set 10.0.0.1 metric flows'
	'255|a size or a timeout|instance table set'
	'255|syn is a number from 1 to 86400|instance table set syn 0'
	'255|max is a number|instance table set max 16777217'
	'255|Command "x" is unknown, try "cats instance help".|instance x'
	'2|cats.ko is not available|instance'
	'2|cats.ko is not available|instance add 10.0.0.1'
	'2|cats.ko is not available|instance flows'
	'2|cats.ko is not available|instance table'
	'2|cats.ko is not available|instance metric'
	'2|cats.ko is not available|instance threshold'
	'2|cats.ko is not available|monitor sid'
	'2|cats.ko is not available|monitor metric'
)
TESTS=$((${#CASES[@]} + 36))

# --- the network -------------------------------------------------------------

# instance_up NUMBER: CSCI-ID 10.0.0.1N, 2001:db8:a::1N
instance_up() {
	link egress "i$1" "i$1" eth0
	ipn egress link set "i$1" master br0
	on "i$1" sysctl -q -w net.ipv4.conf.all.arp_ignore=1 ||
		die "cannot set up i$1"
	ip_batch "i$1" <<-END
		addr add 10.0.0.1$1/24 dev eth0
		addr add 2001:db8:a::1$1/64 dev eth0
		addr add $CSID4/32 dev lo
		addr add $CSID6/128 dev lo
		route add default via 10.0.0.1
		route add default via 2001:db8:a::1
	END
}

setup() {
	ns_add client egress i1 i2
	link client eth0 egress eth0
	ipn egress link add br0 type bridge || die "no bridge here"
	ipn egress link set br0 up
	instance_up 1
	instance_up 2
	ip_batch egress <<-END
		addr add 192.0.2.1/24 dev eth0
		addr add 2001:db8:1::1/64 dev eth0
		addr add 10.0.0.1/24 dev br0
		addr add 2001:db8:a::1/64 dev br0
		route add 5f00:f::1/128 via 2001:db8:1::2
		route add blackhole 5f00:f::2/128
	END
	ip_batch client <<-END
		addr add 192.0.2.2/24 dev eth0
		addr add 2001:db8:1::2/64 dev eth0
		route add 5f00::/16 via 2001:db8:1::1
		sr tunsrc set 2001:db8:1::2
	END
}

# unchanged: the host's routes are those of $WORK/before
unchanged() {
	host_routes >"$WORK/after"
	diff "$WORK/before" "$WORK/after"
}

# host_routes: those of the egress, without counters and neighbours
host_routes() {
	ipn egress -4 route show table all
	ipn egress -6 route show table all | grep -v ' ff00::/8 '
}

# echoes INSTANCE: echo requests it received, of both families
echoes() {
	# shellcheck disable=SC2016 # fields of awk
	on "$1" awk '/^Icmp:/ { if (n++) sum = $10 } /Icmp6InEchos/ { sum += $2 }
		END { print sum }' /proc/net/snmp /proc/net/snmp6
}

# reaches SID INSTANCE DESTINATION [MODE]: all pings are answered, by that one
reaches() {
	local before others after other=i1

	[ "$2" != i1 ] || other=i2
	ipn client route replace "$3" encap seg6 mode "${4:-encap}" \
		segs "$1" dev eth0 || return 1
	before=$(echoes "$2") others=$(echoes "$other")
	on client ping -n -q -c 3 -i 0.05 -W 2 "$3" || return 1
	after=$(echoes "$2")
	echo "$2 had $before echo requests, has $after"
	[ $((after - before)) -eq 3 ] && [ "$(echoes "$other")" -eq "$others" ]
}

# --- tests -------------------------------------------------------------------

test_packets() {
	expect "End.DX4 to instance 1" reaches 5f00::4 i1 "$CSID4"
	expect "End.DX4 to instance 2 of the same CS-ID, on the same link" \
		reaches 5f00::5 i2 "$CSID4"
	expect "and to instance 1 again" reaches 5f00::4 i1 "$CSID4"
	expect "End.DX4 without an SRH" reaches 5f00::5 i2 "$CSID4" encap.red
	expect "End.DX4 by a prefix, with arguments" \
		reaches 5f00:1::abcd:1 i2 "$CSID4"
	expect "End.DX6 to instance 1" reaches 5f00::6 i1 "$CSID6"
	expect "End.DX6 to instance 2" reaches 5f00::7 i2 "$CSID6"
	expect "End.DT6" reaches 5f00::8 i2 2001:db8:a::12
}

# Debian's kernels have VRFs, this machine's may not.
test_vrf() {
	if ! ipn egress link add vrf1 type vrf table 100 2>/dev/null; then
		skip "End.DT4 needs strict mode" "no VRF here"
		skip "End.DT4" "no VRF here"
		skip "End.DT46" "no VRF here"
		return
	fi
	ip_batch egress <<-END
		link set vrf1 up
		link set br0 master vrf1
		addr replace 2001:db8:a::1/64 dev br0
		route add 192.0.2.0/24 dev eth0 table 100
		route add 2001:db8:1::/64 dev eth0 table 100
	END
	host_routes >"$WORK/before"
	on egress sysctl -q -w net.vrf.strict_mode=0
	expect "End.DT4 needs strict mode" refused 2 "Strict mode for VRF" \
		sid add 5f00::a action End.DT4 vrftable 100
	on egress sysctl -q -w net.vrf.strict_mode=1
	c sid add 5f00::a action End.DT4 vrftable 100 2>/dev/null
	expect "End.DT4" reaches 5f00::a i1 10.0.0.11
	c sid add 5f00::b action End.DT46 vrftable 100 2>/dev/null
	expect "End.DT46" reaches 5f00::b i2 2001:db8:a::12
}

add_sids() {
	c -b - <<-END
		sid add 5f00::4 action End.DX4 nh4 10.0.0.11 oif br0
		sid add 5f00::5 action End.DX4 nh4 10.0.0.12 oif br0
		sid add 5f00:1::/64 action End.DX4 nh4 10.0.0.12 oif br0
		sid add 5f00::6 action End.DX6 nh6 2001:db8:a::11 oif br0
		sid add 5f00::7 oif br0 nh6 2001:db8:a::12 action End.DX6
		sid add 5f00::8 action End.DT6 oif br0
	END
}

# The notice comes once, however many SIDs a batch has.
says_so_once() {
	add_sids >"$WORK/out" 2>"$WORK/err" || { cat "$WORK/err"; return 1; }
	cat "$WORK/out" "$WORK/err"
	[ "$(grep -c "$NOTICE" "$WORK/err")" -eq 1 ] &&
		[ "$(wc -l <"$WORK/err")" -eq 1 ] && [ ! -s "$WORK/out" ]
}

# onlink WANTED: instances that have a route to themselves
onlink() {
	local got

	got=$(ipn egress -4 route show proto 197 | cut -d ' ' -f 1-5 |
		tr '\n' ';')
	echo "got $got"
	[ "$got" = "$1" ]
}

# refused STATUS PART ARGUMENTS...: one error, but for the notice, and no
# change of any route
refused() {
	local want=$1 part=$2 status line

	shift 2
	"${RUN[@]}" "$@" >"$WORK/out" 2>"$WORK/err"
	status=$?
	echo "status $status, stdout and stderr:"
	cat "$WORK/out" "$WORK/err"
	line=$(grep -v "$NOTICE" "$WORK/err")
	[ "$status" -eq "$want" ] && [ ! -s "$WORK/out" ] || return 1
	[[ $line == *"$part"* && $line != *$'\n'* && $line == *. ]] || return 1
	unchanged
}

test_refusals() {
	local entry status part args

	RUN=("$CATS" -n "$EGRESS")
	host_routes >"$WORK/before"
	for entry in "${CASES[@]}"; do
		status=${entry%%|*}
		entry=${entry#*|}
		part=${entry%%|*}
		read -ra args <<<"${entry#*|}"
		expect "refused: $(cut -c 1-60 <<<"${args[*]}")" \
			refused "$status" "$part" "${args[@]}"
	done
	RUN=(ip netns exec "$EGRESS" setpriv --reuid 65534 --regid 65534
		--clear-groups "$WORK/cats")
	expect "refused without privileges: add" refused 2 \
		"needs CAP_NET_ADMIN" \
		sid add 5f00::1 action End.DT6 oif br0
	expect "refused without privileges: del" refused 2 \
		"needs CAP_NET_ADMIN" sid del 5f00::4
	expect "refused without privileges: flush" refused 2 \
		"needs CAP_NET_ADMIN" sid flush
	expect "show needs no privileges" "${RUN[@]}" sid show 5f00::4
}

# jq_is FILTER ARGUMENTS...: true of what the command prints with -j
jq_is() {
	local filter=$1

	shift
	c -j "$@" >"$WORK/json" || return 1
	cat "$WORK/json"
	jq -e "$filter" "$WORK/json"
}

test_output() {
	same "one SID as text" "$(c sid show 5f00::4)" \
		"5f00::4 action End.DX4 nh4 10.0.0.11 oif br0 backend seg6local"
	same "one line with counters" \
		"$(c -o -s sid show 5f00::8 | sed 's/[0-9][0-9]* by/N by/')" \
		'5f00::8 action End.DT6 oif br0 backend seg6local\    packets N bytes 504 drops 0'
	expect "all SIDs in JSON" jq_is \
		'length == 6 and all(.backend == "seg6local")' sid
	expect "a prefix in JSON" jq_is '.[0].sid == "5f00:1::/64"' \
		sid show 5f00:1::/64
	expect "counters in JSON" jq_is \
		'.[0] | .packets >= 6 and .bytes > 0 and .drops == 0' \
		-s sid show 5f00::4
	expect "filters match nothing here" jq_is '. == []' \
		sid show instance 10.0.0.11
	expect "stats without cats.ko" jq_is '. == []' stats
}

unchanged_after() {
	"$@" && unchanged
}

add_again() {
	add_sids 2>/dev/null
}

test_replace() {
	on client ping -n -q -c 100 -i 0.01 -W 2 "$CSID4" >"$WORK/ping" 2>&1 &
	sleep 0.3
	c sid replace 5f00::4 action End.DX4 nh4 10.0.0.12 oif br0 \
		2>/dev/null || diag "replace failed"
	wait $!
	expect "no packet is lost by replace" \
		grep -q ' 100 received' "$WORK/ping"
	expect "and it has the new next hop" reaches 5f00::4 i2 "$CSID4"
	expect "the route to a next hop goes with the last SID that needs it" \
		onlink '10.0.0.12 via 10.0.0.12 dev br0;'
	c sid replace 5f00::4 action End.DX4 nh4 10.0.0.11 oif br0 2>/dev/null
	expect "and is there again" onlink \
		'10.0.0.11 via 10.0.0.11 dev br0;10.0.0.12 via 10.0.0.12 dev br0;'
	c sid del 5f00::5
	expect "it stays while another SID needs it" onlink \
		'10.0.0.11 via 10.0.0.11 dev br0;10.0.0.12 via 10.0.0.12 dev br0;'
	c sid del 5f00:1::/64
	expect "and goes then" onlink '10.0.0.11 via 10.0.0.11 dev br0;'
	expect "replace adds what does not exist" c sid replace 5f00::5 \
		action End.DX4 nh4 10.0.0.12 oif br0
}

# A next hop behind a gateway is left to the route there is.
test_gateway() {
	ipn egress route add 10.255.0.1/32 via 10.0.0.11
	host_routes >"$WORK/before"
	c sid add 5f00::c action End.DX4 nh4 10.255.0.1 oif br0 2>/dev/null
	expect "a next hop with a gateway" reaches 5f00::c i1 "$CSID4"
	expect "needs no route, nor loses one" unchanged_after \
		c sid del 5f00::c
}

main() {
	plan "$TESTS"
	setup
	install -m 755 "$CATS" "$WORK/cats"
	chmod 755 "$WORK"
	host_routes >"$WORK/first"
	expect "a batch says once that cats.ko is not there" says_so_once
	expect "each next hop of End.DX4 has a route to itself" onlink \
		'10.0.0.11 via 10.0.0.11 dev br0;10.0.0.12 via 10.0.0.12 dev br0;'
	test_packets
	test_output
	test_refusals
	test_replace
	test_gateway
	ipn egress route del 10.255.0.1/32
	cp "$WORK/first" "$WORK/before"
	expect "flush leaves what was there before" unchanged_after c sid flush
	expect "and once more" unchanged_after c sid flush
	expect "help without anything" env -i "$CATS" sid help
	add_again
	test_vrf
	finish
}

if ! reason=$(require ip ethtool jq ping sysctl setpriv "$CATS"); then
	skip_all "$TESTS" "$reason"
fi
! "$CATS" instance show >/dev/null 2>&1 ||
	skip_all "$TESTS" "cats.ko is here, and this is about being without it"
guarded main
