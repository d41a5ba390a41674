#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Batches, two writers at once, and writers that are killed: the tables stay
# whole.

# shellcheck disable=SC2317 # functions are called by expect
set -u
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/netns/cli.sh
. "$(dirname "$0")/cli.sh"

TESTS=44
KILLS=20

setup() {
	rig_up
	c dev add eth0 || die "cannot add the device"
	c -b - <<-END || die "cannot fill the tables"
		policy add p1 segs 5f00:1::1
		policy add p2 segs 5f00:2::1
	END
}

# routes_are CSID...: these routes and no others, in any order
routes_are() {
	local got

	got=$(c -j route show | jq -r '.[].csid' | sort | xargs)
	echo "routes: $got"
	[ "$got" = "$(printf '%s\n' "$@" | sort | xargs)" ]
}

# --- batches -----------------------------------------------------------------

NH='nexthop policy p1 sid 5f00:1:0:d1::'

# batch_fails LINE STATUS ROUTES OPTIONS...: it names that line, and the lines
# before it stay
batch_fails() {
	local line=$1 want=$2 routes=$3 status

	shift 3
	c "$@" -b "$WORK/batch" >"$WORK/out" 2>"$WORK/err"
	status=$?
	echo "status $status"
	cat "$WORK/out" "$WORK/err"
	[ "$status" -eq "$want" ] && [ ! -s "$WORK/out" ] || return 1
	[ "$(tail -n 1 "$WORK/err")" = "Command failed $WORK/batch:$line" ] &&
		grep -q '^Error: .*\.$' <(head -n 1 "$WORK/err") || return 1
	# shellcheck disable=SC2086 # words
	routes_are $routes
}

test_batch_failures() {
	cat >"$WORK/batch" <<-END
		# services
		route add 10.0.0.1 $NH

		route add 10.0.0.2/40 $NH
		route add 10.0.0.3 $NH
		route add 10.0.0.1 $NH
		route add 10.0.0.4 $NH
	END
	expect "a batch stops at a wrong line, names it, keeps what was before" \
		batch_fails 4 255 10.0.0.1
	same "with two lines on stderr" "$(wc -l <"$WORK/err")" 2
	c route flush
	expect "-force goes on, with the status of the first failure" \
		batch_fails 6 255 "10.0.0.1 10.0.0.3 10.0.0.4" -force
	same "and names every line that failed" \
		"$(grep -c '^Command failed ' "$WORK/err")" 2
	sed -i 4d "$WORK/batch"
	c route flush
	expect "a line that is refused" batch_fails 5 2 "10.0.0.1 10.0.0.3"
	printf 'route add 10.0.0.1 \\\n%s \\\n weight 0\n' "$NH" >"$WORK/batch"
	c route flush
	expect "a wrong command of several lines" batch_fails 3 255 ""
	echo "route add 10.0.0.1 proto 'x" >"$WORK/batch"
	expect "a quote that is not closed" batch_fails 1 255 ""
	echo 'x' >"$WORK/batch"
	same "an unknown object in a batch" "$(c -b "$WORK/batch" 2>&1)" \
		"Object \"x\" is unknown, try \"cats help\".
Command failed $WORK/batch:1"
	same "a bad line on standard input" \
		"$(echo x | c -b - 2>&1 | tail -n 1)" "Command failed -:1"
	same "a batch that is a folder" "$(c -b / 2>&1)" \
		"Error: reading /: Is a directory."
}

test_batch_syntax() {
	c -b - <<-END
		   # blanks in front of a comment
		policy add "two words" segs 5f00:1::1	# a comment behind
		policy add 'three "quoted" words'
		route add 10.0.0.1 \\
			nexthop policy "two words" \\
			sid 5f00:1::d1 weight 5
		route add 10.0.0.2 proto a#b $NH
		route show 10.0.0.2
	END
	same "a batch from standard input succeeds" $? 0
	expect "continuation lines" routes_are 10.0.0.1 10.0.0.2
	same "quotes" "$(c -j policy show | jq -c '[.[].policy]')" \
		'["p1","p2","two words","three \"quoted\" words"]'
	same "quoted words are used as they are" \
		"$(c -j route show 10.0.0.1 | jq -r '.[0].nexthops[0].policy')" \
		"two words"
	same "a # inside a word begins no comment" \
		"$(c -j route show 10.0.0.2 | jq -r '.[0].proto')" "a#b"
	printf 'route del 10.0.0.1\r\nroute del 10.0.0.2' >"$WORK/batch"
	expect "carriage returns, and no newline at the end" c -b "$WORK/batch"
	expect "they were run" routes_are
	same "-j: each show of a batch is an array of its own" \
		"$(printf 'route show\nflow show\n' | c -j -b - | jq -c .)" \
		$'[]\n[]'
	c policy del "two words"
	c policy del 'three "quoted" words'
	same "an empty batch" "$(c -b - </dev/null; echo $?)" 0
}

# --- two at once -------------------------------------------------------------

# churn OCTET: adds 40 routes, changes, removes and adds them again
churn() {
	local i verb

	for verb in add append del add; do
		for ((i = 1; i <= 40; i++)); do
			case $verb in
			add) c route add "10.1.$1.$i" nexthop policy p1 \
				sid "5f00:1:0:$i::" weight "$i" ;;
			append) c route append "10.1.$1.$i" nexthop policy p2 \
				sid "5f00:2:0:$i::" weight "$1" ;;
			del) c route del "10.1.$1.$i" ;;
			esac || return 1
		done
	done
}

