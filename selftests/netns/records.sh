# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Records of a store as sites put them, for instances of topology.sh; sourced after
# it.  The store is SQLite, of a catsd at the ingress.

STORE_PUT=$BUILD/selftests/netns/store_put

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
