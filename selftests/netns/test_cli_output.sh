#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the command prints: help, the options, JSON that agrees with the text,
# round trips of every change, and monitor.

# shellcheck disable=SC2317 # functions are called by expect
set -u
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/netns/cli.sh
. "$(dirname "$0")/cli.sh"

TESTS=102
OBJECTS=(dev policy route nexthop fwd flow stats monitor)
SHOWN=(dev policy route nexthop fwd flow stats)
ESC=$'\e'

setup() {
	rig_up
	ip_batch peer <<-END
		addr add 198.51.101.2/24 dev eth0
		neigh add 198.51.101.1 lladdr $(link_address fwd eth0) dev eth0 nud permanent
		route add 192.0.2.0/24 via 198.51.101.1
	END
	no_offload peer eth0
	c dev add eth0 vrf 5 || die "cannot add the device"
	c -b - <<-END || die "cannot fill the tables"
		policy add p1 segs 5f00:1::1
		policy add p2 segs 5f00:2::1,5f00:2::2 mtu 1400 color 7 endpoint 2001:db8:2::2 preference 9 mode encap
		policy add p3 segs 5f00:3::1 via 2001:db8:1::2 dev eth1 src 2001:db8:9::9
		policy add direct
		route add 192.0.2.1 vrf 5 table exact nexthop policy p1 sid 5f00:1:0:d1:: weight 2 instance 10.0.0.1 nexthop policy p2 sid 5f00:2:0:d2:: weight 3 instance 2001:db8::2
		route add 192.0.2.3 timeout 60 affinity src size 7 proto test nexthop policy direct sid 5f00:3:0:d3::
		route add 2001:db8:c5::/48 size 11 nexthop policy p3 sid 5f00:3:0:d4:: weight 5 nexthop policy p1 sid 5f00:1:0:d5:: weight 6
		route add blackhole 198.51.100.0/24 vrf 5
		nexthop set 2001:db8:c5::/48 sid 5f00:1:0:d5:: state drain
	END
	flows_in
}

# ten flows, so that counters and the flow table have something to show
flows_in() {
	local port

	for port in {1..10}; do
		on peer bash -c "echo hello >/dev/udp/192.0.2.1/$((4000 + port))"
	done
	poll_until 5 ten_flows || die "the flows did not come"
}

ten_flows() {
	[ "$(c -j flow show | jq length)" -eq 10 ]
}

# matches REGEX COMMAND...: all it prints, on stdout and stderr
matches() {
	local regex=$1 out

	shift
	out=$("$@" 2>&1) || {
		echo "status $?: $out"
		return 1
	}
	echo "$out"
	[[ $out =~ $regex ]]
}

# --- help and options --------------------------------------------------------

test_help() {
	local object nobody=(setpriv --reuid 65534 --regid 65534
		--clear-groups "$WORK/cats")

	for object in "${OBJECTS[@]}"; do
		expect "help: $object" matches "^Usage: cats $object" \
			"${nobody[@]}" "$object" help
	done
	expect "help" matches '^Usage: cats \[ OPTIONS \] OBJECT' \
		"${nobody[@]}" help
	expect "-help" matches '^Usage: cats ' "${nobody[@]}" -help
	expect "-V" matches '^cats version [0-9.]+, maps [0-9]+, Linux [0-9.]+' \
		"${nobody[@]}" -V
	expect "--Version" matches '^cats version ' "${nobody[@]}" --Version
}

# Text as the man pages show it, made of the JSON output.
# shellcheck disable=SC2016 # these are jq's variables
JQ_TEXT='
def word(k): if .[k] then " \(k) \(.[k])" else "" end;
def vrf: if .vrf != 0 then " vrf \(.vrf)" else "" end;
def names: " policy \(.policy) sid \(.sid)" + word("instance");
def unless(k; v): if .[k] == v then "" else word(k) end;
def path: word("out") + if .neighbour == "unresolved"
	then " neighbour unresolved" else "" end;
def round2: "\(. * 100 | round)" | ("00" + .)[-([length + 0, 3] | max):] |
	(.[:-2] | if . == "" then "0" else . end) + "." + .[-2:];