two_shells() {
	local pids=() i rc=0

	for i in 1 2 3; do
		churn "$i" &
		pids+=("$!")
	done
	for i in "${pids[@]}"; do
		wait "$i" || rc=1
	done
	[ "$rc" -eq 0 ] || return 1
	c -j route show | jq -e 'length == 120 and ([.[].csid] | unique |
		length == 120) and all(.csid as $id | .nexthops |
		length == 1 and .[0].weight ==
		($id | split(".")[3] | tonumber))'
}

# first_at_once: two first commands in a namespace without tables
first_at_once() {
	local pids=() i rc=0 name

	name=$(ns peer)
	for i in 1 2 3 4; do
		"$CATS" -n "$name" policy add "n$i" src 2001:db8:1::1 \
			segs "5f00:$i::1" &
		pids+=("$!")
	done
	for i in "${pids[@]}"; do
		wait "$i" || rc=1
	done
	"$CATS" -n "$name" -j policy show >"$WORK/out" || rc=1
	# with the last device go tables that nothing is in
	"$CATS" -n "$name" -b - <<-END || rc=1
		dev add eth2
		policy del n1
		policy del n2
		policy del n3
		policy del n4
		dev del eth2
	END
	[ "$rc" -eq 0 ] && [ "$(jq length "$WORK/out")" -eq 4 ]
}

# A reader sees a route before or after a change, never a part of it.
readers_see_wholes() {
	local writer rc=0 reads=0 one_of_two='length == 0 or
		([.[0] | (.nexthops // .slots)[].sid] | unique | . ==
		["5f00:2::7"] or . == ["5f00:1::1", "5f00:2::1"])'

	awk 'BEGIN { for (i = 0; i < 3000; i++)
		print "route replace 10.2.0.1 size 101" \
			(i % 2 ? " nexthop policy p1 sid 5f00:1::1 weight 1" \
			" nexthop policy p2 sid 5f00:2::1 weight 1" : \
			" nexthop policy p2 sid 5f00:2::7 weight 7") }' \
		>"$WORK/batch"
	c -b "$WORK/batch" &
	writer=$!
	while kill -0 "$writer" 2>/dev/null; do
		c -j route show | jq -e "$one_of_two" >/dev/null || rc=1
		c -j fwd show | jq -e "$one_of_two" >/dev/null || rc=1
		reads=$((reads + 1))
	done
	wait "$writer" || rc=1
	echo "$reads reads"
	[ "$rc" -eq 0 ] && [ "$reads" -gt 2 ]
}

# --- killed ------------------------------------------------------------------

# whole: every route has its next hops and they their policies, and every slot
# has a next hop of its route
whole() {
	c -j -b - <<-END >"$WORK/whole" || return 1
		route show
		fwd show
	END
	jq -es '(.[0] | map(select(.type != "blackhole"))) as $routes |
		.[1] as $tables |
		all($routes[]; (.nexthops | length) > 0 and .size > 0 and
			all(.nexthops[]; .sid and .policy != "?" and
				.weight > 0 and .state == "up")) and
		($routes | length) == ($tables | length) and
		all(range($routes | length); . as $i | $routes[$i] as $r |
			$tables[$i] as $t | $r.csid == $t.csid and
			($t.slots | length) == $t.size and $t.size == $r.size and
			all($t.slots[]; .sid and .policy != "?") and
			([$t.slots[].sid] | unique) ==
			([$r.nexthops[].sid] | unique))' "$WORK/whole" >/dev/null || {
		head -c 2000 "$WORK/whole"
		return 1
	}
}

# A batch that changes everything all the time, with no end within the test.
endless() {
	awk 'BEGIN { for (i = 0; i < 200000; i++) {
		id = "10.3.0." i % 50
		sid = sprintf("5f00:1:%x::", i % 997 + 1)
		if (i % 13 == 12)
			print "policy replace p1 segs 5f00:1::" i % 9 + 1
		print "route replace " id " size " 11 + i % 7 \
			" nexthop policy p1 sid " sid \
			" nexthop policy p2 sid 5f00:2:1::"
		if (i % 5 == 4)
			print "route append " id " nexthop policy p2 sid 5f00:2:2::"
		if (i % 11 == 10)
			print "route del " id "\nroute add blackhole " id \
				"\nroute del " id
	} }' >"$WORK/endless"
}

# killed_writer: at a random moment; then the tables are whole, the next
# command works, and so does the whole batch again
killed_writer() {
	local writer

	"$CATS" -n "$FWD" -b "$WORK/endless" 2>"$WORK/err" &
	writer=$!
	# not waiting for anything: the moment is what is being tried
	sleep "0.$((RANDOM % 4))$((RANDOM % 10))$((RANDOM % 10))"
	kill -9 "$writer" || {
		cat "$WORK/err"
		return 1
	}
	wait "$writer" 2>/dev/null
	whole || return 1
	c route replace 10.3.1.1 nexthop policy p2 sid 5f00:2:3:: && whole &&
		c route del 10.3.1.1 && c policy refresh && whole
}

test_killed() {
	local i

	endless
	for ((i = 1; i <= KILLS; i++)); do
		expect "writer $i of $KILLS is killed" killed_writer
	done
	c route flush
	same "afterwards no policy is in use" \
		"$(c -j policy show | jq -c '[.[].nexthops]')" "[0,0]"
	expect "and all can be deleted" c -b - <<-END
		policy del p1
		policy del p2
	END
}

main() {
	plan "$TESTS"
	setup
	test_batch_failures
	test_batch_syntax
	expect "three shells at once" two_shells
	c route flush
	expect "the first commands of a namespace at once" first_at_once
	expect "readers beside a writer see whole routes" readers_see_wholes
	c route flush
	test_killed
	finish
}

if ! reason=$(require ip ethtool jq sysctl awk "$CATS"); then
	skip_all "$TESTS" "$reason"
fi
guarded main
