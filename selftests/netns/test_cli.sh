#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Bad input: each is one clear line on stderr, an exit status, nothing on
# stdout, and changes nothing.

# shellcheck disable=SC2317 # functions are called by expect
set -u
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/netns/cli.sh
. "$(dirname "$0")/cli.sh"

NO_BPF=$(realpath -m "$BUILD/selftests/netns/no_bpf")
FOREIGN=$(realpath -m "$BUILD/selftests/netns/foreign.bpf.o")
SEGS10=$(printf '5f00:1::%d,' {1..10})
LONG=$(printf 'x%.0s' {1..32})
CONTROL=$(printf 'a\001b')
NH='nexthop policy p1 sid 5f00:1:0:d1::'
HUGE=99999999999999999999999

# STATUS|PART OF THE MESSAGE|ARGUMENTS, quoted for the shell
DEV_CASES=(
	'2|Cannot find device "nope"|dev add nope'
	'2|Cannot find device "nope"|dev del nope'
	'2|Cannot find device "nope"|dev show nope'
	'2|Cannot find device ""|dev add ""'
	'2|eth0 is a CATS device already|dev add eth0'
	'2|eth1 is not a CATS device|dev del eth1'
	'255|a device is expected|dev add'
	'255|a device is expected|dev del'
	'255|"vrf" wants a value|dev add eth1 vrf'
	'255|"mode" wants a value|dev add eth1 mode'
	'255|vrf is a number|dev add eth1 vrf x'
	'255|vrf is a number|dev add eth1 vrf ""'
	'255|vrf is a number|dev add eth1 vrf 1x'
	'255|vrf is a number|dev add eth1 vrf -1'
	'255|vrf is a number|dev add eth1 vrf 4294967296'
	"255|vrf is a number|dev add eth1 vrf $HUGE"
	'255|mode is one of|dev add eth1 mode fast'
	'255|"vrf" is given twice|dev add eth1 vrf 1 vrf 2'
	'255|"mode" is given twice|dev add eth1 mode auto mode auto'
	'255|"fast" is duplicate, or it is garbage|dev add eth1 fast'
	'255|"eth1" is duplicate, or it is garbage|dev del eth0 eth1'
	'255|"eth1" is duplicate, or it is garbage|dev show eth0 eth1'
	'255|Command "x" is unknown, try "cats dev help".|dev x'
)

POLICY_CASES=(
	'255|a policy name is expected|policy add'
	'255|a policy name is expected|policy replace'
	'255|a policy name is expected|policy del'
	'255|1 to 31 characters|policy add ""'
	"255|1 to 31 characters|policy add $LONG"
	"255|of printable ASCII|policy add $CONTROL segs 5f00:1::1"
	'255|an IPv6 address is expected, not IPv4|policy add x segs 192.0.2.1'
	'255|not IPv4|policy add x segs 5f00:1::1,192.0.2.1'
	'255|not IPv4|policy add x segs 5f00:1::1 via 192.0.2.1'
	'255|not IPv4|policy add x segs 5f00:1::1 src 192.0.2.1'
	'255|not IPv4|policy add x segs 5f00:1::1 endpoint 192.0.2.1'
	'255|not IPv4|policy replace p1 segs 192.0.2.1'
	'255|1 to 9 SIDs|policy add x segs ""'
	'255|an IPv6 address is expected|policy add x segs ,'
	'255|an IPv6 address is expected|policy add x segs 5f00:1::1,'
	'255|an IPv6 address is expected|policy add x segs 5f00::1,,5f00::2'
	'255|an IPv6 address is expected|policy add x segs nope'
	"255|segs has at most 9 SIDs|policy add x segs ${SEGS10%,}"
	"255|segs has at most 9 SIDs|policy replace p1 segs ${SEGS10%,}"
	'255|mtu is a number from 1320 to 65535|policy add x mtu 1319'
	'255|mtu is a number|policy add x mtu 65536'
	'255|mtu is a number|policy add x mtu -1500'
	'255|mtu is a number|policy add x mtu 1500x'
	'255|color is a number|policy add x color 0'
	'255|color is a number|policy add x color 4294967296'
	'255|preference is a number|policy add x preference -1'
	'255|preference is a number|policy add x preference 4294967296'
	"255|preference is a number|policy add x preference $HUGE"
	'255|mode is one of|policy add x mode insert'
	'255|"segs" wants a value|policy add x segs'
	'255|"via" wants a value|policy add x via'
	'255|"dev" wants a value|policy add x dev'
	'255|"src" wants a value|policy add x src'
	'255|"mtu" wants a value|policy add x mtu'
	'255|"color" wants a value|policy add x color'
	'255|"endpoint" wants a value|policy add x endpoint'
	'255|"preference" wants a value|policy add x preference'
	'255|"mode" wants a value|policy add x mode'
	'255|"segs" is given twice|policy add x segs 5f00::1 segs 5f00::1'
	'255|"color" is given twice|policy replace p1 color 1 color 1'
	'255|garbage|policy add x fast'
	'255|garbage|policy del p1 p2'
	'255|garbage|policy show p1 p2'
	'255|garbage|policy refresh p1 p2'
	'2|Cannot find device "nope"|policy add x dev nope'
	'2|no route to fd00::1|policy add x segs fd00::1'
	'2|no route to fd00::1|policy replace p1 segs fd00::1'
	'2|policy p1 exists|policy add p1 segs 5f00:1::1'
	'2|policy nope does not exist|policy del nope'
	'2|policy nope does not exist|policy show nope'
	'2|policy nope does not exist|policy refresh nope'
	'2|policy p1 is in use by 4 next hops|policy del p1'
	'2|it cannot lose or get its first segment|policy replace p1'
	'255|Command "x" is unknown, try "cats policy help".|policy x'
)

