#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The Debian packages: what is in them, and what they do to a host: it is this
# one, in a mount namespace, below an overlay that is gone afterwards.
#
# shellcheck disable=SC2317 # guarded and expect call the functions

set -u

here=$(cd "$(dirname "$0")" && pwd)
count_before=${KTAP_COUNT-}
# shellcheck source=selftests/lib.sh
. "$here/../lib.sh"
cd "$ROOT" || exit 1

version=$(sed -n 's/^VERSION[[:space:]]*:= *//p' Makefile)
series=(6.1 6.12)
# the host's environment is not the target's
target=(env -i PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
	HOME=/root TERM=dumb DEBIAN_FRONTEND=noninteractive)

checkout_state() {
	git status --porcelain 2>/dev/null || find . -path ./build -prune -o -ls
}

# build_elsewhere: the same sources, at another place and at another time
build_elsewhere() {
	mkdir "$WORK/elsewhere"
	tar -c --exclude=./build --exclude=./.git . |
		tar -x --touch -C "$WORK/elsewhere" || return 1
	"$WORK/elsewhere/packaging/build_deb" "$WORK/again"
}

same_bytes() {
	local name

	for name in "cats_${version}_amd64" "catsd_${version}_amd64" \
		"cats-dkms_${version}_all"; do
		cmp "$WORK/deb/$name.deb" "$WORK/again/$name.deb" || return 1
	done
}

# holds PACKAGE <<list: these files, and Debian's own below usr/share/doc
holds() {
	diff <(sort) <(dpkg-deb --fsys-tarfile "$WORK/deb/$1" | tar -t |
		grep -v -e '/$' -e '^./usr/share/doc/' | sort)
}

pages() {
	local page

	for page in Documentation/man/*.[1-9]; do
		echo "./usr/share/man/man${page##*.}/${page##*/}.gz"
	done
}

command_files() {
	{
		echo ./usr/sbin/cats
		echo ./usr/share/bash-completion/completions/cats
		echo ./usr/share/cats/wireshark/carh.lua
		pages | grep -v '/catsd\.'
	} | holds "cats_${version}_amd64.deb"
}

daemon_files() {
	{
		echo ./usr/sbin/catsd
		echo ./usr/lib/systemd/system/catsd.service
		echo ./usr/share/cats/grafana/cats.json
		pages | grep '/catsd\.'
	} | holds "catsd_${version}_amd64.deb"
}

module_files() {
	{
		printf '%s\n' dkms.conf Kbuild COPYING
		find kmod -name '*.[ch]' -o -name Kbuild
		find include -name '*.h'
	} | sed "s|^|./usr/src/cats-$version/|" |
		holds "cats-dkms_${version}_all.deb"
}

# --- in a mount namespace of its own -----------------------------------------

# inside COMMAND...: on the host below the overlay
inside() {
	chroot "$WORK/host/root" "${target[@]}" "$@"
}

