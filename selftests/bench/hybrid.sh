#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# shellcheck disable=SC2317 # guarded calls the functions
#
# What it costs that the C-PS places each flow (draft-fu-cats-flow-lb 5.3).
#
# hybrid.sh [FLOWS] [SECONDS]
# 1. Time of a flow's first packet through the ingress, a route in mode table, one in
#    mode control by weight and one of policy least-response in turn, in one run;
#    16 instances each.
# 2. For either in mode control: flows placed in a second, when more begin than can be placed, and who placed the
#    others.

set -u
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/netns/catsd.sh
. "$ROOT/selftests/netns/catsd.sh"

FIRST=$BUILD/selftests/bench/first_packet
COUNT=${1:-3000}
SECONDS_EACH=${2:-5}
TABLE=fd00:c5::1
ASKED=fd00:c5::2
RESPONSE=fd00:c5::3
INSTANCES=16

hybrid() {
	role i hybrid ".status | $1"
}

answering() {
	[ "$(hybrid .state)" = answering ]
}

nexthops() {
	printf 'nexthop policy P sid fd00:e::%d ' $(seq "$INSTANCES")
}

# what a C-PS, and sites, say of it
records() {
	local i hops=

	for i in $(seq "$INSTANCES"); do
		echo "instance/s/fd00:9::$i {\"site\": \"s\"," \
			"\"instance\": \"fd00:9::$i\", \"csid\": [\"$RESPONSE\"]," \
			"\"sid\": \"fd00:e::3:$i\", \"endpoint\": \"fd00:f::1\"," \
			"\"capacity\": 100, \"computing-us\": ${i}0000}"
		hops+="${hops:+, }{\"policy\": \"P\", \"sid\": \"fd00:e::3:$i\","
		hops+=" \"instance\": \"fd00:9::$i\", \"site\": \"s\", \"weight\": 1}"
	done
	echo "decision/0/$RESPONSE {\"csid\": \"$RESPONSE\", \"sequence\": 1," \
		"\"policy\": \"least-response\", \"mode\": \"control\"," \
		"\"nexthops\": [$hops]}"
}

known() {
	[ "$(hybrid '."least-response".known')" = 1 ] &&
		on i "$CATS" route show "$RESPONSE" | grep -q catsd
}

setup() {
	ns_add c i u
	link c in0 i in0
	link i u0 u i0
	ipn i addr add fd00:1::1/64 dev u0 nodad
	ipn u addr add fd00:1::2/64 dev i0 nodad
	neigh_permanent i u0 fd00:1::2 u i0
	on i "$CATS" -b - <<-END || die "no routes"
	dev add in0
	policy add P segs fd00:f::1 via fd00:1::2 src fd00:1::1
	route add $TABLE $(nexthops)
	route add $ASKED mode control $(nexthops)
	END
	printf 'site: i\ncontrol: %s\nhybrid: {}\nloader: {}\nstore: { type: sqlite, path: %s }\n' \
		"$WORK/i.sock" "$WORK/store.db" >"$WORK/i.yaml"
	daemon i "$WORK/i.yaml"
	poll_until 5 answering || die "$(hybrid .state)"
	records | "$BUILD/selftests/netns/store_put" "sqlite:$WORK/store.db"
	poll_until 5 known || die "$(hybrid .)"
}

# extra NAME: flows that the table placed, and why
extra() {
	on i "$CATS" -j -d stats | jq "[.[0].flow_table[] | select(.event == \"$1\").count] | add // 0"
}

kind() {
	case $1 in
	"$TABLE") echo "mode table" ;;
	"$ASKED") echo "mode control, by weight" ;;
	*) echo "mode control, least-response" ;;
	esac
}

first_packets() {
	echo "time of a flow's first packet, us       min  median     p99"
	"$FIRST" "$(ns c)" in0 "$(link_address i in0)" "$(ns u)" i0 "$COUNT" \
		"$TABLE" "$ASKED" "$RESPONSE" | while read -r csid min median p99; do
		printf '%-34s%9s%8s%8s\n' "$(kind "$csid")" "$min" "$median" \
			"$p99"
	done
}

# decisions CSID
decisions() {
	local placed full sent

	placed=$(hybrid .placed)
	full=$(extra ask-full)
	sent=$("$FIRST" -f "$SECONDS_EACH" "$(ns c)" in0 \
		"$(link_address i in0)" "$1")
	placed=$(($(hybrid .placed) - placed))
	full=$(($(extra ask-full) - full))
	echo "$(kind "$1"), flows a second: $((sent / SECONDS_EACH)) begun," \
		"$((placed / SECONDS_EACH)) placed by the C-PS," \
		"$((full / SECONDS_EACH)) by the table because it had enough"
	# what was begun last may wait still, or be of the next round
	awk "BEGIN { rest = $sent - $placed - $full; exit rest < -600 || rest > 600 }" ||
		die "$sent begun, $((placed + full)) placed: $(on i "$CATS" -d stats)"
}

main() {
	echo "# $(date -I), Linux $(uname -r), $(nproc) CPUs, $COUNT flows, $SECONDS_EACH s"
	setup
	first_packets
	decisions "$ASKED"
	decisions "$RESPONSE"
}

guarded main
