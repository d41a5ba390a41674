# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The ingress of topology.sh without routes, and records of its catsd's store, which is
# SQLite, as sites put them; sourced after topology.sh.

STORE_PUT=$BUILD/selftests/netns/store_put

# c ARGUMENT...: cats at the ingress
c() {
	on ingress "$CATS" "$@"
}

# ingress_up: the network, and an SR policy to each site; no route
ingress_up() {
	topo_up
	topo_neigh_permanent
	c dev add client vrf 100 mode native || die "cannot add the device"
	{ c policy add P1 segs "$(segments 2 1)" src "$SOURCE" &&
		c policy add P2 segs "$(segments 2 2)" src "$SOURCE"; } ||
		die "cannot add policies"
}

# put <<lines "KEY OBJECT"
put() {
	"$STORE_PUT" "sqlite:$WORK/store.db"
}

# instance_record N MEMBERS: what its site says of it
instance_record() {
	local site=$((($1 + 1) / 2))

	echo "instance/s$site/10.255.0.$1 {\"site\": \"s$site\"," \
		"\"instance\": \"10.255.0.$1\", \"csid\": [\"$CSID4\"]," \
		"\"vrf\": 100, \"sid\": \"$(service_sid 4 "$1")\"," \
		"\"endpoint\": \"2001:db8:e$site::1\", $2}"
}
