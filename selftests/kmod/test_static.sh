#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cats.ko as a reviewer of the kernel's network code would get it: generated code
# is what the specifications say; gcc, sparse, checkpatch and kernel-doc are
# silent.
#
# shellcheck disable=SC2317 # guarded calls main

set -u

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/lib.sh
. "$here/../lib.sh"
cd "$ROOT" || exit 1

kernels=(6.1 6.12)
generated='_nl\.[ch]$'

# What we write by hand; compat-include/ has to look like other kernels' headers.
ours() {
	find kmod -name compat-include -prune -o -name '*.[ch]' -print |
		grep -v "$generated" | sort
}

# silent COMMAND...: it succeeds and has nothing to say
silent() {
	local out

	out=$("$@" 2>&1)
	local status=$?
	[ -z "$out" ] || printf '%s\n' "$out"
	[ "$status" = 0 ] && [ -z "$out" ]
}

# build KDIR VARIABLE=VALUE...: all of it anew, below $WORK; one line of kbuild's
# is no complaint: Debian's headers for 6.1 have no BTF
build() {
	local kdir=$1

	shift
	rm -rf "$WORK/build"
	make -s kmod KDIR="$kdir" O="$WORK/build" "$@" 2>&1 |
		grep -v '^Skipping BTF generation'
	[ "${PIPESTATUS[0]}" = 0 ]
}

# sparse KDIR: what it says of our files; old sparse says much of new headers
sparse() {
	local kdir=$1 out

	out=$(build "$kdir" C=2 CF=-D__CHECK_ENDIAN__) || {
		echo "$out"
		return 1
	}
	! grep -E "^($WORK|$ROOT)/" <<<"$out"
}

# sparse_sees KDIR: a mistake, to know that silence means something
sparse_sees() {
	local dir=$WORK/mistake

	mkdir -p "$dir"
	echo 'obj-m := mistake.o' >"$dir/Kbuild"
	cat >"$dir/mistake.c" <<-'END'
	#include <linux/module.h>
	#include <net/ip6_route.h>
	__be32 mistake(void);
	__be32 mistake(void)
	{
		return 1U + jiffies;
	}
	MODULE_LICENSE("GPL");
	END
	make -s -C "$1" M="$dir" C=2 CF=-D__CHECK_ENDIAN__ \
		KBUILD_MODPOST_WARN=1 modules 2>&1 |
		grep -q "mistake.c:6:.*incorrect type in return expression"
}

static_builds() {
	local series kdir

	for series in "${kernels[@]}"; do
		kdir=$(selftests/vm/headers "$series" 2>"$WORK/why") || {
			skip "Linux $series: gcc with W=1" \
				"no headers: $(tail -n 1 "$WORK/why")"
			skip "Linux $series: sparse" "no headers"
			skip "Linux $series: sparse sees a mistake" "no headers"
			continue
		}
		expect "Linux $series: gcc with W=1" silent build "$kdir" W=1
		expect "Linux $series: sparse" sparse "$kdir"
		expect "Linux $series: sparse sees a mistake" \
			sparse_sees "$kdir"
	done
}

checkpatch() {
	local file

	for file in $(ours); do
		"$1/scripts/checkpatch.pl" --strict --no-tree --terse \
			--no-summary --show-types --file "$file"
	done
}

kernel_doc() {
	# shellcheck disable=SC2046 # one word per file
	"$1/scripts/kernel-doc" -none -Wall $(ours)
}

static_tools() {
	local tools name

	tools=$(selftests/static/kernel_tools 2>"$WORK/why") || {
		for name in "generated code" checkpatch kernel-doc; do
			skip "$name" "no source: $(tail -n 1 "$WORK/why")"
		done
		return
	}
	expect "generated code is what the specifications say" \
		make -s ynl-check
	expect "checkpatch --strict" silent checkpatch "$tools"
	expect "kernel-doc -Wall" silent kernel_doc "$tools"
}

main() {
	plan 9
	static_tools
	static_builds
	finish
}

guarded main
