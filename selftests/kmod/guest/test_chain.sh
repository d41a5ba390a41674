#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The whole chain, where cats.ko can be loaded: XDP ingress, SRv6, cats.ko with
# End.DX4, End.DX6 and End.DT46, instances.  Every flow is counted three times, by
# the client, the ingress and the egress, and all have to agree.

# shellcheck disable=SC2317 # functions are called by expect
set -u
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../../lib.sh"
# shellcheck source=selftests/netns/topology.sh
. "$(dirname "$0")/../../netns/topology.sh"

TESTS=34
FLOWS=40		# of each protocol, half of them IPv4
POLICY=(SR-Policy1 SR-Policy1 SR-Policy2 SR-Policy2)
WEIGHT=(20 30 30 20)

# c FORWARDER ARGUMENTS...
c() {
	"$CATS" -n "cats-$$-$1" "${@:2}"
}

# egress_of NUMBER: the forwarder an instance is behind
egress_of() {
	echo "e$((($1 + 1) / 2))"
}

# --- the module loads itself ---------------------------------------------------

loads_by() {
	! [ -e /sys/module/cats ] || rmmod cats || return 1
	"$@"
	[ -e /sys/module/cats ]
}

link_once() {
	ipn probe link add cats0 type cats && ipn probe link del cats0
}

test_autoload() {
	ip netns add "$(ns probe)"
	expect "the device kind alone loads the module" loads_by link_once
	expect "the family cats does" loads_by \
		"$CATS" -n "$(ns probe)" instance show
	expect "the family cats_metric does" loads_by \
		"$CATS" -n "$(ns probe)" instance metric
	ip netns del "$(ns probe)"
}

# --- the network ---------------------------------------------------------------

# End.DT46 by the table of a VRF for the first instance of a site, and through a
# device that is part of one for the second.
setup_dt46() {
	local site=$1 first=$((2 * $1 - 1)) second=$((2 * $1)) n

	{
		echo link add cats1 type cats
		for n in $first $second; do
			cat <<-END
				link add vrf$n type vrf table 10$n
				link set vrf$n up
				route add $CSID4/32 via 10.0.$n.2 dev i$n table 10$n
				route add $CSID6/128 via 2001:db8:3$n::2 dev i$n table 10$n
			END
		done
		echo "link set cats1 master vrf$second"
		echo link set cats1 up
	} | ip_batch "e$site"
	on "e$site" sysctl -q -w net.vrf.strict_mode=1
	c "e$site" -b - <<-END || die "no End.DT46 at e$site"
		sid add $(service_sid 46 "$first") action End.DT46 vrftable 10$first dev cats0 instance 10.255.0.$first
		sid add $(service_sid 46 "$second") action End.DT46 dev cats1 instance 10.255.0.$second
		instance table set closing 1
	END
}

# route VERB CSID FUNCTION: to all instances by SIDs of that function
route() {
	local args=("$2" vrf 100 table exact track flows) i

	for i in 0 1 2 3; do
		args+=(nexthop policy "${POLICY[i]}"
			sid "$(service_sid "$3" $((i + 1)))" weight "${WEIGHT[i]}")
	done
	c ingress route "$1" "${args[@]}"
}

setup() {
	local site

	topo_up
	topo_neigh_permanent
	[ "$EGRESS" = cats ] || die "cats.ko cannot be loaded"
	c ingress -b - <<-END || die "no policies"
		dev add client vrf 100 mode native
		policy add SR-Policy1 segs $(segments 2 1) src $SOURCE
		policy add SR-Policy2 segs $(segments 2 2) src $SOURCE
	END
	route add "$CSID4" 4
	route add "$CSID6" 6
	for site in 1 2; do
		setup_dt46 "$site"
		on "e$site" "$CATS" -j monitor flow instance \
			>"$WORK/e$site.events" &
		disown
		poll_until 10 provoke "e$site" ||
			die "no events at e$site"
	done
}

# An event, so that one sees when the monitor listens.
provoke() {
	c "$1" instance set 10.255.0.9 limit 1 ||
		c "$1" instance add 10.255.0.9
	[ -s "$WORK/$1.events" ]
}

# --- who counted what: four numbers, of i1 to i4 --------------------------------

by_client() {
	local i

	for i in 1 2 3 4; do
		field "per_instance.i$i"
	done | xargs
}

