# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A catsd in a network namespace; sourced after lib.sh.

# shellcheck disable=SC2153 # CATS is of lib.sh
CATSD=${CATSD:-$BUILD/catsd}

# daemon NAME FILE: a catsd there, its socket in $WORK; gone with the namespace
daemon() {
	rm -f "$WORK/$1.sock"
	(exec ip netns exec "$(ns "$1")" "$CATSD" -c "$2") \
		>>"$WORK/$1.log" 2>&1 &
	echo $! >"$WORK/$1.pid"
	poll_until 10 test -S "$WORK/$1.sock" || {
		cat "$WORK/$1.log"
		die "catsd in $1 does not start"
	}
}

# daemon_end NAME [SIGNAL]
daemon_end() {
	local pid

	pid=$(cat "$WORK/$1.pid" 2>/dev/null) || return 0
	kill "-${2:-TERM}" "$pid" 2>/dev/null
	poll_until 10 is_gone "$pid"
}

is_gone() {
	[ ! -e "/proc/$1/exe" ]
}

# role NAME ROLE EXPRESSION: of what `cats agent` says there, "" if it says nothing
role() {
	CATSD_CONTROL=$WORK/$1.sock "$CATS" -j agent 2>/dev/null |
		jq -r "[.[] | select(.role == \"$2\")][0] | $3 // \"\""
}