def dev: "\(.ifindex): \(.ifname): vrf \(.vrf) mode \(.mode) prog \(.prog_id)";
def policy: .policy + (if .segs then
	" segs " + ([.segs[].sid] | join(",")) else "" end) + word("via") +
	word("dev") + word("src") + word("mtu") + word("color") +
	word("endpoint") + unless("preference"; 100) + word("mode") +
	(if .inner_mtu then " inner-mtu \(.inner_mtu)" else "" end) +
	word("out") + word("neighbour") + word("nexthops");
def route: if .type then "blackhole \(.csid)" + vrf + unless("proto"; "static")
	else .csid + vrf + word("table") + word("size") +
	unless("affinity"; "5tuple") + unless("timeout"; 300) +
	unless("proto"; "static"), (.nexthops[] | "    nexthop" + names +
	word("weight") + unless("state"; "up")) end;
def nexthop: .csid + vrf + names + word("weight") + word("state") +
	word("slots") + " share \(.share | round2)%" + path;
def fwd: .csid + vrf + word("table") + word("size"),
	(.slots[] | "    offset \(.offset)" + names);
def flow: .csid + vrf + " flows \(.flows)", (.nexthops[] |
	"    nexthop" + names + word("flows"));
def stats: (.verdicts[]? | select(.packets > 0) |
	"\(.disposition) \(.reason) packets \(.packets) bytes \(.bytes)"),
	(.flow_table[]? | select(.count > 0) | "table \(.event) count \(.count)"),
	(.policies[]? | "policy \(.policy) packets \(.packets) bytes \(.bytes)");
.[] | '

# agree OBJECT COMMAND: both forms say the same
agree() {
	c "$1" "$2" | tr -s ' ' >"$WORK/text"
	c -j "$1" "$2" >"$WORK/json"
	jq -r "$JQ_TEXT $1" "$WORK/json" | tr -s ' ' >"$WORK/fromjson"
	[ -s "$WORK/text" ] && diff "$WORK/text" "$WORK/fromjson"
}

parses() {
	"$@" | jq -e 'type == "array" and length > 0 and
		all(.[]; type == "object")' >/dev/null
}

# pretty OBJECT: the same data, indented
pretty() {
	[ "$(c -j "$1" show | jq -cS 'map(del(.age))')" = \
		"$(c -j -p "$1" show | jq -cS 'map(del(.age))')" ] &&
		c -j -p "$1" show | grep -q '^    ' &&
		[ "$(c -j "$1" show | wc -l)" -eq 1 ]
}

# oneline OBJECT: as many lines as objects, and with the backslashes broken
# again the same text
oneline() {
	c -s "$1" show >"$WORK/text"
	c -o -s "$1" show >"$WORK/lines"
	wc -l "$WORK/text" "$WORK/lines"
	[ "$(c -j "$1" show | jq length)" -eq "$(wc -l <"$WORK/lines")" ] &&
		diff "$WORK/text" <(tr '\134' '\n' <"$WORK/lines")
}

# colour OBJECT: there is some, and without it the text is the same
colour() {
	c -c "$1" show >"$WORK/colour"
	c "$1" show >"$WORK/text"
	grep -q "$ESC\[3[0-9]m" "$WORK/colour" &&
		! grep -q "$ESC" "$WORK/text" &&
		diff "$WORK/text" <(sed "s/$ESC\[[0-9]*m//g" "$WORK/colour")
}

test_output() {
	local object command

	for object in "${SHOWN[@]}"; do
		expect "-j: $object parses" parses c -j "$object" show
		expect "-j -s -d: $object parses" \
			parses c -j -s -d "$object" show
		expect "-j -p: $object" pretty "$object"
	done
	expect "-j: flow count parses" parses c -j flow count
	for object in dev policy route nexthop fwd flow stats; do
		command=show
		[ "$object" != flow ] || command=count
		expect "text and JSON agree: $object" agree "$object" "$command"
	done
	for object in dev policy route nexthop fwd; do
		expect "-o: $object" oneline "$object"
	done
	for object in dev policy route nexthop fwd; do
		expect "-c: $object" colour "$object"
	done
	expect "a namespace without tables shows nothing, as [] in JSON" \
		nothing_elsewhere
}

