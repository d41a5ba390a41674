#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One version: what dkms and Debian's tools want as plain text is the Makefile's.

set -u

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
cd "$ROOT" || exit 1

version=$(sed -n 's/^VERSION[[:space:]]*:= *//p' Makefile)
plan 3
expect "the Makefile has a version" test -n "$version"
same "dkms.conf" "$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' dkms.conf)" \
	"$version"
same "packaging/debian/changelog" \
	"$(sed -n '1s/.*(\(.*\)).*/\1/p' packaging/debian/changelog)" "$version"
finish
