# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What `make demo-loop` sees while it runs; sourced after loop_net.sh.  Once a
# second: the weights in the maps of both ingresses, the scores their C-PS have,
# and what clients got.  It is shown, and noted for the chart in $SAMPLES.

SAMPLES=$WORK/samples

now_ms() {
	echo $((${EPOCHREALTIME/./} / 1000))
}

# --- requests ------------------------------------------------------------------

# percentiles: of lines "CAME-MS US INSTANCE [WHY]": answered, failed, 50th and
# 95th percentile in ms; then how many of each instance
percentiles() {
	sort -n -k 2 | awk '
		$3 == "-" { failed++; next }
		{ us[++n] = $2; of[substr($3, 2)]++ }
		END {
			printf "%d %d %.0f %.0f", n, failed,
				us[int(n * 0.5) + 1] / 1000,
				us[int(n * 0.95) + 1] / 1000
			for (i = 1; i <= 6; i++)
				printf " %d", of[i]
			print ""
		}'
}

# figures FROM-MS [TO-MS]: of clients who came in that time, into FIGURES
figures() {
	read -r -a FIGURES < <(awk -v from="$1" -v to="${2:-9e15}" \
		'$1 >= from && $1 < to' "$WORK"/c[12].log | percentiles)
}

# recent MS: of clients who left in the last so many ms
recent() {
	local from

	from=$(($(now_ms) - $1))
	read -r -a FIGURES < <(tail -q -n 3000 "$WORK"/c[12].log |
		awk -v from="$from" '$1 + $2 / 1000 >= from' | percentiles)
}

# --- samples -------------------------------------------------------------------

# shares INGRESS: of i1 to i6 in its maps; 0 where the path is down
shares() {
	on "in$1" "$CATS" -j nexthop show "$CSID4" vrf 100 2>/dev/null | jq -r '
		[range(1; 7) as $n | [(.[] | select(.path != "down" and
			.instance == "10.255.0.\($n)").weight), 0][0]] |
		join(" ")'
}

# scores INGRESS: what its C-PS knows of i1 to i6, "-" where that is nothing
scores() {
	agent "in$1" metric 2>/dev/null | jq -r '
		[range(1; 7) as $n | [(.[] | select(.instance ==
			"10.255.0.\($n)").cps | values), "-"][0]] | join(" ")'
}

# decided INGRESS: weights of i1 to i6 in the decision
decided() {
	agent "in$1" store show decision/100 | jq -r '
		.[0].value.nexthops as $hops |
		[range(1; 7) as $n | [($hops[] | select(.instance ==
			"10.255.0.\($n)").weight), 0][0]] | join(" ")'
}

# sample: into SHARES1, SHARES2, SCORES and FIGURES, and noted
sample() {
	local ms n

	ms=$(now_ms)
	for n in "${INGRESSES[@]}"; do
		read -r -a "SHARES$n" < <(shares "$n")
	done
	read -r -a SCORES < <(scores 1)
	recent 1000
	printf '%s\n' "share1 $ms ${SHARES1[*]}" "share2 $ms ${SHARES2[*]}" \
		"score $ms ${SCORES[*]}" >>"$SAMPLES"
}

# --- the table -----------------------------------------------------------------

TABLE_LINES=0

table_reset() {
	TABLE_LINES=0
}

# bar NUMBER: as wide as that, at most 40
bar() {
	local bar='########################################'

	echo "${bar:0:$(($1 < 40 ? $1 : 40))}"
}

# On a terminal the table stays where it is and its numbers change.
table_live() {
	local i

	[ "$TABLE_LINES" -eq 0 ] || printf '\e[%dA' "$TABLE_LINES"
	printf '\e[K   %3d s   %3d requests/s   p50 %4d ms   p95 %4d ms   %d failed\n' \
		"$1" "${FIGURES[0]}" "${FIGURES[2]}" "${FIGURES[3]}" \
		"${FIGURES[1]}"
	printf '\e[K   instance   slots    CPS   in1   in2   requests/s\n'
	for i in 1 2 3 4 5 6; do
		printf '\e[K   i%d (s%d)   %5d  %5s  %3d %%  %3d %%  %3d  %s\n' \
			"$i" "$(site_of "$i")" "${SLOTS[i]}" \
			"${SCORES[i - 1]}" "${SHARES1[i - 1]}" \
			"${SHARES2[i - 1]}" "${FIGURES[i + 3]}" \
			"$(bar "${SHARES1[i - 1]}")"
	done
	TABLE_LINES=8
}

table_line() {
	[ "$TABLE_LINES" -ne 0 ] || printf '   %5s %5s %4s %4s %4s  %-29s %-18s %s\n' \
		time rate p50 p95 fail "CPS of i1 to i6" "weights in1" in2
	TABLE_LINES=1
	printf '   %3d s %5d %4d %4d %4d  %-29s %-18s %s\n' "$1" \
		"${FIGURES[0]}" "${FIGURES[2]}" "${FIGURES[3]}" \
		"${FIGURES[1]}" "${SCORES[*]}" "${SHARES1[*]}" "${SHARES2[*]}"
}

table_show() {
	if [ -t 1 ]; then
		table_live "$1"
	else
		table_line "$1"
	fi
}

# phase NAME: from now on, in the chart
phase() {
	PHASE_MS=$(now_ms)
	echo "phase $PHASE_MS $*" >>"$SAMPLES"
	table_reset
}

# follow SECONDS [COMMAND...]: shows what happens until then, or until the command
# succeeds; whether it did
follow() {
	local end tick now

	tick=$(now_ms)
	end=$((tick + $1 * 1000))
	shift
	while [ "$(now_ms)" -lt "$end" ]; do
		sample
		table_show $(((tick - STARTED_MS) / 1000))
		[ $# -eq 0 ] || ! "$@" || return 0
		tick=$((tick + 1000))
		now=$(now_ms)
		[ "$now" -ge "$tick" ] ||
			sleep "$(((tick - now) / 1000)).$(printf %03d \
				$(((tick - now) % 1000)))"
	done
	[ $# -eq 0 ]
}