nothing_elsewhere() {
	local object

	for object in dev policy route nexthop fwd flow; do
		[ -z "$("$CATS" -n "$(ns peer)" "$object" show)" ] &&
			[ "$("$CATS" -n "$(ns peer)" -j "$object" show)" = '[]' ] ||
			return 1
	done
}

test_details() {
	expect "-d route: the defaults" matches 'vrf 0 table maglev size 7 affinity src timeout 60 track flows mode table' \
		c -d route show 192.0.2.3
	expect "-d route: state up" matches 'weight 1 state up' \
		c -d route show 192.0.2.3
	expect "-d policy" matches 'source 2001:db8:9::9 .*overhead 64' \
		c -d policy show p3
	expect "-d policy: preference 100" matches 'preference 100' \
		c -d policy show p1
	expect "-d nexthop: neighbour resolved" matches 'neighbour resolved' \
		c -d nexthop show 192.0.2.1 vrf 5
	expect "-d stats: verdicts that never happened" \
		matches 'no-headroom' c -d stats show
	expect "-s route: the flows are counted" matches \
		'packets 10 bytes 340' c -s route show 192.0.2.1 vrf 5
	expect "-s policy" matches 'packets [0-9]+ bytes [0-9]+' \
		c -s policy show p1
	expect "-s nexthop" matches 'packets [0-9]+ bytes [0-9]+' \
		c -s nexthop show 192.0.2.1 vrf 5
	expect "stats reset" matches '^$' c stats reset
	same "then nothing is counted" "$(c -j stats show |
		jq '[.[0].verdicts[].packets] | add // 0')" 0
	expect "show CSID vrf shows that route alone" one_route
}

one_route() {
	[ "$(c -j route show 192.0.2.1 vrf 5 | jq -c '[.[].csid]')" = '["192.0.2.1"]' ] &&
		[ "$(c -j route show vrf 5 | jq length)" -eq 2 ] &&
		[ "$(c -j route list | jq length)" -eq 4 ]
}

# --- round trips -------------------------------------------------------------

# weights CSID: of its next hops
weights() {
	c -j route show "$1" | jq -c '[.[0].nexthops[].weight]'
}

hop() {
	echo "nexthop policy p1 sid 5f00:1:0:$1:: weight $2"
}

# shellcheck disable=SC2046 # words of a next hop
test_route_changes() {
	c route add 10.0.0.1 timeout 9 $(hop 1 1) $(hop 2 2)
	same "route add" "$(weights 10.0.0.1)" '[1,2]'
	c route append 10.0.0.1 $(hop 3 3)
	same "route append" "$(weights 10.0.0.1)" '[1,2,3]'
	same "append keeps the rest" \
		"$(c -j route show 10.0.0.1 | jq '.[0].timeout')" 9
	c route replace 10.0.0.1 $(hop 2 7) $(hop 4 4)
	same "route replace" "$(weights 10.0.0.1)" '[7,4]'
	same "replace goes back to defaults" \
		"$(c -j route show 10.0.0.1 | jq '.[0].timeout')" 300
	c nexthop set 10.0.0.1 sid 5f00:1:0:4:: state drain weight 5
	same "nexthop set" "$(c -j nexthop show 10.0.0.1 |
		jq -c '[.[] | [.weight, .state, .slots > 0]]')" \
		'[[7,"up",true],[5,"drain",false]]'
	c route append 10.0.0.1 $(hop 4 9)
	same "a next hop appended again is changed, not doubled" \
		"$(c -j route show 10.0.0.1 | jq '.[0].nexthops | length')" 2
	c route del 10.0.0.1
	same "route del" "$(c -j route show | jq length)" 4
	c route replace 10.0.0.1 $(hop 1 1)
	same "replace makes a route" "$(weights 10.0.0.1)" '[1]'
	c route replace blackhole 10.0.0.1
	same "and turns it into a blackhole" "$(c route show 10.0.0.1)" \
		"blackhole 10.0.0.1"
	c route replace 10.0.0.1 proto test $(hop 1 1)
	c route flush proto test
	same "flush proto" "$(c -j route show | jq -c '[.[].csid]')" \
		'["192.0.2.1","2001:db8:c5::/48","198.51.100.0/24"]'
	c route add 10.0.0.1 vrf 9 $(hop 1 1)
	c route flush vrf 9
	same "flush vrf" "$(c -j route show | jq length)" 3
}

