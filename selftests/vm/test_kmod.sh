#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cats.ko on stock Debian kernels: selftests/kmod/in_guest.sh in a guest of each,
# its results as ours.

set -u

here=$(cd "$(dirname "$0")" && pwd)
kernels=(6.1 6.12)
# about the command, its requests and numbers of things, not about the kernel:
# once, on the newest, is enough
once='test_scale.py|test_ynl.py|test_command.sh'

for series in "${kernels[@]}"; do
	kdir=$("$here/headers" "$series") || {
		echo "# SKIP no Debian kernel $series or no headers for it to be had"
		exit 4
	}
	version=$(<"$("$here/kernel" "$series")/version")
	[ -e "$here/../../build/kmod/$version/cats.ko" ] || {
		echo "# SKIP no cats.ko for $series ($kdir): make kmod-vm"
		exit 4
	}
done

out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
results=()

# take SERIES: the guest's results and what it says about them, renumbered
take() {
	local line

	while IFS= read -r line; do
		if [[ $line =~ ^\ +(ok|not\ ok)\ [0-9]+\ (-\ )?(.*) ]]; then
			results+=("${BASH_REMATCH[1]} - Linux $1: ${BASH_REMATCH[3]}")
		elif [[ $line =~ ^not\ ok\ [0-9]+\ (-\ )?(.*) ]]; then
			# its tests may all be right, and its end be wrong
			results+=("not ok - Linux $1: ${BASH_REMATCH[2]}")
		elif [[ $line =~ ^\ *(#\ .*) && $line != *" s" ]]; then
			results+=("${BASH_REMATCH[1]}")
		fi
	done <"$out"
}

for series in "${kernels[@]}"; do
	start=$SECONDS
	programs=("$here"/../kmod/test_*.py "$here"/../kmod/guest/test_*.sh)
	if [ "$series" != "${kernels[-1]}" ]; then
		results+=("# Linux $series: not run, once is enough: ${once//|/ }")
		mapfile -t programs < <(printf '%s\n' "${programs[@]}" |
			grep -vE "/($once)\$")
	fi
	"$here/run" -k "$series" -m 3G -t 500 -- \
		"$here/../kmod/in_guest.sh" "${programs[@]}" >"$out" 2>&1
	code=$?
	take "$series"
	if ((code < 2)); then
		results+=("ok - Linux $series: nothing to complain about for the kernel")
	else
		while IFS= read -r line; do
			results+=("# $line")
		done < <(tail -n 30 "$out")
		results+=("not ok - Linux $series: nothing to complain about for the kernel")
	fi
	results+=("# Linux $series: $((SECONDS - start)) s")
done

echo "KTAP version 1"
echo "1..$(printf '%s\n' "${results[@]}" | grep -cE '^(not )?ok ')"
count=0
for line in "${results[@]}"; do
	case $line in
	"ok - "*)
		count=$((count + 1))
		echo "ok $count - ${line#ok - }" ;;
	"not ok - "*)
		count=$((count + 1))
		echo "not ok $count - ${line#not ok - }" ;;
	*)
		echo "$line" ;;
	esac
done
exit 0
