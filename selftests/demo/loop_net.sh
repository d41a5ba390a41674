# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The network of `make demo-loop`; sourced after ../lib.sh and topology.sh.
#
#  c1 --- in1 --.       .-- e1 --- i1, i2
#                > p --<--- e2 --- i3, i4
#  c2 --- in2 --'       '-- e3 --- i5, i6
#
# Every ingress and every egress has a catsd: at a site it measures and tells both
# ingresses over TLS, at an ingress it probes the paths, decides and loads.

# shellcheck disable=SC2153 # CATS, BUILD, WORK are of lib.sh
CATSD=${CATSD:-$BUILD/catsd}
INSTANCE=$BUILD/selftests/demo/instance

INGRESSES=(1 2)
SITES=(1 2 3)
SLOTS=(0 6 6 4 4 2 2)		# of i1, i2, ...
MEAN_US=50000			# what a request is worth, in a slot
WEB_PORT=8080

site_of() {
	echo $((($1 + 1) / 2))
}

net_links() {
	local n

	{
		for n in "${INGRESSES[@]}"; do
			echo "c$n ingress in$n client"
			echo "in$n p p in$n"
		done
		for n in "${SITES[@]}"; do
			echo "p e$n e$n p"
		done
		for n in 1 2 3 4 5 6; do
			echo "e$(site_of $n) i$n i$n egress"
		done
	} >"$WORK/all_links"
	links <"$WORK/all_links"
	for n in "${INGRESSES[@]}"; do
		no_offload "c$n" ingress
	done
}

# net_ingress N
net_ingress() {
	local clients=192.0.$((1 + $1))

	ip_batch "c$1" <<-END
		addr add $clients.2/24 dev ingress
		route add default via $clients.1
	END
	ip_batch "in$1" <<-END
		addr add $clients.1/24 dev client
		addr add 2001:db8:f0::$1/128 dev lo
		addr add 2001:db8:1$1::1/64 dev p
		route add default via 2001:db8:1$1::2
		sr tunsrc set 2001:db8:f0::$1
	END
	ip_batch p <<-END
		addr add 2001:db8:1$1::2/64 dev in$1
		route add 2001:db8:f0::$1/128 via 2001:db8:1$1::1
		route add $clients.0/24 via inet6 2001:db8:1$1::1 dev in$1
	END
	neigh_permanent "in$1" p "2001:db8:1$1::2" p "in$1"
}

# net_site N: the answer to a client goes by p, without encapsulation
net_site() {
	ip_batch "e$1" <<-END
		addr add 2001:db8:e$1::1/128 dev lo
		addr add 2001:db8:2$1::1/64 dev p
		route add default via 2001:db8:2$1::2
		route add 0.0.0.0/0 via inet6 2001:db8:2$1::2 dev p
	END
	net_site_at_p "$1"
}

# What p knows of a site; it is gone when the link has been down.
net_site_at_p() {
	ip_batch p <<-END
		addr replace 2001:db8:2$1::2/64 dev e$1
		route replace 2001:db8:e$1::/48 via 2001:db8:2$1::1
	END
}

# The flows that stay would count as load in cats.ko, so it is not used here.
net_up() {
	local n

	# shellcheck disable=SC2034 # topo_sids asks
	EGRESS=seg6local
	ns_add c1 c2 in1 in2 p e1 e2 e3 i1 i2 i3 i4 i5 i6
	net_links
	for n in "${INGRESSES[@]}"; do
		net_ingress "$n"
	done
	ip_batch p <<-END
		route add 2001:db8:f1::1/128 encap seg6local action End dev in1
	END
	for n in "${SITES[@]}"; do
		net_site "$n"
	done
	for n in 1 2 3 4 5 6; do
		topo_instance "$n"
	done
	for n in "${SITES[@]}"; do
		topo_sids "$n"
	done
	for n in "${INGRESSES[@]}"; do
		net_policies "$n"
	done
}

# net_policies INGRESS: an SR policy to each site, and nothing else: no route
net_policies() {
	local n

	{
		echo "dev add client vrf 100 mode native"
		for n in "${SITES[@]}"; do
			echo "policy add to-s$n segs 2001:db8:f1::1" \
				"src 2001:db8:f0::$1 endpoint 2001:db8:e$n::1"
		done
	} | on "in$1" "$CATS" -b - || die "no SR policies at in$1"
}

# site_cut SITE: its link fails, and all it runs is killed
site_cut() {
	local n

	ipn p link set "e$1" down
	for n in "e$1" "i$((2 * $1 - 1))" "i$((2 * $1))"; do
		ns_kill KILL "$(ns "$n")"
	done
	rm -f "$WORK/e$1.sock"
}

site_back() {
	ipn p link set "e$1" up
	net_site_at_p "$1"
	site_start "$1"
}

# --- processes -----------------------------------------------------------------

# Control groups, for what an instance uses of the processor.  The hierarchy is
# mounted where a network namespace, whose /sys is another, sees it as well.
cgroups_up() {
	mkdir "$WORK/cgroup"
	mount -t cgroup2 none "$WORK/cgroup" ||
		die "there are no control groups (version 2)"
	at_exit cgroups_down
	mkdir "$WORK/cgroup/cats-$$-"{1..6} || die "cannot add control groups"
}

cgroups_down() {
	local n

	for n in 1 2 3 4 5 6; do
		echo 1 >"$WORK/cgroup/cats-$$-$n/cgroup.kill"
		poll_until 5 rmdir "$WORK/cgroup/cats-$$-$n"
	done
	umount "$WORK/cgroup"
}

