# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For the test scripts and the demo: KTAP output, network namespaces that are
# gone when the script ends, however it ends, and polling with a deadline.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=${BUILD:-$ROOT/build}
CATS=${CATS:-$BUILD/cats}
FLOWGEN=${FLOWGEN:-$BUILD/selftests/netns/flowgen}
case $CATS in */*) CATS=$(realpath -m "$CATS") ;; esac
FLOWGEN=$(realpath -m "$FLOWGEN")

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# --- KTAP --------------------------------------------------------------------

KTAP_COUNT=0
KTAP_FAILED=0
KTAP_SKIPPED=0

# plan N: the script runs N tests
plan() {
	KTAP_PLAN=$1
	echo "KTAP version 1"
	echo "1..$1"
}

ok() {
	KTAP_COUNT=$((KTAP_COUNT + 1))
	echo "ok $KTAP_COUNT $*"
}

# not_ok NAME [REASON]
not_ok() {
	KTAP_COUNT=$((KTAP_COUNT + 1))
	KTAP_FAILED=$((KTAP_FAILED + 1))
	[ -z "${2-}" ] || diag "$2"
	echo "not ok $KTAP_COUNT $1"
}

skip() {
	KTAP_COUNT=$((KTAP_COUNT + 1))
	KTAP_SKIPPED=$((KTAP_SKIPPED + 1))
	echo "ok $KTAP_COUNT $1 # SKIP $2"
}

diag() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

# expect NAME COMMAND...: one test; what the command prints is shown when it
# fails
expect() {
	local name=$1 out

	shift
	if out=$("$@" 2>&1); then
		ok "$name"
	else
		not_ok "$name" "$out"
	fi
}

# same NAME GOT WANTED
same() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "got \"$2\", wanted \"$3\""
	fi
}

# skip_all N REASON: nothing can be tested here
skip_all() {
	local i

	plan "$1"
	for ((i = 0; i < $1; i++)); do
		skip "${0##*/}" "$2"
	done
	exit 4
}

# Ends the script: 0 passed, 1 something failed, 4 everything was skipped
# What the sanitizers say of a daemon stands in its log.
sanitizers_are_silent() {
	[ -z "$WORK" ] || ! grep -E -A 20 \
		'ERROR: [A-Za-z]*Sanitizer|runtime error:' "$WORK"/*.log \
		2>/dev/null >"$WORK/sanitizers"
}

finish() {
	if ! sanitizers_are_silent; then
		diag "$(cat "$WORK/sanitizers")"
		exit 1
	fi
	if [ "$KTAP_COUNT" -ne "$KTAP_PLAN" ]; then
		diag "planned $KTAP_PLAN tests, ran $KTAP_COUNT"
		exit 1
	fi
	[ "$KTAP_FAILED" -eq 0 ] || exit 1
	[ "$KTAP_SKIPPED" -ne "$KTAP_COUNT" ] || exit 4
	exit 0
}

# --- cleaning up -------------------------------------------------------------
#
# bash forgets a Ctrl-C that comes just when a command ends, and cannot be
# trusted with traps inside `read -t`.  So the work is done by a child in a
# process group of its own, and this shell does nothing but wait for it.

WORK=
WORKER=

# at_exit COMMAND: evaluated before the namespaces go, last one first
at_exit() {
	echo "$1" >>"$WORK/at_exit"
}

# Everything of this run: the prefix is its own.
ns_each() {
	local path

	for path in /run/netns/"cats-$$"-*; do
		[ ! -e "$path" ] || "$@" "${path##*/}"
	done
}

ns_kill() {
	local signal=$1 pids

	pids=$(ip netns pids "$2" 2>/dev/null) || return 0
	# shellcheck disable=SC2086 # one word per process
	[ -z "$pids" ] || kill -"$signal" $pids 2>/dev/null || true
}

ns_is_idle() {
	[ -z "$(ip netns pids "$1" 2>/dev/null)" ]
}

ns_del() {
	poll_until 2 ns_is_idle "$1" || ns_kill KILL "$1"
	ip netns del "$1" 2>/dev/null || true
}

cleanup() {
	local command

	trap - EXIT
	trap '' INT TERM HUP PIPE
	if [ -n "$WORKER" ]; then
		kill -TERM -- "-$WORKER" 2>/dev/null || true
		wait "$WORKER" 2>/dev/null || true
	fi
	if [ -e "$WORK/at_exit" ]; then
		while read -r command; do
			eval "$command" </dev/null || true
		done < <(tac "$WORK/at_exit")
	fi
	ns_each ns_kill TERM
	ns_each ns_del
	rm -rf "$WORK"
}

