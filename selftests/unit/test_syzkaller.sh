#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The syzkaller description knows every command, attribute and constant of the
# uapi headers, and none that is not there; what it uses it also defines.

set -u

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
cd "$ROOT" || exit 1

description=selftests/fuzz/cats.txt
headers=(include/uapi/linux/cats.h include/uapi/linux/cats_metric.h)

# Events come from the kernel only; limits, names and versions are no input.
wanted() {
	sed '/^ \*\|^\/\*/d' "${headers[@]}" |
		grep -oE '\bCATS_[A-Z0-9_]+' |
		grep -vE '_NTF$|_MAX$|_GENL_|_MCGRP_' | sort -u
}

named() {
	sed 's/#.*//' "$description" |
		grep -oE '\bCATS_[A-Z0-9_]+' | sort -u
}

# policies, flags and resources that are used
used() {
	sed 's/#.*//' "$description" |
		grep -oE '\bcats_[a-z0-9_]+(policy|address|devname|ifindex|flags)\b' |
		sort -u
}

defined() {
	sed -nE 's/^(resource |type )?(cats_[a-z0-9_]+)(\[| \[| \{| =).*/\2/p' \
		"$description" | sort -u
}

plan 4
same "everything of the headers is described" \
	"$(comm -23 <(wanted) <(named))" ""
same "nothing else is" "$(comm -13 <(wanted) <(named))" ""
same "what is used is defined" "$(comm -23 <(used) <(defined))" ""
commands=$(grep -cE '_CMD_[A-Z_]+[A-Z](,| = 1,)$' <(
	sed '/_NTF,/d' "${headers[@]}"))
same "a call for every command" \
	"$(grep -c '^sendmsg.CATS' "$description")" "$commands"
finish