test_policy_changes() {
	c policy replace p1 segs 5f00:1::9,5f00:1::8
	same "policy replace changes the segments of one in use" \
		"$(c policy show p1)" "p1 segs 5f00:1::9,5f00:1::8 mode encap.red inner-mtu 1420 out eth1 neighbour resolved nexthops 2"
	c policy replace p2 segs 5f00:2::1
	same "what is not given goes back to its default" \
		"$(c policy show p2)" "p2 segs 5f00:2::1 mode encap.red inner-mtu 1436 out eth1 neighbour resolved nexthops 1"
	ipn fwd link set dev eth1 mtu 1400
	same "the MTU of the device is not followed" \
		"$(c -j policy show p1 | jq '.[0].inner_mtu')" 1420
	c policy refresh p1
	same "policy refresh NAME" "$(c -j policy show |
		jq -c '[.[].inner_mtu]')" '[1320,1436,1436,null]'
	c policy refresh
	same "policy refresh" "$(c -j policy show |
		jq -c '[.[].inner_mtu]')" '[1320,1336,1336,null]'
	ipn fwd link set dev eth1 mtu 1500
	c policy refresh
}

# get_agrees: 200 flows, each where the forwarding table has slots for it, and
# both next hops are met
get_agrees() {
	local port sids

	sids=$(for port in {1..200}; do
		c -j route get 192.0.2.1 vrf 5 from 198.51.101.77 \
			sport $((30000 + port)) dport 80 proto tcp
	done | jq -r '.[0] | "\(.sid) \(.by)"' | sort | uniq -c)
	echo "$sids"
	[ "$(awk '{ print $2, $3 }' <<<"$sids")" = "$(c -j fwd show 192.0.2.1 \
		vrf 5 | jq -r '[.[0].slots[].sid] | unique[] | . + " table"')" ]
}

# The next packet of a known flow follows its entry, which flow show names.
get_follows_flows() {
	local flow

	while read -r flow; do
		# shellcheck disable=SC2086 # words
		set -- $flow
		[ "$(c -j route get 192.0.2.1 vrf 5 from 198.51.101.2 \
			sport "$1" dport "$2" proto udp |
			jq -r '.[0] | "\(.sid) \(.by)"')" = "$3 flow" ] || return 1
	done < <(c -j flow show | jq -r '.[] | "\(.sport) \(.dport) \(.sid)"')
}

test_get() {
	expect "route get agrees with fwd show" get_agrees
	expect "route get follows known flows" get_follows_flows
	same "route get without a flow shows the route" \
		"$(c -j route get 192.0.2.1 vrf 5)" \
		"$(c -j route show 192.0.2.1 vrf 5)"
	same "route get of an address in a prefix" \
		"$(c -j route get 2001:db8:c5::77 | jq -r '.[0].csid')" \
		2001:db8:c5::/48
	c flow flush
	same "flow flush" "$(c -j flow show)" '[]'
}

# --- monitor -----------------------------------------------------------------

# monitor_has FILE REGEX
monitor_has() {
	poll_until 5 grep -Eq "$2" "$WORK/$1" || {
		cat "$WORK/$1"
		return 1
	}
}

monitor_start() {
	"$CATS" -n "$FWD" "${@:2}" >"$WORK/$1" 2>&1 &
	MONITORS+=("$!")
}

# Until a monitor listens: it says so by showing a change of its own kind.
mark() {
	c policy replace mark segs 5f00:1::1 && grep -q mark "$WORK/text" &&
		grep -q mark "$WORK/json" && grep -q mark "$WORK/stamped" &&
		grep -q mark "$WORK/jstamped"
}