# spawn NAME COMMAND...: there, in the background, without a shell that waits
spawn() {
	# or its standard input would be /dev/null
	(exec ip netns exec "$(ns "$1")" "${@:2}") <&0 &
	SPAWNED=$!
	disown
}

# instance_start N: it has load to carry, and flows that stay (flowgen)
instance_start() {
	spawn "i$1" "$INSTANCE" "i$1" "$WEB_PORT" "${SLOTS[$1]}" "$MEAN_US" \
		>"$WORK/i$1.log" 2>&1
	echo "$SPAWNED" >"$WORK/cgroup/cats-$$-$1/cgroup.procs"
	spawn "i$1" "$FLOWGEN" server "i$1" "$CSID4" "$PORT" \
		>"$WORK/i$1.flows.log" 2>&1
	poll_until 10 grep -q ready "$WORK/i$1.log" ||
		die "instance i$1: $(cat "$WORK/i$1.log")"
	poll_until 10 grep -q ready "$WORK/i$1.flows.log" ||
		die "flowgen at i$1: $(cat "$WORK/i$1.flows.log")"
}

# daemon NAME: catsd with $WORK/NAME.yaml
daemon() {
	spawn "$1" "$CATSD" -c "$WORK/$1.yaml" >>"$WORK/$1.catsd.log" 2>&1
	poll_until 10 agent "$1" status || {
		cat "$WORK/$1.catsd.log" >&2
		die "catsd at $1 does not start"
	}
}

# agent NAME OBJECT ARGUMENTS...: what its catsd says, in JSON
agent() {
	[ "$2" != status ] || set -- "$1" agent
	CATSD_CONTROL=$WORK/$1.sock "$CATS" -j "${@:2}"
}

site_start() {
	instance_start $((2 * $1 - 1))
	instance_start $((2 * $1))
	daemon "e$1"
}

# --- certificates --------------------------------------------------------------

# certificate NAME ALTERNATIVE: of the authority of this run
certificate() {
	local file=$WORK/$1

	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-subj "/CN=$1" -keyout "$file.key" -out "$file.csr" &&
		openssl x509 -req -in "$file.csr" -CA "$WORK/ca.pem" \
			-CAkey "$WORK/ca.key" -CAcreateserial -days 2 \
			-extfile <(echo "subjectAltName=$2") -out "$file.pem"
}

certificates() {
	local n

	{
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
			-nodes -days 2 -subj /CN=demo -keyout "$WORK/ca.key" \
			-out "$WORK/ca.pem" || return
		for n in "${INGRESSES[@]}"; do
			certificate "in$n" "DNS:in$n.example" || return
		done
		for n in "${SITES[@]}"; do
			certificate "e$n" "URI:cats://s$n" || return
		done
	} 2>"$WORK/openssl.log"
}

# --- configuration -------------------------------------------------------------

# file_head NAME SITE
file_head() {
	cat <<-END
		site: $2
		control: $WORK/$1.sock
		tls: { certificate: $WORK/$1.pem, key: $WORK/$1.key, ca: $WORK/ca.pem }
	END
}

# C-SMA of a site: the worse of its slots and its queue is what an instance is scored
# by.  All slots of one at work are 12 % of a processor (instance.c), and connections
# take some, too.
site_file() {
	local n full

	full=$(awk -v cpus="$(nproc --all)" 'BEGIN { print 0.14 / cpus }')
	file_head "e$1" "s$1"
	cat <<-END
		publish:
		  to:
		    - { address: "[2001:db8:f0::1]:9848", name: in1.example }
		    - { address: "[2001:db8:f0::2]:9848", name: in2.example }
		nma:
		  reflector: { listen: "2001:db8:e$1::1" }
		sma:
		  sample-ms: 100
		  window-ms: 1500
		  interval-ms: 500
		  ttl-s: 3
		  burst: 5
		  spacing-ms: 400
		  aggregation: minimum
		  factors:
		    - { factor: cpu-utilisation, weight: 1, best: 0, worst: $full }
		    - { factor: response-time, weight: 1, best: 5000, worst: 200000 }
		  cgroup-root: $WORK/cgroup
		  endpoint: 2001:db8:e$1::1
		  services:
		    - name: web
		      csid: [ $CSID4 ]
		      vrf: 100
		      health: { type: http, port: $WEB_PORT, path: /health,
		                interval-ms: 200, timeout-ms: 3000 }
		      instances:
	END
	for n in $((2 * $1 - 1)) $((2 * $1)); do
		cat <<-END
			        - { instance: 10.255.0.$n, cgroup: cats-$$-$n,
			            capacity: ${SLOTS[n]}, computing-us: $MEAN_US,
			            sid: "$(service_sid 4 "$n")" }
		END
	done
}

# C-NMA, C-PS and loader of an ingress
ingress_file() {
	local n

	file_head "in$1" "in$1"
	cat <<-END
		loader: { drain-ms: 500 }
		ps:
		  listen: "[2001:db8:f0::$1]:9848"
		  placement: distributed
		  services: [ { csid: [ $CSID4 ], vrf: 100, timeout: 120 } ]
		nma:
		  window-ms: 1000
		  interval-ms: 2000
		  sessions:
	END
	for n in "${SITES[@]}"; do
		echo "    - { policy: to-s$n, interval-us: 10000 }"
	done
}