ROUTE_CASES=(
	'255|a CS-ID is expected|route add'
	'255|a CS-ID is expected|route add blackhole'
	'255|a CS-ID is expected|route del'
	'255|a CS-ID is expected|route get'
	"255|an IPv4 or IPv6 address is expected|route add nope $NH"
	"255|an IPv4 or IPv6 address is expected|route add 192.0.2 $NH"
	"255|an IPv4 or IPv6 address is expected|route add '' $NH"
	"255|is wrong|route add $LONG$LONG $NH"
	"255|a prefix length is a number from 0 to 32|route add 10.0.0.0/33 $NH"
	"255|a prefix length is a number|route add 10.0.0.0/-1 $NH"
	"255|a prefix length is a number|route add 10.0.0.0/ $NH"
	"255|a prefix length is a number|route add 10.0.0.0/8x $NH"
	"255|a prefix length is a number|route add 10.0.0.0/255.0.0.0 $NH"
	"255|a prefix length is a number|route add 100.0.0.0/4294967304 $NH"
	"255|a prefix length is a number from 0 to 128|route add fd00::/129 $NH"
	"255|beyond the prefix length|route add 10.0.0.1/8 $NH"
	"255|beyond the prefix length|route add fd00::1/64 $NH"
	'255|beyond the prefix length|route add blackhole 10.0.0.1/8'
	'255|beyond the prefix length|route del 192.0.2.1/24'
	"255|not IPv4|route add 10.0.0.1 nexthop policy p1 sid 192.0.2.9"
	"255|CSCI-ID is an IPv4 or IPv6|route add 10.0.0.1 $NH instance nope"
	'255|a route needs a next hop|route add 10.0.0.1'
	'255|a route needs a next hop|route replace 192.0.2.1'
	'255|needs a policy and a sid|route add 10.0.0.1 nexthop'
	'255|needs a policy and a sid|route add 10.0.0.1 nexthop policy p1'
	'255|needs a policy and a sid|route add 10.0.0.1 nexthop sid 5f00::1'
	'255|"policy" wants a value|route add 10.0.0.1 nexthop policy'
	'255|"sid" wants a value|route add 10.0.0.1 nexthop policy p1 sid'
	"255|\"weight\" wants a value|route add 10.0.0.1 $NH weight"
	"255|\"instance\" wants a value|route add 10.0.0.1 $NH instance"
	'255|"vrf" wants a value|route add 10.0.0.1 vrf'
	'255|"table" wants a value|route add 10.0.0.1 table'
	'255|"size" wants a value|route add 10.0.0.1 size'
	'255|"affinity" wants a value|route add 10.0.0.1 affinity'
	'255|"timeout" wants a value|route add 10.0.0.1 timeout'
	'255|"track" wants a value|route add 10.0.0.1 track'
	'255|"mode" wants a value|route add 10.0.0.1 mode'
	'255|"proto" wants a value|route add 10.0.0.1 proto'
	"255|weight is a number|route add 10.0.0.1 $NH weight 65536"
	"255|weight is a number|route add 10.0.0.1 $NH weight -1"
	"255|weight is a number|route add 10.0.0.1 $NH weight 1.5"
	"255|weight is a number|route add 10.0.0.1 $NH weight $HUGE"
	"255|weight|route add 10.0.0.1 $NH weight 0"
	"255|weight|route add 10.0.0.1 $(nexthops 3 0)"
	"255|weight|route replace 192.0.2.1 $(nexthops 2 0)"
	"255|at most 256 next hops|route add 10.0.0.1 $(nexthops 300)"
	"255|at most 256 next hops|route replace 192.0.2.1 $(nexthops 300)"
	"255|at most 256 next hops|route append 192.0.2.1 $(nexthops 257)"
	"255|at most 256|route append 192.0.2.1 $(nexthops 256)"
	"2|do not fit a table of 128|route add 10.0.0.1 table exact $(nexthops 200)"
	"255|size is a number|route add 10.0.0.1 size 0 $NH"
	"255|size is a number|route add 10.0.0.1 size 262145 $NH"
	"255|prime|route add 10.0.0.1 size 262144 $NH"
	"255|timeout is a number|route add 10.0.0.1 timeout 0 $NH"
	"255|timeout is a number|route add 10.0.0.1 timeout 2592001 $NH"
	"255|timeout is a number|route add 10.0.0.1 timeout -1 $NH"
	"255|timeout is a number|route add 10.0.0.1 timeout 10s $NH"
	"255|table is one of|route add 10.0.0.1 table x $NH"
	"255|affinity is one of|route add 10.0.0.1 affinity 4tuple $NH"
	"255|tracks flows only|route add 10.0.0.1 track moves $NH"
	"255|mode is one of|route add 10.0.0.1 mode both $NH"
	"255|proto has 1 to 15|route add 10.0.0.1 proto '' $NH"
	"255|proto has 1 to 15|route add 10.0.0.1 proto ${LONG:0:16} $NH"
	"255|vrf is a number|route add 100.64.0.1 vrf ' -18446744073709551615' $NH"
	"255|\"vrf\" is given twice|route add 10.0.0.1 vrf 1 vrf 1 $NH"
	"255|\"size\" is given twice|route add 10.0.0.1 size 7 $NH size 7"
	"255|\"sid\" is given twice|route add 10.0.0.1 $NH sid 5f00::1"
	"255|\"weight\" is given twice|route add 10.0.0.1 $NH weight 1 weight 1"
	"255|5f00:1:0:d1:: is given twice|route add 10.0.0.1 $NH $NH"
	"255|garbage|route add 10.0.0.1 fast $NH"
	"255|garbage|route add 10.0.0.1 $NH fast"
	"255|garbage|route add 10.0.0.1 blackhole $NH"
	"255|a blackhole has no next hops|route add blackhole 10.0.0.0/8 $NH"
	'255|a blackhole has no table|route add blackhole 10.0.0.0/8 size 7'
	"255|append takes next hops|route append 192.0.2.1 timeout 5 $NH"
	'2|policy nope does not exist|route add 10.0.0.1 nexthop policy nope sid 5f00::1'
	'2|policy nope does not exist|route replace 192.0.2.1 nexthop policy nope sid 5f00::1'
	'2|policy nope does not exist|route append 192.0.2.1 nexthop policy nope sid 5f00::1'
	"2|policy nope does not exist|route add 10.0.0.1 $NH nexthop policy nope sid 5f00::1"
	"2|route exists|route add 192.0.2.1 $NH"
	'2|route exists|route add blackhole 198.51.100.0/24'
	'2|route does not exist|route del 10.0.0.1'
	'2|route does not exist|route del 192.0.2.1 vrf 8'
	'2|route does not exist|route del 192.0.2.0/24'
	'2|route does not exist|route show 10.0.0.1'
	"2|route does not exist|route append 10.0.0.1 $NH"
	'2|no route to this CS-ID|route get 203.0.113.9'
	'2|no route to this CS-ID|route get 192.0.2.1 vrf 8'
	'255|not of the address family|route get 192.0.2.1 from 2001:db8::1'
	'255|not of the address family|route get 2001:db8:c5::1 from 192.0.2.9'
	'255|is wrong|route get 192.0.2.0/24'
	'255|sport is a number|route get 192.0.2.1 sport 65536'
	'255|sport is a number|route get 192.0.2.1 sport -1'
	'255|dport is a number|route get 192.0.2.1 dport x'
	'255|name or number of an IP protocol|route get 192.0.2.1 proto nope'
	'255|name or number of an IP protocol|route get 192.0.2.1 proto 256'
	'255|name or number of an IP protocol|route get 192.0.2.1 proto -1'
	'255|wants a value|route get 192.0.2.1 from'
	'255|given twice|route get 192.0.2.1 sport 1 sport 2'
	'255|garbage|route get 192.0.2.1 fast'
	'255|vrf is a number|route flush vrf x'
	'255|given twice|route flush vrf 1 vrf 2'
	'255|garbage|route flush 192.0.2.1'
	'255|garbage|route del 192.0.2.1 192.0.2.2'
	'255|garbage|route show 192.0.2.1 192.0.2.2'
	'255|vrf is a number|route show vrf -1'
	'255|Command "x" is unknown, try "cats route help".|route x'
)

