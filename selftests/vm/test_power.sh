#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The power fails while a store in SQLite is written to: a guest with a disk of its own
# is killed, and with it all that its kernel had not written to the disk.  What the
# store had said is done has to be there afterwards, and nothing by halves.

# shellcheck disable=SC2317 # functions are called by expect
set -u
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

SERIES=6.12

# guest COMMAND: on the disk
guest() {
	"$ROOT/selftests/vm/run" -k "$SERIES" -M none -d "$WORK/disk" -t 200 -- \
		"$ROOT/selftests/vm/power_guest.sh" "$1"
}

# last: the number that was acknowledged last; the guest was killed while it printed
last() {
	grep -aE '^[0-9]+$' "$WORK/out" | tail -n 1
}

# acknowledged N: so many were told done
acknowledged() {
	[ "$(last)" -ge "$1" ] 2>/dev/null
}

# are_gone PID...: a process that ends keeps its files longer than its name
are_gone() {
	local pid

	for pid; do
		[ ! -e "/proc/$pid" ] || return 1
	done
}

# fail_power make|write N: when N are acknowledged; output into $WORK/out, all of it
# into $WORK/all
fail_power() {
	local pid qemu

	guest "$1" >"$WORK/out" 2>"$WORK/err" &
	pid=$!
	poll_until 120 acknowledged "$2" || {
		cat "$WORK/err"
		return 1
	}
	mapfile -t qemu < <(pgrep -f "file=$WORK/disk")
	kill -KILL "${qemu[@]}"
	wait "$pid" 2>/dev/null
	poll_until 20 are_gone "${qemu[@]}" || return 1
	cat "$WORK/out" >>"$WORK/all"
}

# what is written is not left to the log of the database alone
checkpoints_were_made() {
	grep -c checkpoint "$WORK/all"
}

# whole: both or none, what was told done, and at most one more
whole() {
	local last a b

	last=$(last)
	# to its end: the next guest has the same disk
	read -r a b <<<"$(guest read 2>"$WORK/err")"
	echo "$last acknowledged, $a and $b are there"
	if [ "$a" != "$b" ] || ((a < last || a > last + 1)); then
		tail -n 5 "$WORK/err"
		return 1
	fi
}

main() {
	"$ROOT/selftests/vm/kernel" "$SERIES" >/dev/null ||
		skip_all 1 "no Debian kernel $SERIES to be had"
	plan 5
	truncate -s 256M "$WORK/disk"
	expect "the power fails while pairs are written" \
		fail_power make $((25 + RANDOM % 30))
	expect "what was acknowledged is there" whole
	expect "it fails again" \
		fail_power write $(($(last) + 25 + RANDOM % 30))
	expect "and again nothing is lost" whole
	expect "checkpoints were made meanwhile" checkpoints_were_made
	finish
}

guarded main
