#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# shellcheck disable=SC2317 # guarded calls the functions
#
# Response times of real clients at real instances, in the network of `make demo-loop`:
# mode table with policy weighted, mode control by weight, and mode control with policy
# least-response, in turn.
#
# response.sh [ROUNDS] [SECONDS] [REQUESTS-PER-SECOND]
#
# One ingress, six instances with 24 slots, which serve 480 requests a second at most.
# No instance says how many flows it has (that takes cats.ko): the ingress knows its
# own.

set -u
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/netns/topology.sh
. "$ROOT/selftests/netns/topology.sh"
# shellcheck source=selftests/demo/loop_net.sh
. "$ROOT/selftests/demo/loop_net.sh"

ROUNDS=${1:-3}
SECONDS_EACH=${2:-20}
RATE=${3:-330}
WARM_MS=5000
CLIENTS=$BUILD/selftests/demo/clients
KINDS=("mode table, weighted" "mode control, weighted"
	"mode control, least-response")
INGRESSES=(1)
KEEP=			# the ingress' file as loop_net.sh has it

is_decided() {
	on in1 "$CATS" -j route show "$CSID4" vrf 100 2>/dev/null |
		jq -e --arg mode "$1" '.[0].mode == $mode and
			([.[0].nexthops[] | select(.weight > 0)] | length) == 6' \
			>/dev/null
}

# ingress KIND: its catsd, so configured
ingress() {
	local mode=table policy=weighted

	[[ $1 != *control* ]] || mode=control
	[[ $1 != *response ]] || policy=least-response
	ns_kill TERM "$(ns in1)"
	poll_until 10 ns_is_idle "$(ns in1)" || die "catsd does not end"
	echo "${KEEP/timeout: 120/timeout: 120, policy: $policy, mode: $mode}" \
		>"$WORK/in1.yaml"
	echo "hybrid: {}" >>"$WORK/in1.yaml"
	daemon in1
	poll_until 20 is_decided "$mode" ||
		die "nothing is decided: $(on in1 "$CATS" route show)"
}

# measure KIND ROUND: lines of clients that came once it had settled
measure() {
	local from

	ingress "$1"
	from=$((${EPOCHREALTIME/./} / 1000 + WARM_MS))
	timeout $((SECONDS_EACH + WARM_MS / 1000)) ip netns exec "$(ns c1)" \
		"$CLIENTS" "$CSID4" "$WEB_PORT" "$RATE" "$2" >"$WORK/now.log"
	awk -v from="$from" '$1 >= from' "$WORK/now.log" |
		sort -n -k 2 | awk '
			$3 == "-" { failed++; next }
			{ us[++n] = $2; sum += $2 }
			END {
				printf "%d %d %.1f %.1f %.1f %.1f\n", n, failed,
					sum / n / 1000, us[int(n * 0.5) + 1] / 1000,
					us[int(n * 0.95) + 1] / 1000,
					us[int(n * 0.99) + 1] / 1000
			}'
}

main() {
	local round kind

	cgroups_up
	net_up
	certificates || die "$(cat "$WORK/openssl.log")"
	for n in "${SITES[@]}"; do
		site_file "$n" >"$WORK/e$n.yaml"
		site_start "$n"
	done
	KEEP=$(ingress_file 1)
	echo "# $(date -I), Linux $(uname -r), $(nproc) CPUs, $RATE requests/s, load $(cut -d' ' -f1 /proc/loadavg)"
	printf '%-32s %8s %7s %7s %7s %7s %7s\n' "response, ms" requests failed \
		mean p50 p95 p99
	for round in $(seq "$ROUNDS"); do
		for kind in "${KINDS[@]}"; do
			measure "$kind" "$round" >"$WORK/row"
			read -r -a row <"$WORK/row"
			printf '%-32s %8s %7s %7s %7s %7s %7s\n' "$kind" "${row[@]}"
		done
	done
}

guarded main