OTHER_CASES=(
	'255|a CS-ID is expected|nexthop set'
	'255|a sid is expected|nexthop set 192.0.2.1 state up'
	'255|a state or a weight is expected|nexthop set 192.0.2.1 sid 5f00:1:0:1::'
	'255|state is one of|nexthop set 192.0.2.1 sid 5f00:1:0:1:: state dead'
	'255|weight is a number|nexthop set 192.0.2.1 sid 5f00:1:0:1:: weight -1'
	'255|weight is a number|nexthop set 192.0.2.1 sid 5f00:1:0:1:: weight 65536'
	'255|"state" wants a value|nexthop set 192.0.2.1 sid 5f00:1:0:1:: state'
	'255|not IPv4|nexthop set 192.0.2.1 sid 192.0.2.9 state up'
	'255|given twice|nexthop set 192.0.2.1 sid 5f00:1:0:1:: state up state up'
	'255|garbage|nexthop set 192.0.2.1 sid 5f00:1:0:1:: state up fast'
	'2|route does not exist|nexthop set 10.0.0.1 sid 5f00:1:0:1:: state up'
	'2|the route has no such next hop|nexthop set 192.0.2.1 sid 5f00::9 state down'
	'255|weight|nexthop set 192.0.2.2 sid 5f00:1:0:1:: weight 0'
	'2|route does not exist|nexthop show 10.0.0.1'
	'255|Command "x" is unknown, try "cats nexthop help".|nexthop x'
	'2|route does not exist|fwd show 10.0.0.1'
	'255|an IPv4 or IPv6 address is expected|fwd show x'
	'255|Command "x" is unknown, try "cats fwd help".|fwd x'
	'2|route does not exist|flow show 10.0.0.1'
	'2|route does not exist|flow count 10.0.0.1'
	'2|route does not exist|flow flush 10.0.0.1'
	'255|vrf is a number|flow show vrf x'
	'255|Command "x" is unknown, try "cats flow help".|flow x'
	'255|garbage|stats show x'
	'255|garbage|stats reset x'
	'255|Command "x" is unknown, try "cats stats help".|stats x'
	'255|monitor knows dev, policy, route, stats|monitor flows'
	'255|Object "x" is unknown, try "cats help".|x'
	'255|Object "" is unknown, try "cats help".|""'
	'255|Object "rout" is unknown, try "cats help".|rout show'
	'255|Option "-x" is unknown, try "cats help".|-x route show'
	'255|Option "--jsonx" is unknown, try "cats help".|--jsonx route show'
	'255|Option "-" is unknown, try "cats help".|- route show'
	'255|wants a value|-n'
	'255|wants a value|-b'
	'2|Cannot open network namespace "nope": No such file|-n nope route show'
	'2|network namespace|-n /etc/passwd route show'
	'255|Cannot open file "/nonexistent" for reading|-b /nonexistent'
)

