#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The command with cats.ko: sid, instance, stats and monitor as the manual pages
# have them, what the kernel refuses, and the routes of SIDs.
#
#  client eth0 --- eth0 egress lan --- lan i1

# shellcheck disable=SC2317 # functions are called by expect
set -u
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../../lib.sh"

CSID=203.0.113.1
ID=10.0.0.11
EGRESS=cats-$$-egress

c() {
	"$CATS" -n "$EGRESS" "$@"
}

# PART OF THE KERNEL'S MESSAGE|ARGUMENTS
REFUSED=(
	'a SID is a global unicast address|sid add ff05::1 action End.DT6'
	'a SID is a global unicast address|sid add fe80::1 action End.DT6'
	'nh4 must be a unicast address|sid add 5f00::1 action End.DX4 nh4 127.0.0.1'
	'nh6 must be a unicast address|sid add 5f00::1 action End.DX6 nh6 ::1'
	'a link-local next hop needs oif|sid add 5f00::1 action End.DX6 nh6 fe80::1'
	'this behavior has no oif|sid add 5f00::1 action End.DT6 oif lan'
	'no cats device has this index|sid add 5f00::1 action End.DT6 dev lan'
	'cannot be on a cats device|sid add 5f00::1 action End.DX4 nh4 10.0.0.11 oif cats0'
	'no VRF device has this table|sid add 5f00::1 action End.DT4 vrftable 99'
	'there is such a SID|sid add 5f00::4 action End.DT6'
	'is an address of this host|sid add 2001:db8:1::1 action End.DT6'
	'not of cats|sid add 5f00:f::1 action End.DT6'
	'not of cats|sid add 5f00:f::2 action End.DT6 instance 10.0.0.77'
	'does not exist|sid del 5f00::9'
	'does not exist|sid show 5f00::9'
	'has this CSCI-ID|instance set 10.0.0.99 state down'
	'has this CSCI-ID|instance del 10.0.0.99'
	'has this CSCI-ID|instance show 10.0.0.99'
	'an instance has this CSCI-ID|instance add 10.0.0.11'
	'SID leads to|instance del 10.0.0.11'
	'lead to|instance flush'
	'ascending|instance threshold set 10.0.0.11 metric flows level 5/4 6/3'
	'no levels|instance threshold del 10.0.0.11 metric flows'
	'has this CSCI-ID|instance threshold set 10.0.0.99 metric flows level 1'
)
TESTS=$((${#REFUSED[@]} + 50))

# --- the network ---------------------------------------------------------------

setup() {
	ns_add client egress i1
	link client eth0 egress eth0
	link egress lan i1 lan
	ip_batch client <<-END
		addr add 192.0.2.2/24 dev eth0
		addr add 2001:db8:1::2/64 dev eth0
		route add 5f00::/16 via 2001:db8:1::1
		sr tunsrc set 2001:db8:1::2
		route add $CSID/32 encap seg6 mode encap segs 5f00::4 dev eth0
	END
	ip_batch egress <<-END
		addr add 192.0.2.1/24 dev eth0
		addr add 2001:db8:1::1/64 dev eth0
		addr add 10.0.0.1/24 dev lan
		addr add 2001:db8:a::1/64 dev lan
		route add 5f00:f::1/128 via 2001:db8:1::2
		route add local 5f00:f::2/128 dev lan table local
	END
	ip_batch i1 <<-END
		addr add $ID/24 dev lan
		addr add 2001:db8:a::11/64 dev lan
		addr add $CSID/32 dev lo
		route add default via 10.0.0.1
	END
	on i1 sysctl -q -w net.ipv4.conf.all.arp_ignore=1
	modprobe vrf || die "no VRFs here"
	on egress sysctl -q -w net.vrf.strict_mode=1
}

# what there is of SIDs, instances and routes
everything() {
	c sid
	c instance
	ipn egress -6 route show table all proto 197
	ipn egress -6 route show table main
	ipn egress -4 route show
}

unchanged() {
	everything >"$WORK/after"
	diff "$WORK/before" "$WORK/after"
}

# refused PART COMMAND...: by the kernel, with one line
refused() {
	local part=$1 status line

	shift
	line=$("$@" 2>&1)
	status=$?
	echo "status $status: $line"
	[ "$status" -eq 2 ] && [[ $line == *"$part"* && $line == *. ]] &&
		[[ $line != *$'\n'* ]]
}

routes() {
	ipn egress -6 route show table local proto 197 |
		sed 's/ metric.*//' | tr '\n' ';'
}

# arrives: a ping by the SID is answered
arrives() {
	on client ping -n -q -c 1 -W 5 "$CSID"
}

lost() {
	! on client ping -n -q -c 1 -W 1 "$CSID"
}

# jq_is FILTER ARGUMENTS...: true of what the command prints with -j
jq_is() {
	c -j "${@:2}" >"$WORK/json" || return 1
	cat "$WORK/json"
	jq -e "$1" "$WORK/json"
}

# --- tests -----------------------------------------------------------------------

test_sid() {
	everything >"$WORK/before"
	expect "refused without a device" refused "there is no cats device" \
		c sid add 5f00::4 action End.DX4 nh4 "$ID"
	ipn egress link add cats0 type cats
	expect "refused while the device is down" refused "not up" \
		c sid add 5f00::4 action End.DX4 nh4 "$ID" instance "$ID"
	expect "nothing is left of either" unchanged
	ipn egress link set cats0 up
	c instance table set other 600
	expect "add" c sid add 5f00::4 action End.DX4 nh4 "$ID" oif lan instance "$ID"
	same "show" "$(c sid show 5f00::4)" \
		"5f00::4 action End.DX4 nh4 $ID oif lan dev cats0 instance $ID backend cats"
	same "its route is local" "$(routes)" "local 5f00::4 dev cats0;"
	expect "packets get to the instance" arrives
	same "counters" "$(c -o -s sid show 5f00::4 | sed 's/.*\\ *//')" \
		"packets 1 bytes 84 drops 0"
	expect "add by a prefix, details in JSON" \
		c -b - <<-END
			sid add 5f00:1::/64 action End.DX6 nh6 2001:db8:a::11
			sid add 5f00::46 action End.DT46
		END
	expect "JSON" jq_is 'length == 3 and all(.routed and .dev == "cats0") and
		(map(select(.sid == "5f00:1::/64")) | .[0].behavior == 16)' -d sid
	expect "by instance" jq_is 'length == 1 and .[0].sid == "5f00::4"' \
		sid show instance "$ID"
}

test_refusals() {
	local entry args

	everything >"$WORK/before"
	for entry in "${REFUSED[@]}"; do
		read -ra args <<<"${entry#*|}"
		expect "refused: ${entry#*|}" refused "${entry%%|*}" c "${args[@]}"
	done
	expect "nothing was changed by any of these" unchanged
	expect "refused without privileges" refused CAP_NET_ADMIN \
		ip netns exec "$EGRESS" setpriv --reuid 65534 --regid 65534 \
		--clear-groups "$WORK/cats" sid flush
	ip_batch egress <<<$'link add cats1 type cats\nlink set cats1 up'
	expect "refused without dev where there are two devices" \
		refused "several cats devices" c sid add 5f00::1 action End.DT6
}

test_replace() {
	expect "replace" c sid replace 5f00::4 action End.DX4 nh4 "$ID" \
		oif lan instance 10.0.0.12
	same "keeps counters, changes the instance" \
		"$(c -o -s sid show 5f00::4 | sed 's/.* instance //')" \
		'10.0.0.12 backend cats\    packets 1 bytes 84 drops 0'
	expect "packets get through" arrives
	c sid replace 5f00::4 action End.DX4 nh4 "$ID" oif lan instance "$ID"
}

test_unrouted() {
	ip_batch egress <<<$'link set cats0 down\nlink set cats0 up'
	same "a device that was down has no routes, which is shown" \
		"$(c sid show 5f00::4 | sed 's/.* backend //')" "cats unrouted"
	expect "in JSON" jq_is 'all(.routed == false)' sid
	expect "packets get lost" lost
	expect "replace makes the route again" c sid replace 5f00::4 \
		action End.DX4 nh4 "$ID" oif lan instance "$ID"
	same "that one only" "$(routes)" "local 5f00::4 dev cats0;"
	expect "and packets get through" arrives
	ip_batch egress <<-END
		link add red type vrf table 100
		link set red up
		link set cats0 master red
	END
	same "a device put into a VRF loses its routes too" "$(routes)" ""
	c sid replace 5f00::4 action End.DX4 nh4 "$ID" oif lan instance "$ID"
	same "a SID is an address of the underlay, VRF or not" "$(routes)" \
		"local 5f00::4 dev cats0;"
	expect "packets get through" arrives
	ip_batch egress <<<$'link set cats0 nomaster\nlink del red'
}

test_unicast() {
	ipn egress -6 route del local 5f00::4 table local 2>/dev/null
	ipn egress -6 route add 5f00::4 dev cats0
	same "a unicast route made by hand is shown as such" \
		"$(c sid show 5f00::4 | sed 's/.* backend //')" \
		"cats route unicast"
	expect "packets get through" arrives
	expect "del leaves it" c sid del 5f00::4
	expect "as it was" ipn egress -6 route del 5f00::4 dev cats0 proto boot
}

# A SID from before the module came.
test_stock() {
	ip_batch egress <<-END
		route add $ID/32 via $ID dev lan onlink proto 197
		route add 5f00::4/128 proto 197 encap seg6local action End.DX4 nh4 $ID dev lan
	END
	expect "a seg6local SID is refused by add" fails \
		"of the kernel's seg6local" sid add 5f00::4 action End.DX4 \
		nh4 "$ID" dev cats0
	expect "replace gives it to the module" c sid replace 5f00::4 \
		action End.DX4 nh4 "$ID" oif lan dev cats0 instance "$ID"
	same "with its route, and without those of before" \
		"$(routes)$(ipn egress -4 route show proto 197)$(
		   ipn egress -6 route show proto 197)" \
		"local 5f00::4 dev cats0;"
	expect "packets get through" arrives
}

# fails PART ARGUMENTS...
fails() {
	local line

	! line=$(c "${@:2}" 2>&1)
	echo "$line"
	[[ $line == *"$1"* ]]
}

test_instance() {
	c -b - <<-END
		instance set $ID limit 1000 csid $CSID,2001:db8:c5::/48
		instance threshold set $ID metric flows level 5/4 9/8
		instance table set max 1000 udp 33
	END
	same "instance" "$(c instance show "$ID")" \
		"$ID state up limit 1000 csid $CSID,2001:db8:c5::/48 sids 1 flows 1"
	same "threshold" "$(c instance threshold)" \
		"$ID metric flows level 5/4 9/8 current 0 value 1 crossings 0"
	same "flow" "$(c -s instance flows | sed 's/ idle.*//')" \
		"$CSID from 192.0.2.2 icmp instance $ID state other"
	same "table" "$(c -o instance table | sed 's/flow-size [0-9]*B //')" \
		'max 1000 flows 1 untracked 0\    syn 30s established 3600s closing 10s udp 33s other 600s'
	expect "metric" jq_is 'length >= 1' instance metric "$ID"
	expect "stats" jq_is '[.[].egress[].verdicts[] |
		select(.reason == "delivered").packets] | add > 3' stats
	c instance threshold del "$ID" metric flows
	c instance set "$ID" limit 0 csid any
}

# --- monitor -----------------------------------------------------------------------

listens() {
	c instance set "$ID" limit 0
	[ -s "$WORK/monitor" ]
}

# told PATTERN: an event like this came
told() {
	poll_until 10 grep -qE "$1" "$WORK/monitor" || {
		cat "$WORK/monitor"
		return 1
	}
}

no_flows() {
	[ "$(c -j instance flows)" = "[]" ]
}

test_monitor() {
	c instance table set other 1
	poll_until 20 no_flows
	on egress "$CATS" monitor sid instance flow metric >"$WORK/monitor" &
	disown
	poll_until 10 listens
	c instance threshold set "$ID" metric flows level 1
	arrives >/dev/null
	c -b - <<-END
		sid add 5f00::77 action End.DT6 dev cats0
		sid replace 5f00::77 action End.DT46 dev cats0
		sid del 5f00::77
	END
	expect "monitor: a SID comes" told "^sid 5f00::77 action End.DT6 dev cats0"
	expect "changes" told "^sid 5f00::77 action End.DT46"
	expect "and goes" told "^Deleted sid 5f00::77"
	expect "an instance changes" told "^instance $ID state up"
	expect "a flow starts" told "^flow start $CSID from 192.0.2.2 .*$ID"
	expect "and ends" told "^flow end $CSID from 192.0.2.2 .*end idle"
	expect "a level is crossed" told "^metric $ID metric flows current 1 "
}

test_flush() {
	c sid add 5f00::78 action End.DT6 dev cats1
	c sid flush dev cats1
	expect "flush of a device" jq_is 'length == 3' sid
	c sid flush
	same "flush" "$(c -j sid)$(routes)" "[]"
	same "instances go then" "$(c instance flush; c -j instance)" "[]"
}

main() {
	plan "$TESTS"
	install -m 755 "$CATS" "$WORK/cats"
	chmod 755 "$WORK"
	setup
	test_sid
	test_refusals
	test_replace
	test_unrouted
	test_unicast
	test_stock
	test_instance
	test_monitor
	test_flush
	finish
}

if ! reason=$(require ip jq ping setpriv sysctl ethtool "$CATS"); then
	skip_all "$TESTS" "$reason"
fi
modprobe -n cats 2>/dev/null || [ -e /sys/module/cats ] ||
	skip_all "$TESTS" "no cats.ko for this kernel"
guarded main