json_lines() {
	jq -es 'all(.[]; type == "array" and length == 1)' <"$WORK/json"
}

test_monitor() {
	MONITORS=()
	monitor_start text monitor
	monitor_start json -j monitor
	monitor_start stamped -t monitor policy
	monitor_start jstamped -t -j monitor policy
	expect "monitors start" poll_until 5 mark
	c dev add eth2 vrf 3
	expect "monitor: dev" monitor_has text '^dev eth2 vrf 3$'
	c dev del eth2
	expect "monitor: Deleted dev" monitor_has text '^Deleted dev eth2$'
	c route add 10.9.0.1 nexthop policy p1 sid 5f00:1:0:d1::
	expect "monitor: route" monitor_has text \
		'^route 10.9.0.1 table maglev size 1'
	c nexthop set 10.9.0.1 sid 5f00:1:0:d1:: weight 77
	expect "monitor: a next hop changes" monitor_has text 'weight 77$'
	c route del 10.9.0.1
	expect "monitor: Deleted route" monitor_has text \
		'^Deleted route 10.9.0.1$'
	c policy replace p1 segs 5f00:1::a
	expect "monitor: policy" monitor_has text '^policy p1 segs 5f00:1::a '
	c policy del mark
	expect "monitor: Deleted policy" monitor_has text '^Deleted policy mark$'
	expect "-t: each event begins with the time" monitor_has stamped \
		'^\[20[0-9-]+T[0-9:]+\.[0-9]{6}\] Deleted policy mark'
	expect "-j: each event is an array" json_lines
	expect "-j: what is gone" monitor_has json '^\[\{"deleted":true,"object":"policy","name":"mark"\}\]$'
	expect "-j: a route" monitor_has json \
		'^\[\{"csid":"10.9.0.1",.*"weight":77'
	expect "-t -j: each event has its time" monitor_has jstamped \
		'^\[\{"timestamp":"20[0-9-]+T[0-9:.]+","deleted":true,"object":"policy","name":"mark"\}\]$'
	same "monitor policy shows policies only" \
		"$(grep -Evc '\] (Deleted )?policy' "$WORK/stamped")" 0
	same "a policy's event has the next hops that policy show has" \
		"$(grep -o '^policy p1 .*' "$WORK/text" | tail -n 1)" \
		"policy $(c policy show p1)"
	kill "${MONITORS[@]}"
	wait "${MONITORS[@]}" 2>/dev/null
}

# The last device of empty tables takes them along; the next command makes new
# ones, and a monitor goes on with those.
test_monitor_new_tables() {
	MONITORS=()
	"$CATS" -n "$(ns peer)" dev add eth1
	"$CATS" -n "$(ns peer)" monitor dev >"$WORK/removed" 2>&1 &
	MONITORS+=("$!")
	poll_until 5 monitor_hears || diag "the monitor hears nothing"
	"$CATS" -n "$(ns peer)" dev del eth1
	monitor_has removed '^Deleted dev eth1$'
	"$CATS" -n "$(ns peer)" dev add eth1 vrf 77
	expect "monitor goes on when the tables were removed and made anew" \
		monitor_has removed '^dev eth1 vrf 77$'
	kill "${MONITORS[@]}"
	wait "${MONITORS[@]}" 2>/dev/null
}

monitor_hears() {
	"$CATS" -n "$(ns peer)" dev add eth2
	"$CATS" -n "$(ns peer)" dev del eth2
	grep -q eth2 "$WORK/removed"
}

main() {
	plan "$TESTS"
	setup
	install -m 755 "$CATS" "$WORK/cats"
	chmod 755 "$WORK"
	test_help
	test_output
	test_get
	test_details
	test_route_changes
	test_policy_changes
	test_monitor
	test_monitor_new_tables
	finish
}

if ! reason=$(require ip ethtool jq sysctl setpriv "$CATS"); then
	skip_all "$TESTS" "$reason"
fi
guarded main