# Nothing of the host's is mounted for writing: the file systems are new ones,
# /dev has the few nodes that packages use.
overlay_host() {
	local host=$WORK/host root=$WORK/host/root minor name

	# an overlay takes no upper directory from its own lower file system
	mount -t tmpfs tmpfs "$host" || return 1
	mkdir "$host/upper" "$host/work" "$root"
	mount -t overlay -o \
		"lowerdir=/,upperdir=$host/upper,workdir=$host/work" \
		overlay "$root" &&
		mount -t proc proc "$root/proc" &&
		mount -t tmpfs -o mode=755 tmpfs "$root/dev" || return 1
	while read -r minor name; do
		mknod -m 666 "$root/dev/$name" c 1 "$minor" || return 1
	done <<-END
	3 null
	5 zero
	8 random
	9 urandom
	END
	ln -s /proc/self/fd "$root/dev/fd"
	mkdir "$root/deb"
	cp "$WORK"/deb/*.deb "$root/deb/"
	# a host that has had neither
	inside apt-get purge -y -qq cats catsd cats-dkms >/dev/null 2>&1
	return 0
}

install_packages() {
	inside apt-get install -y -qq --no-install-recommends \
		"/deb/cats_${version}_amd64.deb" \
		"/deb/catsd_${version}_amd64.deb" \
		"/deb/cats-dkms_${version}_all.deb"
}

command_runs() {
	[[ $(inside cats -V) == "cats version $version, "* ]] &&
		[[ $(inside catsd -V) == "catsd version $version" ]]
}

# module_for VERSION: what a kernel of this version would load
module_for() {
	local kernel=$1 module

	module=$(inside modinfo -k "$kernel" -n cats) || return 1
	[[ $module == "/lib/modules/$kernel/updates/dkms/cats.ko"* ]] || {
		echo "$module"
		return 1
	}
	inside modinfo -F vermagic "$module" | grep -q "^$kernel " &&
		inside modinfo -F version "$module" | grep -qx "$version"
}

purge_packages() {
	local left

	inside apt-get purge -y -qq cats catsd cats-dkms || return 1
	left=$(cd "$WORK/host/root" && ls -d usr/sbin/cats* usr/share/cats \
		usr/lib/systemd/system/catsd.service usr/src/cats-* \
		var/lib/dkms/cats lib/modules/*/updates/dkms/cats* \
		usr/share/man/man?/cats* usr/share/doc/cats* \
		usr/share/bash-completion/completions/cats 2>/dev/null)
	[[ -z $left ]] || {
		echo "left behind: $left"
		return 1
	}
	! inside dpkg-query -W cats catsd cats-dkms 2>/dev/null | grep .
}

# What the process in the other namespace does.  It cleans nothing up: its mounts
# end with it, and whoever removes $WORK must never see them.
on_a_host() {
	local one name kdir

	expect "a host for them" overlay_host
	((KTAP_FAILED == 0)) || exit 1
	expect "apt installs all" install_packages
	expect "command and daemon run" command_runs
	for one in "${series[@]}"; do
		name="Linux $one: dkms has built and installed cats.ko"
		kdir=$(<"$WORK/kdir.$one")
		if [[ $kdir ]]; then
			expect "$name" module_for "${kdir##*/linux-headers-}"
		else
			skip "$name" "no headers: $(tail -n 1 "$WORK/why.$one")"
		fi
	done
	expect "purged, nothing is left" purge_packages
	exit $((KTAP_FAILED > 0))
}

# --- the tests ---------------------------------------------------------------

main() {
	local before one

	plan 12
	before=$(checkout_state)
	build_elsewhere >"$WORK/elsewhere.log" 2>&1 &
	expect "all packages are built" packaging/build_deb "$WORK/deb"
	wait $! || diag "$(<"$WORK/elsewhere.log")"
	same "the checkout is as it was" "$(checkout_state)" "$before"
	expect "built elsewhere, they are the same bytes" same_bytes
	expect "cats: command, man pages, completion" command_files
	expect "catsd: daemon, unit, dashboard, man pages" daemon_files
	expect "cats-dkms: the module's sources and nothing else" module_files
	for one in "${series[@]}"; do
		selftests/vm/headers "$one" >"$WORK/kdir.$one" \
			2>"$WORK/why.$one"
	done
	mkdir "$WORK/host"
	ON_A_HOST=$WORK KTAP_COUNT=$KTAP_COUNT \
		unshare -m --propagation private "$0" ||
		KTAP_FAILED=$((KTAP_FAILED + 1))
	KTAP_COUNT=$((KTAP_COUNT + 6))
	finish
}

[[ $(id -u) == 0 ]] || skip_all 12 "needs root"
if [[ ${ON_A_HOST-} ]]; then
	WORK=$ON_A_HOST
	KTAP_COUNT=$count_before
	on_a_host
fi
guarded main
