#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Does selftests/run lose a verdict?  Fake programs that end in every way known.

set -u

run=$(dirname "$0")/../run
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
count=0

# fake NAME: a program made of standard input
fake() {
	{ echo '#!/bin/bash'; cat; } >"$dir/$1"
	chmod +x "$dir/$1"
}

# runner NAME...: run fake programs; $out, $code and $last are what came of it
runner() {
	out=$(CATS_TEST_TIMEOUT=${limit:-60} "$run" "${@/#/$dir/}" 2>&1)
	code=$?
	last=${out##*$'\n'}
}

# check NAME CODE LAST [PATTERN]: one result of this test
check() {
	local name=$1 want_code=$2 want_last=$3 want=${4:-}

	count=$((count + 1))
	if [[ $code == "$want_code" && $last == "$want_last" &&
	      $out == *"$want"* ]]; then
		echo "ok $count - $name"
		return
	fi
	echo "not ok $count - $name"
	echo "# want: exit $want_code, \"$want_last\", \"$want\"; got: exit $code"
	echo "# ${out//$'\n'/$'\n# '}"
}

fake pass <<'P'
echo KTAP version 1
echo 1..2
echo ok 1 - a
echo ok 2 - b
P
fake fail <<'P'
echo 1..3
echo ok 1 - a
echo not ok 2 - b
echo ok 3 - c
exit 1
P
fake fail_quietly <<'P'
echo 1..1
echo not ok 1 - a
P
fake skip <<'P'
echo 1..3
echo 'ok 1 - a'
echo 'ok 2 - b # SKIP no VRF here'
echo 'not ok 3 # SKIP c'
P
fake exit4 <<'P'
echo '# SKIP needs root'
exit 4
P
fake exit4_results <<'P'
echo 1..3
echo ok 1 - a
echo no such module
exit 4
P
fake exit4_fail <<'P'
echo 1..2
echo not ok 1 - a
exit 4
P
fake empty_plan <<'P'
echo '1..0 # SKIP no module'
P
fake nothing <<'P'
echo 1..0
P
fake crash <<'P'
echo 1..2
echo ok 1 - a
echo ok 2 - b
kill -SEGV $$
P
fake short <<'P'
echo 1..3
echo ok 1 - a
P
fake long <<'P'
echo 1..1
echo ok 1 - a
echo ok 2 - b
P
fake no_plan <<'P'
echo ok 1 - a
P
fake gap <<'P'
echo 1..2
echo ok 1 - a
echo ok 3 - b
P
fake unnumbered <<'P'
echo 1..1
echo ok - a
P
fake bail <<'P'
echo 1..1
echo ok 1 - a
echo 'Bail out! no rig'
P
fake bad_exit <<'P'
echo 1..1
echo ok 1 - a
exit 3
P
fake hang <<'P'
echo 1..2
echo ok 1 - a
exec tail -f /dev/null
P
fake no_newline <<'P'
echo 1..1
printf 'ok 1 - a'
P
fake late_plan <<'P'
echo ok 1 - a
echo 1..1
P
fake octal <<'P'
echo 1..9
for i in 01 02 03 04 05 06 07 08 09; do echo "ok $i - n"; done
P
fake daemon <<'P'
echo 1..1
tail -f /dev/null &
echo ok 1 - a
P
fake escaped <<'P'
echo 1..1
setsid timeout 20 tail -f /dev/null &
echo ok 1 - a
P
fake nested <<'P'
echo 1..1
echo '    1..2'
echo '    not ok 1 - inner'
echo 'okay, not a result'
echo >&2 'a message'
echo ok 1 - a
P
fake term <<'P'
kill -TERM "$(ps -o ppid= -p "$PPID" | tr -d ' ')"
exec tail -f /dev/null
P

echo 1..34
runner pass
check "all pass" 0 "2 passed, 0 failed, 0 skipped" $'\nok 1 - '
check "one stream" 0 "$last" $'KTAP version 1\n1..1\n    KTAP version 1\n    1..2\n'
check "duration" 0 "$last" "/pass: 0."
runner fail
check "a failure" 1 "2 passed, 1 failed, 0 skipped" $'\nnot ok 1 - '
runner fail_quietly
check "a failure that exits 0" 1 "0 passed, 1 failed, 0 skipped"
runner skip
check "skips, also as cmocka says it" 0 "1 passed, 0 failed, 2 skipped"
runner exit4
check "exit 4" 0 "0 passed, 0 failed, 1 skipped" "exit4 # SKIP needs root"
runner exit4_results
check "exit 4 after a result" 0 "1 passed, 0 failed, 1 skipped" \
	"# SKIP no such module"
runner exit4_fail
check "exit 4 does not hide a failure" 1 "0 passed, 2 failed, 0 skipped"
runner empty_plan
check "an empty plan with a reason" 0 "0 passed, 0 failed, 1 skipped" \
	"# SKIP no module"
runner nothing
check "an empty plan without one" 1 "0 passed, 1 failed, 0 skipped" \
	"nothing tested"
runner crash
check "a crash after the last result" 1 "2 passed, 1 failed, 0 skipped" \
	"killed by signal 11"
runner short
check "fewer results than planned" 1 "1 passed, 1 failed, 0 skipped" \
	"1 results, 3 planned"
runner long
check "more results than planned" 1 "2 passed, 1 failed, 0 skipped"
runner no_plan
check "no plan" 1 "1 passed, 1 failed, 0 skipped" "no plan"
runner gap
check "a number left out" 1 "2 passed, 1 failed, 0 skipped" \
	"result 3 in place of 2"
runner unnumbered
check "a result without number" 1 "0 passed, 1 failed, 0 skipped"
runner bail
check "bail out" 1 "1 passed, 1 failed, 0 skipped" "Bail out! no rig"
runner bad_exit
check "exit code without a failure" 1 "1 passed, 1 failed, 0 skipped" \
	"exit code 3"
limit=1 runner hang
check "a timeout" 1 "1 passed, 1 failed, 0 skipped" "timed out after 1 s"
runner no_newline
check "a last line without end" 0 "1 passed, 0 failed, 0 skipped"
runner late_plan
check "a plan at the end" 0 "1 passed, 0 failed, 0 skipped"
runner octal
check "numbers with zeros" 0 "9 passed, 0 failed, 0 skipped"
runner daemon
check "a child left behind" 0 "1 passed, 0 failed, 0 skipped"
runner escaped
check "a child left behind in another session" 0 \
	"1 passed, 0 failed, 0 skipped"
runner nested
check "inner results do not count" 0 "1 passed, 0 failed, 0 skipped"
runner missing pass
check "a program that is not there" 1 "2 passed, 1 failed, 0 skipped" \
	"cannot be run"
runner hang_not_reached fail exit4 pass crash
check "goes on after failures" 1 "6 passed, 3 failed, 1 skipped"
runner term pass
check "interrupted" 1 "0 passed, 2 failed, 0 skipped" "not run"

# lanes "NAME..." "NAME...": fake programs in two lanes, after one alone
lanes() {
	local first second

	read -ra first <<<"$1"
	read -ra second <<<"$2"
	out=$(CATS_TEST_TIMEOUT=${limit:-60} "${run%/*}/lanes" "$dir/pass" -- \
		"${first[@]/#/$dir/}" -- "${second[@]/#/$dir/}" 2>&1)
	code=$?
	last=${out##*$'\n'}
}

lanes "pass skip" "octal"
check "lanes: the sum" 0 "14 passed, 0 failed, 2 skipped" "1..4"
check "lanes: results of the second count on" 0 "$last" "ok 4 - $dir/octal"
lanes "pass" "fail pass"
check "lanes: a failure in the second" 1 "8 passed, 1 failed, 0 skipped" \
	"not ok 3 - $dir/fail"
lanes "fail" "pass"
check "lanes: a failure in the first" 1 "6 passed, 1 failed, 0 skipped"
limit=1 lanes "pass" "hang"
check "lanes: a timeout in the second" 1 "5 passed, 1 failed, 0 skipped" \
	"timed out after 1 s"
