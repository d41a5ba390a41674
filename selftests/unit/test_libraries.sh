#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What cats is loaded with, whatever it is asked: scripts call it a thousand times.

set -u

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

# shellcheck disable=SC2317 # expect calls them
libraries() {
	ldd "$CATS" | awk '{ sub(/\.so.*/, "", $1); print $1 }' | sort
}

# needs_no NAME
# shellcheck disable=SC2317
needs_no() {
	! libraries | grep -x "$1"
}

plan 2
# it brings thirty others along: userspace/lib/libcurl.h
expect "libcurl is loaded only when something is fetched" needs_no libcurl
expect "nor the daemon's libraries" needs_no libsystemd
finish
