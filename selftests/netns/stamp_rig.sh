# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Two paths from an ingress to an egress, each through a router whose SID the
# policy names; probed by a catsd at the ingress, answered by one at the egress.
#
#            a  fd00:a::1
#   c --- i <             > e  fd00:e::1
#            b  fd00:b::1
#
# Answers go back by b, from XDP the way they came.  Names are those of network namespaces.

# shellcheck source=selftests/netns/catsd.sh
. "$ROOT/selftests/netns/catsd.sh"

# rig_links: the namespaces, links and addresses
rig_links() {
	ns_add c i a b e
	link c in0 i in0
	link i a0 a i0
	link i b0 b i0
	link a e0 e a0
	link b e0 e b0
	ipn c addr add fd00:1::1/64 dev in0 nodad
	ipn i addr add fd00:1::2/64 dev in0 nodad
	rig_hop i a0 fd00:1a:: a i0
	rig_hop i b0 fd00:1b:: b i0
	rig_hop a e0 fd00:ae:: e a0
	rig_hop b e0 fd00:be:: e b0
	ipn i addr add fd00:f::1/128 dev lo nodad
	ipn e addr add fd00:e::1/128 dev lo nodad
	ip_batch i <<-END
	route add fd00:a::1 via fd00:1a::2
	route add fd00:b::1 via fd00:1b::2
	route add fd00:e::1 via fd00:1b::2
	END
	# a reduced SRH is for a SID: RFC 8754 4.3.2 refuses it at an address
	ipn a -6 route add fd00:a::1 encap seg6local action End dev e0
	ipn b -6 route add fd00:b::1 encap seg6local action End dev e0
	ipn a -6 route add fd00:e::/32 via fd00:ae::2
	ipn b -6 route add fd00:e::/32 via fd00:be::2
	ipn a -6 route add fd00:f::1 via fd00:1a::1
	ipn b -6 route add fd00:f::1 via fd00:1b::1
	ipn e -6 route add fd00:f::1 via fd00:be::1
}

# rig_hop NAME DEV PREFIX PEER PEERDEV: addresses 1 and 2, neighbours known
rig_hop() {
	ipn "$1" addr add "${3}1/64" dev "$2" nodad
	ipn "$4" addr add "${3}2/64" dev "$5" nodad
	neigh_permanent "$1" "$2" "${3}2" "$4" "$5"
	neigh_permanent "$4" "$5" "${3}1" "$1" "$2"
}

# rig_policies: SR policies A and B to the egress, a service over both
rig_policies() {
	on i "$CATS" -b - <<-END
	dev add in0
	policy add A segs fd00:a::1 src fd00:f::1 endpoint fd00:e::1
	policy add B segs fd00:b::1 src fd00:f::1 endpoint fd00:e::1
	route add fd00:5::1 nexthop policy A sid fd00:e:a::1 nexthop policy B sid fd00:e:b::1
	END
}

# sender_file LINES: of the ingress; the lines are its sessions
sender_file() {
	cat >"$WORK/i.yaml" <<-END
	site: ingress
	control: $WORK/i.sock
	nma:
	  port: 20862
	  window-ms: 500
	  interval-ms: 1000
	  sessions:
	$1
	END
}

# reflector_file [LINES]: of the egress; more lines below "reflector:"
reflector_file() {
	cat >"$WORK/e.yaml" <<-END
	site: egress
	control: $WORK/e.sock
	nma:
	  reflector:
	    listen: fd00:e::1
	${1-}
	END
}

# agent NAME EXPRESSION: of the agent nma in namespace NAME, "" if it is not there
agent() {
	role "$1" nma "$2"
}

# path POLICY EXPRESSION: of what is published at the ingress
path() {
	CATSD_CONTROL=$WORK/i.sock "$CATS" -j path show "$1" 2>/dev/null |
		jq -r ".[0] | $2"
}

is_path() {
	[ "$(path "$1" "$2")" = "$3" ]
}
