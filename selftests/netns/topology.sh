# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A CATS network in one machine; sourced after lib.sh.
#
#  client ---.                    .-- p1 --.--------- e1 --- i1
#             ingress (forwarder)-|   |     \ /            \- i2
#  client2 --'                    '-- p2 --'--------- e2 --- i3
#                                                          \- i4
#
# p1 and p2 each reach both egress forwarders and each other.  All four
# instances own the CS-ID and answer by direct return: instance, egress, p1
# (site 1) or p2 (site 2), ingress, client, without encapsulation.  A device
# has the name of the host at its other end.
#
# The egress forwarders use cats.ko where there is one, else the kernel's own
# seg6local: $EGRESS says which.

CSID4=203.0.113.1
CSID6=2001:db8:c5::1
PORT=5000
SOURCE=2001:db8:f0::1			# of the outer header
INSTANCES=(i1 i2 i3 i4)

# Service SIDs: 2001:db8:e<site>:<4|6>::<instance>
# service_sid 4|6 INSTANCE-NUMBER
service_sid() {
	echo "2001:db8:e$((($2 + 1) / 2)):$1::$2"
}

# segments N: a list of N SIDs that ends before the service SID, so N - 1 of
# them, back and forth between p1 and p2, beginning at p$2 (default p1)
segments() {
	local first=${2:-1} list=() i router

	for ((i = 1; i < $1; i++)); do
		router=$(((i + first) % 2 + 1))
		list+=("2001:db8:f$router::$i")
	done
	local IFS=,
	echo "${list[*]}"
}

topo_links() {
	links <<-END
		client ingress ingress client
		client2 ingress ingress client2
		ingress p1 p1 ingress
		ingress p2 p2 ingress
		p1 p2 p2 p1
		p1 e1 e1 p1
		p1 e2 e2 p1
		p2 e1 e1 p2
		p2 e2 e2 p2
		e1 i1 i1 egress
		e1 i2 i2 egress
		e2 i3 i3 egress
		e2 i4 i4 egress
	END
	no_offload client ingress
	no_offload client2 ingress
}

# topo_client NAME IPV4-NET IPV6-NET: a client knows the ingress only.
topo_client() {
	ip_batch "$1" <<-END
		addr add $2.2/24 dev ingress
		addr add $3::2/64 dev ingress
		route add default via $2.1
		route add default via $3::1
	END
	ip_batch ingress <<-END
		addr add $2.1/24 dev $1
		addr add $3::1/64 dev $1
	END
}

topo_ingress() {
	ip_batch ingress <<-END
		addr add $SOURCE/128 dev lo
		addr add 2001:db8:11::1/64 dev p1
		addr add 2001:db8:12::1/64 dev p2
		route add 2001:db8:f1::/48 via 2001:db8:11::2
		route add 2001:db8:f2::/48 via 2001:db8:12::2
		route add 2001:db8:e1::/48 via 2001:db8:11::2
		route add 2001:db8:e2::/48 via 2001:db8:12::2
		sr tunsrc set $SOURCE
	END
}

# topo_router NUMBER OTHER: End SIDs 2001:db8:f<NUMBER>::1 to ::9
topo_router() {
	local i

	{
		cat <<-END
			addr add 2001:db8:1$1::2/64 dev ingress
			addr add 2001:db8:13::$1/64 dev p$2
			addr add 2001:db8:$1:e1::1/64 dev e1
			addr add 2001:db8:$1:e2::1/64 dev e2
			route add 2001:db8:f$2::/48 via 2001:db8:13::$2
			route add 2001:db8:e1::/48 via 2001:db8:$1:e1::2
			route add 2001:db8:e2::/48 via 2001:db8:$1:e2::2
			route add 2001:db8:10::/64 via 2001:db8:1$1::1
			route add 2001:db8:20::/64 via 2001:db8:1$1::1
			route add $SOURCE/128 via 2001:db8:1$1::1
			route add 192.0.2.0/24 via inet6 2001:db8:1$1::1 dev ingress
			route add 198.51.100.0/24 via inet6 2001:db8:1$1::1 dev ingress
		END
		for i in 1 2 3 4 5 6 7 8 9; do
			echo "route add 2001:db8:f$1::$i/128" \
				"encap seg6local action End dev ingress"
		done
	} | ip_batch "p$1" || exit 1
}

# topo_backend: EGRESS=cats if this machine has or can load the module, and
# EGRESS=seg6local otherwise.  Only a namespace that is thrown away is touched.
topo_backend() {
	EGRESS=seg6local
	ip netns add "$(ns probe)" || die "cannot add a namespace"
	if ipn probe link add cats0 type cats 2>/dev/null &&
		"$CATS" -n "$(ns probe)" instance >/dev/null 2>&1
	then
		EGRESS=cats
	fi
	ip netns del "$(ns probe)"
}

# topo_egress SITE: the way back leads through p<SITE>
topo_egress() {
	[ "$EGRESS" != cats ] || ipn "e$1" link add cats0 up type cats ||
		die "cannot add a cats device"
	ip_batch "e$1" <<-END
		addr add 2001:db8:1:e$1::2/64 dev p1
		addr add 2001:db8:2:e$1::2/64 dev p2
		route add 2001:db8:f1::/48 via 2001:db8:1:e$1::1
		route add 2001:db8:f2::/48 via 2001:db8:2:e$1::1
		route add default via 2001:db8:$1:e$1::1
		route add 0.0.0.0/0 via inet6 2001:db8:$1:e$1::1 dev p$1
	END
}

