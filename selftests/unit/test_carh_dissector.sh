#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Does tshark, with packaging/wireshark/carh.lua, judge the test vectors of
# Documentation/carh.md as they say?

set -u
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

VECTORS=$ROOT/Documentation/carh-vectors.json
DISSECTOR=$ROOT/packaging/wireshark/carh.lua

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

LISTED='.cai and .skipped == 0'

# judge CAPTURE ARGUMENT...: tshark with the dissector; a home of its own, so
# that no preference of the user's has a say
judge() {
	HOME=$dir tshark -n -X "lua_script:$DISSECTOR" -r "$@"
}

# vectors FILTER: those with a payload, one datagram each, through jq
vectors() {
	jq -r ".[] | select(.hex != \"\") | $1" "$VECTORS"
}

# hexdump: lines of hex digits to what text2pcap reads, a packet each
hexdump() {
	sed -e 's/../ &/g' -e 's/^/000000/'
}

# wanted: what the fields must say; times are for a receiver to judge
wanted() {
	vectors '[(.verdict | if . == "future" or . == "stale" then "ok"
		else . end), .name] | @tsv'
}

# compare FIELD JQ: what tshark says of a field, for vectors without types that
# are skipped, which it shows and a receiver does not
compare() {
	local got want

	got=$(judge "$dir/listed.pcap" -T fields -e "$1" -E occurrence=a \
		-E aggregator=, 2>"$dir/err") || { cat "$dir/err"; return 1; }
	want=$(vectors "select($LISTED) | $2")
	diff <(echo "$want") <(echo "$got")
}

loads() {
	local said

	said=$(judge "$dir/all.pcap" -Y carh 2>&1 >/dev/null)
	said=$(grep -v '^Running as user' <<<"$said")
	[ -z "$said" ] || { echo "$said"; return 1; }
	HOME=$dir tshark -G protocols -X "lua_script:$DISSECTOR" 2>/dev/null |
		grep -q "	carh$"
}

verdicts() {
	local got

	got=$(judge "$dir/all.pcap" -T fields -e carh.verdict \
		-E occurrence=f 2>"$dir/err") || { cat "$dir/err"; return 1; }
	diff <(wanted | cut -f1) <(echo "$got") ||
		{ paste <(echo "$got") <(wanted); return 1; }
}

malformed() {
	[ "$(judge "$dir/all.pcap" -Y 'carh.refused && !(carh.verdict == "ok")' \
		2>/dev/null | wc -l)" = "$(wanted | grep -vc '^ok')" ]
}

# The named field of each type, in its unit.
named() {
	local line

	line=$(judge "$dir/all.pcap" -Y 'carh.nqi && carh.cpu_cores' -T fields \
		-e carh.cpu_utilisation -e carh.cpu_frequency -e carh.cpu_cores \
		-e carh.memory_utilisation -e carh.memory_frequency \
		-e carh.storage_utilisation -e carh.gpu_memory \
		-e carh.gpu_utilisation -e carh.cps -e carh.nqi \
		-E separator=, 2>/dev/null)
	[ "$line" = 50.25,2445,64,100,25600,0.01,81920,0,873,1000 ] ||
		{ echo "$line"; return 1; }
}

several() {
	vectors 'select(.name == "every type of the draft") | .hex + .hex' |
		hexdump >"$dir/two.txt"
	text2pcap -q -u 40000,49380 "$dir/two.txt" "$dir/two.pcap" >"$dir/log" \
		2>&1 || return 1
	[ "$(judge "$dir/two.pcap" -T fields -e carh.verdict 2>/dev/null)" = \
		ok,ok ]
}

plan 8
vectors .hex | hexdump >"$dir/all.txt"
vectors "select($LISTED) | .hex" | hexdump >"$dir/listed.txt"
for part in all listed; do
	text2pcap -q -u 40000,49380 "$dir/$part.txt" "$dir/$part.pcap" \
		>"$dir/log" 2>&1 || die "text2pcap: $(cat "$dir/log")"
done
expect "tshark loads the dissector without a word" loads
expect "every vector is judged as it says" verdicts
expect "what is refused is malformed to Wireshark" malformed
expect "time to live" compare carh.ttl .ttl
expect "length" compare carh.length '12 + 4 * (.cai | length)'
expect "values" compare carh.cai.value '[.cai[].wire] | join(",")'
expect "every type has a field in its unit" named
expect "several headers in a datagram" several