# of both CS-IDs
by_ingress() {
	c ingress -j flow count | jq -r '
		[.[].nexthops[] | {(.sid | split("::")[1]): .flows}] as $n |
		[("1", "2", "3", "4") as $i | [$n[][$i] // 0] | add] | join(" ")'
}

# by_egress MEMBER...: of cats -s instance, a line for each
by_egress() {
	{
		c e1 -j -s instance
		c e2 -j -s instance
	} | jq -rs '(add | map({(.instance): .}) | add) as $of |
		$ARGS.positional[] as $member | ["1", "2", "3", "4"] |
		map($of["10.255.0." + .][$member]) | join(" ")' --args "$@"
}

# Flows of each instance that started, and in the next line that ended.
by_events() {
	jq -rs '[.[][] | select(.object == "flow")] as $events |
		("start", "end") as $event | ["1", "2", "3", "4"] |
		map(("10.255.0." + .) as $instance | $events |
		    map(select(.event == $event and
			       .instance == $instance)) | length) |
		join(" ")' "$WORK/e1.events" "$WORK/e2.events"
}

# minus "A B C D" "A B C D"
minus() {
	local a b

	read -ra a <<<"$1"
	read -ra b <<<"$2"
	MINUS="$((a[0] - b[0])) $((a[1] - b[1])) $((a[2] - b[2])) $((a[3] - b[3]))"
}

sum() {
	echo $((${1// /+}))
}

# becomes WANTED COMMAND...: what the command prints, in the end
becomes() {
	local wanted=$1

	shift
	poll_until 15 prints "$wanted" "$@" || {
		echo "wanted \"$wanted\", got \"$("$@")\""
		return 1
	}
}

prints() {
	[ "$("${@:2}")" = "$1" ]
}

# reason EGRESS NAME: packets counted there, on all its devices
reason() {
	c "$1" -j stats | jq "[.[].egress[]?.verdicts[] |
		select(.reason == \"$2\").packets] | add // 0"
}

# --- tests -----------------------------------------------------------------------

# exact CSID: bytes there and back
exact() {
	local out

	out=$(ask 'put 300000\nget 300000' client "$1" "$PORT")
	echo "$out"
	[ "$(jq -s 'map(.exact) | all' <<<"$out")" = true ]
}

# all_idle: flows end at once when the client is through with them
all_idle() {
	local site

	for site in 1 2; do
		c "e$site" instance table set udp "$1"
	done
}

# test_flows NAME: all flows, counted by everybody
test_flows() {
	local name=$1 before=() after=() events=()

	c ingress flow flush >/dev/null
	all_idle 1
	becomes "0 0 0 0" by_egress flows >/dev/null
	all_idle 600
	mapfile -t before <<<"$(by_egress started ended packets)"
	mapfile -t events <<<"$(by_events)"
	flows_start client -d 10 "$CSID4" "$CSID6" "$PORT"
	flows open tcp "$FLOWS"
	flows open udp "$FLOWS"
	flows probe
	SHARES=$(by_client)
	same "$name: all flows are answered" \
		"$(field flows) $(sum "$SHARES")" "$((2 * FLOWS)) $((2 * FLOWS))"
	same "$name: the ingress counts what the client sees" "$(by_ingress)" \
		"$SHARES"
	mapfile -t after <<<"$(by_egress started packets)"
	minus "${after[0]}" "${before[0]}"
	same "$name: each instance gets its flows and no other's" "$MINUS" \
		"$SHARES"
	minus "${after[1]}" "${before[2]}"
	expect "$name: and each of them more packets than flows" \
		more_than "$MINUS" "$SHARES"
	all_idle 1
	flows_quit
	expect "$name: they end when the client closes them" \
		becomes "0 0 0 0" by_egress flows
	all_idle 600
	minus "$(by_egress ended)" "${before[1]}"
	same "$name: as many as have started" "$MINUS" "$SHARES"
	expect "$name: an event for each start and each end" \
		all_told "${events[@]}"
}

# more_than "A B C D" "A B C D"
more_than() {
	echo "$1, and $2"
	minus "$1" "$2"
	[[ $MINUS != *-* ]]
}

# all_told STARTED ENDED: since then, an event for each flow's start and end
all_told() {
	local none="0 0 0 0" started ended

	minus "$none" "$1"
	minus "$SHARES" "$MINUS"
	started=$MINUS
	minus "$none" "$2"
	minus "$SHARES" "$MINUS"
	ended=$MINUS
	becomes "$started"$'\n'"$ended" by_events
}

# Every flow that ended has started before, with the same addresses and ports.
events_pair() {
	jq -es 'map(.[] | select(.object == "flow")) |
		group_by([.csid, .src, .proto, .sport, .dport, .instance]) |
		length > 0 and
		all(map(.event) | . as $e | length % 2 == 0 and
		    all(range(0; length);
			$e[.] == (if . % 2 == 0 then "start" else "end" end)))' \
		"$WORK/e1.events" "$WORK/e2.events"
}

# What has to be true of JSON of both egress forwarders.
json_of_both() {
	local filter=$1 site

	shift
	for site in 1 2; do
		c "e$site" -j "$@" >"$WORK/json" || return 1
		cat "$WORK/json"
		jq -e "$filter" "$WORK/json" || return 1
	done
}

test_json() {
	expect "JSON of the instances" json_of_both \
		'map(select(.instance != "10.255.0.9")) | length == 2 and
		 all(.state == "up" and .sids == 3)' instance show
	expect "JSON of the SIDs" json_of_both \
		'length == 6 and all(.routed and .backend == "cats") and
		 (map(.action) | unique) == ["End.DT46", "End.DX4", "End.DX6"]' \
		sid show
	expect "every flow that ended has started" events_pair
	expect "nothing was dropped on the way" \
		prints "0 0" nothing_dropped
}

nothing_dropped() {
	local site

	for site in 1 2; do
		c "e$site" -j stats | jq '[.[].egress[].verdicts[] |
			select(.disposition == "dropped").packets] | add // 0'
	done | xargs
}

# new_flows COUNT: of new UDP flows, REPLY says which were answered
new_flows() {
	c ingress flow flush >/dev/null
	REPLY=$(ask "share udp $1" client -d 2 "$CSID4" "$CSID6" "$PORT")
}

set_egress() {
	c "$(egress_of "$1")" instance set "10.255.0.$1" state "$2"
}

test_drain_egress() {
	local before steered

	flows_start client -d 5 "$CSID4" "$CSID6" "$PORT"
	c ingress flow flush >/dev/null
	flows open udp "$FLOWS"
	before=$(by_client)
	set_egress 2 drain
	flows probe
	same "an instance that drains at the egress keeps its flows" \
		"$(by_client) $(field lost) $(field moved)" "$before 0 0"
	new_flows 40
	steered=$(by_ingress | cut -d ' ' -f 2)
	same "and gets no new ones" \
		"$(field per_instance.i2) $(field lost)" "0 $steered"
	expect "which is counted by name" drops_named 2 instance-drain \
		drop_drain
	set_egress 2 up
	new_flows 40
	same "up again it gets them" "$(field lost) $(by_client)" \
		"0 $(by_ingress)"
}

# drops_named NUMBER REASON MEMBER
drops_named() {
	local packets

	packets=$(by_egress "$3" | cut -d ' ' -f "$1")
	echo "$packets packets, $(reason "$(egress_of "$1")" "$2") $2"
	[ "$packets" -gt 0 ] &&
		[ "$(reason "$(egress_of "$1")" "$2")" -eq "$packets" ]
}

test_down() {
	local shares on_i3

	flows probe
	shares=$(by_client)
	on_i3=$(field per_instance.i3)
	set_egress 3 down
	flows probe
	same "a down instance's flows are dropped, no others" \
		"$(field lost) $(field moved) $(field per_instance.i3)" \
		"$on_i3 0 0"
	expect "which is counted by name" drops_named 3 instance-down drop_down
	set_egress 3 up
	flows probe
	same "up again it has them all" "$(by_client) $(field lost)" "$shares 0"
}

test_drain_ingress() {
	local shares sid

	flows probe
	shares=$(by_client)
	for sid in "$CSID4:46" "$CSID6:46"; do
		c ingress nexthop set "${sid%:*}" vrf 100 \
			sid "$(service_sid 46 1)" state drain
	done
	flows probe
	same "an instance that drains at the ingress keeps its flows" \
		"$(by_client) $(field lost) $(field moved)" "$shares 0 0"
	REPLY=$(ask "share udp 40" client -d 2 -p 50000 "$CSID4" "$CSID6" "$PORT")
	same "and gets no new ones" "$(field per_instance.i1) $(field lost)" \
		"0 0"
	flows_quit
}

main() {
	plan "$TESTS"
	test_autoload
	setup
	expect "End.DX4: TCP bytes are exact" exact "$CSID4"
	expect "End.DX6: TCP bytes are exact" exact "$CSID6"
	test_flows "End.DX4 and End.DX6"
	route replace "$CSID4" 46
	route replace "$CSID6" 46
	expect "End.DT46: TCP bytes of IPv4 are exact" exact "$CSID4"
	expect "End.DT46: TCP bytes of IPv6 are exact" exact "$CSID6"
	test_flows End.DT46
	test_json
	test_drain_egress
	test_down
	test_drain_ingress
	finish
}

if ! reason=$(require ip ethtool jq sysctl rmmod "$FLOWGEN" "$CATS"); then
	skip_all "$TESTS" "$reason"
fi
modprobe -n cats 2>/dev/null || [ -e /sys/module/cats ] ||
	skip_all "$TESTS" "no cats.ko for this kernel"
guarded main