# topo_instance NUMBER: reached by its CSCI-ID, 10.255.0.N, and 2001:db8:c1::N.
# These are routes with a gateway, because a stock END.DX resolves the
# destination of the inner packet when its next hop has none.
topo_instance() {
	local egress=e$((($1 + 1) / 2))

	ip_batch "$egress" <<-END
		addr add 10.0.$1.1/30 dev i$1
		addr add 2001:db8:3$1::1/64 dev i$1
		route add 10.255.0.$1/32 via 10.0.$1.2
		route add 2001:db8:c1::$1/128 via 2001:db8:3$1::2
	END
	ip_batch "i$1" <<-END
		addr add 10.0.$1.2/30 dev egress
		addr add 2001:db8:3$1::2/64 dev egress
		addr add 10.255.0.$1/32 dev lo
		addr add 2001:db8:c1::$1/128 dev lo
		addr add $CSID4/32 dev lo
		addr add $CSID6/128 dev lo
		route add default via 10.0.$1.1
		route add default via 2001:db8:3$1::1
	END
}

# topo_sids SITE: an End.DX4 and an End.DX6 for each instance of a site.  What
# the command says of the backend goes to a file.
topo_sids() {
	local i instance=''

	for i in $((2 * $1 - 1)) $((2 * $1)); do
		[ "$EGRESS" != cats ] || instance="instance 10.255.0.$i"
		cat <<-END
			sid add $(service_sid 4 "$i") action End.DX4 nh4 10.255.0.$i oif i$i $instance
			sid add $(service_sid 6 "$i") action End.DX6 nh6 2001:db8:c1::$i oif i$i $instance
		END
	done | on "e$1" "$CATS" -b - 2>"$WORK/e$1.log" ||
		die "no SIDs at e$1: $(cat "$WORK/e$1.log")"
}

# The link of an instance goes, and comes back with what went with it.
topo_instance_down() {
	ipn "i$1" link set egress down
}

topo_instance_up() {
	ip_batch "i$1" <<-END
		link set egress up
		addr replace 2001:db8:3$1::2/64 dev egress
		route replace default via 10.0.$1.1
		route replace default via 2001:db8:3$1::1
	END
}

topo_servers() {
	local name

	for name in "${INSTANCES[@]}"; do
		on "$name" "$FLOWGEN" server "$name" "$CSID4" "$CSID6" \
			"$PORT" >"$WORK/$name.log" 2>&1 &
	done
	for name in "${INSTANCES[@]}"; do
		poll_until 10 grep -q ready "$WORK/$name.log" ||
			die "instance $name: $(cat "$WORK/$name.log")"
	done
}

# The ingress knows the hardware addresses of its neighbours.
topo_neigh_permanent() {
	neigh_permanent ingress p1 2001:db8:11::2 p1 ingress
	neigh_permanent ingress p2 2001:db8:12::2 p2 ingress
}

topo_up() {
	local i

	topo_backend
	ns_add client client2 ingress p1 p2 e1 e2 "${INSTANCES[@]}"
	topo_links
	topo_client client 192.0.2 2001:db8:10
	topo_client client2 198.51.100 2001:db8:20
	topo_ingress
	topo_router 1 2
	topo_router 2 1
	topo_egress 1
	topo_egress 2
	for i in 1 2 3 4; do
		topo_instance "$i"
	done
	topo_sids 1
	topo_sids 2
	topo_servers
}

# --- flows -------------------------------------------------------------------

# Seconds a flow may take to answer; an emulated machine wants more.
DEADLINE=${FLOWGEN_DEADLINE:-2}

# flows_start NAME ARGUMENTS...: flowgen client there, kept running; talk to it
# with flows
flows_start() {
	local name=$1

	shift
	coproc FLOWGEN_IO { on "$name" "$FLOWGEN" client -d "$DEADLINE" "$@" 2>"$WORK/flows.log"; }
}

# flows COMMAND...: its answer, JSON, is put into $REPLY
flows() {
	echo "$*" >&"${FLOWGEN_IO[1]}" ||
		die "flowgen is gone: $(cat "$WORK/flows.log")"
	read -r -t 60 REPLY <&"${FLOWGEN_IO[0]}" ||
		die "flowgen does not answer \"$*\": $(cat "$WORK/flows.log")"
}

# flows_send COMMAND: the answer is read later, with flows_read
flows_send() {
	echo "$*" >&"${FLOWGEN_IO[1]}"
}

flows_read() {
	read -r -t 60 REPLY <&"${FLOWGEN_IO[0]}"
}

flows_quit() {
	local pid=${FLOWGEN_IO_PID-}

	echo quit >&"${FLOWGEN_IO[1]}"
	wait "$pid"
}

# field NAME[.NAME]: of the last answer; 0 when it is missing
field() {
	local object=$REPLY inner="\"${1%.*}\":(\{[^}]*\})"
	local value="\"${1##*.}\":\"?([^,}\"]*)"

	if [[ $1 == *.* ]]; then
		[[ $object =~ $inner ]] && object=${BASH_REMATCH[1]} || object=
	fi
	if [[ $object =~ $value ]]; then
		echo "${BASH_REMATCH[1]}"
	else
		echo 0
	fi
}

# ask COMMANDS NAME ARGUMENTS...: a client of its own for a few commands
ask() {
	local commands=$1 name=$2

	shift 2
	printf '%b\n' "$commands" |
		on "$name" "$FLOWGEN" client -d "$DEADLINE" "$@"
}