CASES=("${DEV_CASES[@]}" "${POLICY_CASES[@]}" "${ROUTE_CASES[@]}"
	"${OTHER_CASES[@]}")
TESTS=$((${#CASES[@]} + 20))

# Before the arguments: how the command is run.
RUN=("$CATS" -n "$FWD")

# one_line PART: $WORK/err is one line in iproute2's form that has this part
one_line() {
	local line

	[ "$(wc -l <"$WORK/err")" -eq 1 ] || return 1
	line=$(<"$WORK/err")
	[[ $line == *"$1"* ]] || return 1
	[[ $line =~ ^Error:\ [^\ ].*[^.]\.$ ||
		$line =~ ^(Object|Command|Option)\ \".*\"\ is\ unknown,\ try\ \"cats\ .*help\"\.$ ]]
}

# refused STATUS PART ARGUMENTS...: in text and in JSON
refused() {
	local want=$1 part=$2 option status

	shift 2
	for option in -d -j; do
		"${RUN[@]}" "$option" "$@" >"$WORK/out" 2>"$WORK/err"
		status=$?
		echo "status $status, stdout and stderr:"
		cat "$WORK/out" "$WORK/err"
		[ "$status" -eq "$want" ] && [ ! -s "$WORK/out" ] &&
			one_line "$part" || return 1
	done
	tables >"$WORK/after" || return 1
	cmp "$WORK/before" "$WORK/after"
}

# expect_refused NAME STATUS PART ARGUMENTS...: what one breaks, the next one
# is not blamed for
expect_refused() {
	local failed=$KTAP_FAILED

	expect "$1" refused "${@:2}"
	[ "$KTAP_FAILED" -eq "$failed" ] || tables >"$WORK/before"
}

setup() {
	rig_up
	c dev add eth0 || die "cannot add the device"
	c -b - <<-END || die "cannot fill the tables"
		policy add p1 segs 5f00:1::1
		policy add p2 segs 5f00:2::1,5f00:2::2
		policy add direct
		route add 192.0.2.1 table exact $(nexthops 2) nexthop policy p2 sid 5f00:2:0:d1:: weight 3
		route add 192.0.2.2 $(nexthops 1)
		route add 2001:db8:c5::/48 vrf 7 size 11 $(nexthops 1)
		route add blackhole 198.51.100.0/24
	END
	tables >"$WORK/before"
}

test_cases() {
	local entry status part args

	for entry in "${CASES[@]}"; do
		status=${entry%%|*}
		entry=${entry#*|}
		part=${entry%%|*}
		eval "args=(${entry#*|})"
		expect_refused "refused: $(cut -c 1-60 <<<"${args[*]}")" \
			"$status" "$part" "${args[@]}"
	done
}

# --- what the host lacks -----------------------------------------------------

# foreign_stays: its program is attached before and after
foreign_stays() {
	local before after

	before=$(ipn fwd -j link show dev eth2 | jq '.[0].xdp.prog.id')
	refused "$@" || return 1
	after=$(ipn fwd -j link show dev eth2 | jq '.[0].xdp.prog.id')
	echo "program $before before, $after after"
	[ "$before" != null ] && [ "$before" = "$after" ]
}

test_foreign() {
	local mode

	for mode in xdpgeneric xdpdrv; do
		on fwd ip link set dev eth2 "$mode" obj "$FOREIGN" sec xdp ||
			diag "cannot attach the foreign program"
		expect "a device with another program ($mode) is refused" \
			foreign_stays 2 "eth2 has another XDP program" \
			dev add eth2
		on fwd ip link set dev eth2 "$mode" off
	done
	expect "and taken once that is gone" c dev add eth2
	c dev del eth2
}

test_privileges() {
	RUN=(ip netns exec "$FWD" setpriv --reuid 65534 --regid 65534
		--clear-groups "$WORK/cats")
	expect_refused "without privileges: show" 2 "needs CAP_NET_ADMIN" \
		route show
	expect_refused "without privileges: add" 2 "needs CAP_NET_ADMIN" \
		route add 10.0.0.1 nexthop policy p1 sid 5f00::1
	expect_refused "without privileges: dev add" 2 "needs CAP_NET_ADMIN" \
		dev add eth1
	expect_refused "without privileges: the argument is wrong first" 255 \
		"prefix length" route add 10.0.0.0/40
	RUN=(setpriv --reuid 65534 --regid 65534 --clear-groups "$WORK/cats")
	expect_refused "without privileges: -n" 2 "needs CAP_" \
		-n "$FWD" route show
	RUN=(setpriv "--bounding-set=-bpf,-sys_admin" "$CATS" -n "$FWD")
	expect_refused "root without CAP_BPF and CAP_SYS_ADMIN" 2 "needs CAP_" \
		policy add x segs 5f00:1::1
	RUN=("$CATS" -n "$FWD")
}

# fresh_stays STATUS PART ARGUMENTS...: in a namespace without tables, which
# gets none
fresh_stays() {
	local object before

	before=$(pins peer)
	refused "$@" || return 1
	for object in route policy dev fwd; do
		"$CATS" -n "cats-$$-peer" -j "$object" show >"$WORK/out" ||
			return 1
		[ "$(cat "$WORK/out")" = '[]' ] || return 1
	done
	pins peer
	[ "$before" = "$(pins peer)" ]
}

test_kernel() {
	RUN=("$NO_BPF" "$CATS" -n "$FWD")
	expect_refused "a kernel without bpf(2): show" 2 "not in this kernel" \
		route show
	expect_refused "a kernel without bpf(2): add" 2 "not in this kernel" \
		route add 10.0.0.1 nexthop policy p1 sid 5f00::1
	expect_refused "a kernel without bpf(2): dev add" 2 \
		"not in this kernel" dev add eth1
	RUN=("$NO_BPF" "$CATS" -n "$(ns peer)")
	expect "a kernel without bpf(2): the first dev add" fresh_stays 2 \
		"not in this kernel" dev add eth1
	RUN=("$CATS" -n "$FWD")
}

# --- full --------------------------------------------------------------------

# policies_are N
policies_are() {
	local n

	n=$(c -j policy show | jq length)
	echo "$n policies"
	[ "$n" -eq "$1" ]
}

fill_policies() {
	local i

	for ((i = 4; i <= 4095; i++)); do
		echo "policy add n$i segs 5f00:1::$((i % 10)) color $i"
	done >"$WORK/policies"
	c -b "$WORK/policies" && policies_are 4095
}

empty_policies() {
	sed 's/policy add \([^ ]*\) .*/policy del \1/' "$WORK/policies" \
		>"$WORK/policies.del"
	c -b "$WORK/policies.del" && policies_are 3
}

test_full() {
	expect "4,095 policies from one batch" fill_policies
	tables >"$WORK/before"
	expect_refused "one more policy" 2 "the policy table is full (4095)" \
		policy add more segs 5f00:1::1
	expect_refused "one more, with replace" 2 \
		"the policy table is full (4095)" \
		policy replace more segs 5f00:1::1
	expect "a full table lets policies be replaced" \
		c policy replace n4000 segs 5f00:1::7
	expect "and deleted again" empty_policies
	expect "then there is room" c policy add more segs 5f00:1::1
	c policy del more
	tables >"$WORK/before"
}

test_no_instance() {
	c nexthop set 192.0.2.2 sid 5f00:1:0:1:: state down
	tables >"$WORK/before"
	expect_refused "route get without an instance" 2 "no next hop takes" \
		route get 192.0.2.2 from 192.0.2.9
	c nexthop set 192.0.2.2 sid 5f00:1:0:1:: state up
}

main() {
	plan "$TESTS"
	setup
	install -m 755 "$CATS" "$WORK/cats"
	chmod 755 "$WORK"
	test_cases
	test_foreign
	test_privileges
	test_kernel
	test_full
	test_no_instance
	finish
}

if ! reason=$(require ip ethtool jq sysctl setpriv "$NO_BPF" "$CATS"); then
	skip_all "$TESTS" "$reason"
fi
[ -r "$FOREIGN" ] || skip_all "$TESTS" "$FOREIGN is missing"
guarded main
