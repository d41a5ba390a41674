#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Does vm/run bring back what happens in the guest, and notice a sick kernel?

set -u

here=$(dirname "$0")
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
count=0

for series in 6.1 6.12; do
	"$here/kernel" "$series" >/dev/null || {
		echo "# SKIP no Debian kernel $series to be had"
		exit 4
	}
done

# vm ARGUMENT...: vm/run; $code, $out and $err are what came of it
vm() {
	"$here/run" "$@" >"$dir/out" 2>"$dir/err"
	code=$?
	out=$(<"$dir/out")
	err=$(<"$dir/err")
}

# check NAME CODE OUT ERR: code and output must be these, the error contain that
check() {
	count=$((count + 1))
	# shellcheck disable=SC2053 # $3 is a pattern
	if [[ $code == "$2" && $out == $3 && $err == *"$4"* ]]; then
		echo "ok $count - $1"
		return
	fi
	echo "not ok $count - $1"
	echo "# want $2 \"$3\" \"$4\", got $code"
	sed 's/^/# /' "$dir/out" "$dir/err"
}

# module VERSION: in the guest just ended its kernel would have loaded cats.ko by
# its name as a link kind
module() {
	local name="${1%%-*}: cats.ko is found by its alias"

	count=$((count + 1))
	if [[ ! -e $here/../../build/kmod/$1/cats.ko ]]; then
		echo "ok $count - $name # SKIP no cats.ko for $1 (make kmod-vm)"
	elif grep -qxF "found cats, /lib/modules/$1/extra/cats.ko" \
			"$dir/out"; then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name"
		sed 's/^/# /' "$dir/out" "$dir/err"
	fi
}

echo 1..11
# shellcheck disable=SC2016 # for the guest's shell
for series in 6.1 6.12; do
	vm -k "$series" -- sh -c 'uname -r; echo "$1" >&2; exit 7' sh 'a  b'
	check "$series: output, arguments and exit code" 7 "$series.*" 'a  b'
	vm -k "$series" -- sh -ec '
		ip link add v0 type veth peer name v1
		tc qdisc add dev v0 root netem delay 1ms
		ip link add red type vrf table 10
		ip netns add one
		modprobe act_mirred
		stat -f -c %T /sys/fs/bpf
		[ -z "$CATS_KO" ] || echo "found $(modprobe -R rtnl-link-cats)," \
			"$(modinfo -n cats)"
		ls '"$here"'/run
		touch '"$here"'/left-behind'
	check "$series: veth, netem, VRF, namespaces, checkout" 0 \
		"*bpf*$here/run" ""
	module "$(<"$("$here/kernel" "$series")/version")"
done
count=$((count + 1))
if [[ -e $here/left-behind ]]; then
	echo "not ok $count - the host's files are as they were"
else
	echo "ok $count - the host's files are as they were"
fi
vm -M none -- sh -c '! modprobe cats 2>&1'
check "without a module" 0 "*not found*" ""
vm -- sh -c 'echo "<4>WARNING: said by the test" >/dev/kmsg'
check "a kernel warning fails" 125 "" "WARNING: said by the test"
vm -- sh -c 'echo before; echo c >/proc/sysrq-trigger'
check "a panic fails" 125 "before" "Kernel panic"
vm -t 20 -- sh -c 'echo begun; exec tail -f /dev/null'
check "a timeout fails" 124 "begun" "timed out after 20 s"
