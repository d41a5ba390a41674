# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A small network for tests of the command; sourced after lib.sh.
#
#  peer eth0 --- eth0 fwd eth1 --- eth1 peer
#                        eth2 --- eth2
#
# CATS traffic comes in on eth0 and leaves by eth1, where a permanent neighbour
# is; nobody answers, and nobody needs to.

FWD=cats-$$-fwd
RIG_MAC=02:00:00:00:00:fe

c() {
	"$CATS" -n "$FWD" "$@"
}

rig_up() {
	local dev

	ns_add fwd peer
	for dev in eth0 eth1 eth2; do
		link fwd "$dev" peer "$dev"
	done
	ip_batch fwd <<-END
		addr add 198.51.101.1/24 dev eth0
		addr add 2001:db8:1::1/64 dev eth1
		neigh add 2001:db8:1::2 lladdr $RIG_MAC dev eth1 nud permanent
		route add 5f00::/16 via 2001:db8:1::2 dev eth1
	END
}

# tables: everything that the command can show of what was configured
tables() {
	c -j -d -b - <<-END
		route show
		policy show
		dev show
		fwd show
		nexthop show
	END
}

# nexthops N [WEIGHT]: the words for N next hops over policy p1
nexthops() {
	local i

	for ((i = 1; i <= $1; i++)); do
		printf 'nexthop policy p1 sid 5f00:1:0:%x:: weight %s ' \
			"$i" "${2:-1}"
	done
}

# pins NAME: folders with tables of this namespace, its own last; older ones may
# be of dead namespaces that had its inode number
pins() {
	find /run/cats/bpf -maxdepth 1 -name \
		"$(on "$1" stat -Lc %i /proc/self/ns/net)-*" \
		-printf '%T@ %p\n' |
		sort -n | cut -d ' ' -f 2
}
