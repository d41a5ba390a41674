#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# shellcheck disable=SC2317,SC2016 # expect calls the functions; filters of jq
#
# Does the selection do as well as Documentation/selection.md says?  A short
# make sim; what chance does in it is the same each time.

set -u
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

SIM=$ROOT/build/selftests/sim/sim

[ -x "$SIM" ] || die "$SIM is not there, build it first"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

run() {
	local json=$1

	shift
	"$SIM" --loads 0.8 --work exponential --outage 0 --json "$json" "$@" \
		>/dev/null
}

# is FILTER: is it true of all cases that were run?
is() {
	jq -e "def of(name): map(select(.balancer == name)); $1" \
		"$dir/all" >/dev/null && return
	jq -c '.[] | [.balancer, .age_s, .p99_s, .p99_by_bound, .swing]' \
		"$dir/all"
	return 1
}

# Is cats' p99 within 1.3 times that of who knows everything?
within_bound() {
	is 'of("cats") | map(select(.age_s <= 1)) | length == 2 and
	    all(.p99_by_bound <= 1.3)'
}

# better than NAME at every age; those without metrics have one result for all
better_than() {
	is "(of(\"$1\") | length > 0) and
	    (of(\"cats\") as \$cats | of(\"$1\") | all(
		. as \$other | \$cats | all(
			(\$other.age_s != null and .age_s != \$other.age_s) or
			.p99_s < \$other.p99_s)))"
}

# Prequal asks the instances for each flow, and is not much better for it.
near_prequal() {
	is '(of("prequal")[0].p99_s) as $p | of("cats") |
	    map(select(.age_s <= 0.1)) | all(.p99_s <= 1.1 * $p)'
}

# In mode control, where an ingress sees its flows end, nobody is better, at any age.
control_is_best() {
	is '(map(select(.balancer | test("cats-control|omniscient") | not)) |
	     length > 0) and
	    (of("cats-control") | length == 3) and
	    (. as $all | of("cats-control") | all(
		. as $control | $all | all(
			(.balancer | test("cats-control|omniscient")) or
			(.age_s != null and .age_s != $control.age_s) or
			(.p99_by_bound > $control.p99_by_bound and
			 .mean_s > $control.mean_s))))'
}

# Steady, and that is seen: who does herd is found to.
steady() {
	is 'of("cats") + of("cats-control") | all(.age_s < 15 or .swing < 0.1)'
}

herding() {
	is 'of("least-loaded") | map(select(.age_s == 15)) |
	    length == 1 and all(.swing > 0.5)'
}

# Flows stay where they are; those of an instance that fails go on elsewhere.
stay() {
	is 'all(.moved == 0)'
}

move() {
	run "$dir/outage" --loads 0.5 --outage 0.5 --ages 1 --seeds 1 \
		--balancers cats,cats-control &&
		jq -e 'map(select(.balancer != "omniscient" and .outage)) |
		       length == 2 and all(.moved > 0 and
					   .p99_by_bound <= 1.3)' \
			"$dir/outage" >/dev/null
}

# Sites that do not know how fast they are: loads say it.
misstated() {
	run "$dir/error" --error 1.5 --ages 1 --seeds 3 --length 0.6 \
		--balancers cats,static-weights &&
		jq -e 'map({ (.balancer): . }) | add |
		       .cats.p99_by_bound <= 1.4 and
		       .cats.p99_s < .["static-weights"].p99_s' \
			"$dir/error" >/dev/null
}

same_again() {
	run "$dir/a" --seeds 1 --length 0.1 --ages 0.3 &&
		run "$dir/b" --seeds 1 --length 0.1 --ages 0.3 &&
		diff <(jq 'map(del(.decisions_cpu_s))' "$dir/a") \
			<(jq 'map(del(.decisions_cpu_s))' "$dir/b")
}

other_seed() {
	run "$dir/c" --seed 2 --seeds 1 --length 0.1 --ages 0.3 &&
		! diff -q "$dir/a" "$dir/c"
}

refused() {
	local message

	message=$("$SIM" "$@" 2>&1 >/dev/null) && return 1
	[ $? -eq 2 ] && [ -n "$message" ]
}

plan 20
expect "it runs" run "$dir/all" --ages 0.1,1,15 --seeds 3 \
	--length 0.6
expect "p99 within 1.3 x omniscient at ages up to 1 s" within_bound
for balancer in random round-robin static-weights least-delay least-loaded \
	two-choices; do
	expect "better than $balancer" better_than $balancer
done
expect "near Prequal" near_prequal
expect "mode control: better than all of them" control_is_best
expect "no swing at 15 s" steady
expect "swing is seen" herding
expect "no flow is moved" stay
expect "but those of an instance that fails" move
expect "sites that misstate how fast they are" misstated
expect "the same seed, the same results" same_again
expect "another seed, others" other_seed
expect "an age that is none" refused --ages 1,x
expect "a balancer that is none" refused --balancers best
expect "more seeds than there can be" refused --seeds 1001
finish