# setup_cleanup: a directory $WORK; from here on everything is undone at exit
setup_cleanup() {
	WORK=$(mktemp -d "${TMPDIR:-/tmp}/cats.XXXXXX") || exit 1
	trap cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
	trap 'exit 141' PIPE
}

# guarded COMMAND...: does the work and undoes it, whatever happens
guarded() {
	local status

	setup_cleanup
	set -m
	"$@" </dev/null &
	WORKER=$!
	set +m
	wait "$WORKER"
	status=$?
	WORKER=
	exit "$status"
}

# --- polling -----------------------------------------------------------------

# poll_until SECONDS COMMAND...: until the command succeeds or time is over
poll_until() {
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000))

	shift
	until "$@" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/./}" -lt "$end" ] || return 1
		sleep 0.02
	done
}

# --- network namespaces ------------------------------------------------------

# ns NAME: its name on this machine; two runs never share one
ns() {
	echo "cats-$$-$1"
}

# on NAME COMMAND...: run it there
on() {
	local name=$1

	shift
	ip netns exec "cats-$$-$name" "$@"
}

# ipn NAME ARGUMENTS...: ip there
ipn() {
	local name=$1

	shift
	ip -n "cats-$$-$name" "$@"
}

# ip_batch NAME <<commands: many ip commands at once
ip_batch() {
	ip -n "cats-$$-$1" -b - || die "cannot set up $1"
}

# ns_add NAME...: forwards and travels segment lists, no waiting for DAD
ns_add() {
	local name

	printf "netns add cats-$$-%s\n" "$@" | ip -b - ||
		die "cannot add namespaces"
	for name; do
		on "$name" sysctl -q -w net.ipv4.ip_forward=1 \
			net.ipv4.conf.all.rp_filter=0 \
			net.ipv4.conf.default.rp_filter=0 \
			net.ipv6.conf.all.forwarding=1 \
			net.ipv6.conf.default.forwarding=1 \
			net.ipv6.conf.all.seg6_enabled=1 \
			net.ipv6.conf.default.seg6_enabled=1 \
			net.ipv6.conf.all.accept_dad=0 \
			net.ipv6.conf.default.accept_dad=0 ||
			die "cannot set up namespace $name"
		ipn "$name" link set lo up
	done
}

# link NAME1 DEV1 NAME2 DEV2 [MTU]: a veth between two namespaces.  GRO is on
# at both ends: a veth that is neither the peer of one with GRO nor of one with
# XDP loses redirected frames without counting them.
link() {
	ip link add "$2" netns "$(ns "$1")" mtu "${5:-1500}" type veth \
		peer name "$4" netns "$(ns "$3")" mtu "${5:-1500}" ||
		die "cannot link $1 and $3"
	on "$1" ethtool -K "$2" gro on >/dev/null || die "ethtool failed"
	on "$3" ethtool -K "$4" gro on >/dev/null || die "ethtool failed"
	ipn "$1" link set "$2" up
	ipn "$3" link set "$4" up
}

# links <<lines "NAME1 DEV1 NAME2 DEV2": the same for many, with few processes.
# A veth that is set up looks whether its peer has GRO: all have it before that.
links() {
	local name1 dev1 name2 dev2 name
	local -A devs=()

	while read -r name1 dev1 name2 dev2; do
		devs[$name1]+=" $dev1"
		devs[$name2]+=" $dev2"
		echo "link add $dev1 netns $(ns "$name1") type veth" \
			"peer name $dev2 netns $(ns "$name2")"
	done >"$WORK/links"
	ip -b "$WORK/links" || die "cannot link"
	for name in "${!devs[@]}"; do
		# shellcheck disable=SC2016,SC2086 # the other shell's; words
		on "$name" sh -c 'for dev; do
				ethtool -K "$dev" gro on || exit 1
			done' sh ${devs[$name]} || die "ethtool failed"
	done
	for name in "${!devs[@]}"; do
		# shellcheck disable=SC2086 # words
		printf 'link set %s up\n' ${devs[$name]} | ip_batch "$name"
	done
}

# no_offload NAME DEV: sends complete frames, because an XDP redirect forgets
# that a checksum is still to be computed
no_offload() {
	on "$1" ethtool -K "$2" tx off tso off gso off >/dev/null ||
		die "ethtool failed"
}

link_address() {
	on "$1" cat "/sys/class/net/$2/address"
}

# neigh_permanent NAME DEV ADDR PEER PEERDEV: ADDR is at the peer's device
neigh_permanent() {
	ipn "$1" neigh replace "$3" dev "$2" nud permanent \
		lladdr "$(link_address "$4" "$5")"
}

# require COMMAND...: fails with the name of what is missing
require() {
	local command

	for command; do
		[ -x "$(command -v "$command")" ] || {
			echo "$command is missing"
			return 1
		}
	done
}
