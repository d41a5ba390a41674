#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# shellcheck disable=SC2317 # expect calls the functions
#
# Do manual pages and bash completion say what the command and its verdicts are?

set -u
# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"

MAN=$ROOT/Documentation/man
COMPLETION=$ROOT/userspace/cats/bash-completion
VERDICTS=$ROOT/include/cats/verdict.h

[ -x "$CATS" ] || die "$CATS is not there, build it first"
setup_cleanup

# objects: those that `cats help` lists
objects() {
	"$CATS" help 2>&1 | tr '\n' ' ' |
		sed -n 's/.*OBJECT := { \([^}]*\)}.*/\1/p' | tr -d '|'
}

# grammar OBJECT: its help text without the sentences behind the grammar
grammar() {
	"$CATS" "$1" help 2>&1 |
		awk '/^[^ ]/ && !/^Usage:/ { exit } { print }' |
		sed -e 's/^Usage://' -e "s/^ *cats $1//"
}

# keywords OBJECT: every word of the grammar that is typed as it stands
keywords() {
	grammar "$1" | tr -s ' |{}[],' '\n' | sed 's/\.\.\.$//' |
		grep -xE '[a-z0-9][a-z0-9.]*' | sort -u
}

# commands OBJECT: what may follow the object; its first words in the grammar
commands() {
	grammar "$1" | grep -E '^ (\{|\[|[a-z])' |
		sed -E 's/^ *([[{] *)?([a-z|]+( *\| *[a-z]+)*).*/\2/' |
		tr -s ' |' '\n' | grep . | sort -u
}

# marked PAGE: words that the description of a page sets as typed
marked() {
	sed -n '/^\.Sh DESCRIPTION/,/^\.Sh FILES/p' "$MAN/$1.8" |
		grep -E '^\.(.* )?(Cm|Ss) ' | tr -s ' ,' '\n' | sort -u
}

# all_in WORDS TEXT: is each of the words a line of the text?
all_in() {
	local word missing=

	[ -n "$1" ] || { echo "no words at all"; return 1; }
	for word in $1; do
		grep -qxF -e "$word" <<<"$2" || missing+=" $word"
	done
	[ -z "$missing" ] || { echo "missing:$missing"; return 1; }
}

# --- manual pages ------------------------------------------------------------

has_page() {
	[ -f "$MAN/cats-$1.8" ] || { echo "no $MAN/cats-$1.8"; return 1; }
	grep -qF ".Xr cats-$1 8" "$MAN/cats.8" || {
		echo "cats.8 does not refer to it"
		return 1
	}
}

page_has_keywords() {
	all_in "$(keywords "$1")" "$(marked "cats-$1")"
}

# options: those of `cats help`, with the part that may be left out in brackets
options() {
	"$CATS" help 2>&1 | grep -oE -- '-[a-zA-Z]+(\[[a-z]+\])?' | sort -u
}

# -V[ersion] of the help text is ".It Fl V , Fl Version" in the page
page_has_options() {
	local option short='' missing=

	for option in $(options); do
		[ "$option" != -batch ] || option='-b[atch]'
		short=${option%%\[*}
		option=${option//[][]/}
		grep -qE "^\.It Fl (${short#-} , Fl )?${option#-}( |\$)" \
			"$MAN/cats.8" || missing+=" $option"
	done
	[ -n "$short" ] || { echo "no options in the help text"; return 1; }
	[ -z "$missing" ] || { echo "missing:$missing"; return 1; }
}

# Sections that every page has, in this order
page_has_sections() {
	local want="NAME SYNOPSIS DESCRIPTION FILES EXIT STATUS EXAMPLES SEE ALSO STANDARDS"
	local got

	got=$(sed -n 's/^\.Sh //p' "$1" | grep -vx ENVIRONMENT | tr '\n' ' ')
	[ "$got" = "$want " ] || { echo "$1: $got"; return 1; }
	[[ $(head -1 "$1") == *"SPDX-License-Identifier: GPL-2.0-or-later" ]] ||
		{ echo "$1: no SPDX line"; return 1; }
}

pages_have_sections() {
	local page

	for page in "$MAN"/*.8; do
		page_has_sections "$page" || return 1
	done
}

pages_lint() {
	local out

	if ! out=$(mandoc -T lint -W warning "$MAN"/*.[48] 2>&1) || [ -n "$out" ]
	then
		echo "$out"
		return 1
	fi
}

verdicts() {
	sed -n 's/.*X([0-9]*, CATS_[A-Z0-9_]*, "\([a-z0-9-]*\)".*/\1/p' \
		"$VERDICTS" | sort
}

documented_verdicts() {
	sed -n '/^\.Ss Verdicts/,/^\.Ss Other/s/^\.It Cm //p' \
		"$MAN/cats-stats.8" | sort
}

# The same names: none left out, none that is gone
verdicts_agree() {
	[ "$(grep -c 'X([0-9]' "$VERDICTS")" -eq "$(verdicts | wc -l)" ] ||
		{ echo "$VERDICTS is not understood"; return 1; }
	all_in "$(verdicts)" "$(documented_verdicts)" &&
		diff <(verdicts) <(documented_verdicts)
}

# --- completion --------------------------------------------------------------

# A command that knows a few names, whatever is configured here
fake_cats() {
	cat >"$WORK/cats" <<'S'
#!/bin/bash
[ "$1" = -n ] && { [ "$2" = blue ] || exit 1; shift 2; }
[ "$1" = -j ] || exit 1
case "$2 $3" in
"policy show") echo '[{"policy":"site1"},{"policy":"site2"},{"policy":"a b"}]' ;;
"route show")
	echo '[{"csid":"192.0.2.1","proto":"static","nexthops":[]},'
	echo '{"csid":"2001:db8::1","proto":"demo","nexthops":[]}]' ;;
"dev show") echo '[{"ifindex":2,"ifname":"eth7"}]' ;;
"sid show") echo '[{"sid":"5f00::4","backend":"cats"}]' ;;
"instance show") echo '[{"instance":"10.0.0.1","state":"up"}]' ;;
"nexthop show")
	[ "$4" = 192.0.2.1 ] && echo '[{"csid":"192.0.2.1","sid":"5f00::1"}]' ;;
esac
S
	chmod +x "$WORK/cats"
}

# complete_lines LINE...: what the completion offers at the end of each, sorted.  The
# words are parted as readline parts them: at blanks and at colons.
complete_lines() (
	# shellcheck source=userspace/cats/bash-completion disable=SC1091
	. "$COMPLETION"
	[[ $(complete -p cats) =~ -F\ ([^ ]+) ]] || exit 1
	function=${BASH_REMATCH[1]}
	COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
	for COMP_LINE; do
		COMP_POINT=${#COMP_LINE}
		read -ra COMP_WORDS <<<"${COMP_LINE//:/ : }"
		[[ $COMP_LINE != *' ' ]] || COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		COMPREPLY=()
		"$function" "${FAKE:-$WORK/cats}" "${COMP_WORDS[COMP_CWORD]}" \
			"${COMP_WORDS[COMP_CWORD - 1]-}"
		((${#COMPREPLY[@]})) && printf '%s\n' "${COMPREPLY[@]}"
	done | sort
)

# offers LINE [WORD...]: exactly these
offers() {
	local line=$1 got want

	shift
	want=$( (($#)) && printf '%s\n' "$@" | sort)
	got=$(complete_lines "$line" 2>&1)
	[ "$got" = "$want" ] ||
		{ echo "\"$line\": got ${got//$'\n'/ }, wanted ${want//$'\n'/ }"
		  return 1; }
}

# Keys of the schemas; a macro of schema.c makes keys of words.
yaml_keys() {
	{
		grep -ohE '"[a-z-]+",? ' "$ROOT"/userspace/catsd/{,*/}{config,schema}.c |
			tr -d '", '
		grep -ohE '(CYAML_FIELD_[A-Z_]+|BOUND|HEALTH_NUMBER|TEXT|NUMBER|LIST|SLA|TUNING|TUNING_WHOLE|SERVICE_TEXT|SERVICE_NUMBER)\("[a-z-]+"' \
			"$ROOT"/userspace/catsd/{,*/}{config,schema}.c |
			cut -d '"' -f 2
		sed -n 's/^\tHEALTH_TEXT(\([a-z]*\),.*/\1/p; s/^\tSECTION(\([a-z]*\)).*/\1/p' \
			"$ROOT"/userspace/catsd/{,*/}{config,schema}.c
	} | sort -u
}

yaml_has_keys() {
	local keys missing='' key

	keys=$(yaml_keys)
	(($(wc -w <<<"$keys") > 50)) || { echo "only $keys"; return 1; }
	for key in $keys; do
		grep -qE "^\.(It Cm|Cm|Ss)( .*)? ?$key( |\$)" \
			"$MAN/catsd.yaml.5" || missing+=" $key"
	done
	[ -z "$missing" ] || { echo "missing:$missing"; return 1; }
}

# Families of the dashboard's expressions are families of the daemon's sources.
dashboard_agrees() {
	local shown measured

	shown=$(jq -r '.. | .expr? // empty' "$ROOT/packaging/grafana/cats.json" |
		grep -oE 'cats_[a-z0-9_]+' | sed 's/_total$//' | sort -u)
	measured=$(grep -rhoE '"cats_[a-z0-9_]+"' "$ROOT"/userspace/catsd |
		tr -d '"' | sort -u)
	(($(wc -w <<<"$shown") > 20)) || { echo "only $shown"; return 1; }
	all_in "$shown" "$measured"
}

completes_objects() {
	# shellcheck disable=SC2046 # one word per object
	offers 'cats ' $(objects) help &&
	offers 'cats mo' monitor &&
	offers 'cats n' nexthop &&
	offers 'cats x'
}

completes_commands() {
	local got want

	got=$(complete_lines "cats $1 " | grep -vx help)
	want=$(commands "$1")
	[ "$got" = "$want" ] ||
		{ echo "got ${got//$'\n'/ }, wanted ${want//$'\n'/ }"
		  return 1; }
}

# Is each keyword of the grammar offered somewhere: behind a command, behind one
# argument or behind another keyword and its value?
completes_keywords() {
	local command word lines=("cats $1 ") words

	words=$(keywords "$1")
	for command in $(commands "$1"); do
		lines+=("cats $1 $command " "cats $1 $command X "
			"cats $1 $command set X ")
		for word in $words; do
			lines+=("cats $1 $command X $word "
				"cats $1 $command X nexthop $word X ")
		done
	done
	all_in "$words" "$(complete_lines "${lines[@]}")"
}

completes_options() {
	local option

	for option in $(options | tr -d '[]'); do
		complete_lines 'cats -' | grep -qxF -e "$option" ||
			{ echo "no $option"; return 1; }
	done
	offers 'cats -j' -json && offers 'cats --ne' --netns &&
		offers 'cats -j -s ro' route
}

completes_positions() {
	offers 'cats dev del ' eth7 &&
	offers 'cats dev add eth0 mode ' native generic auto &&
	offers 'cats dev add eth0 vrf 1 ' mode &&
	offers 'cats dev add eth0 vrf ' &&
	offers 'cats policy add new mode encap.' encap.red &&
	offers 'cats policy add new mtu 1500 s' segs src &&
	offers 'cats route add b' blackhole &&
	offers 'cats route add 192.0.2.1 ta' table &&
	offers 'cats route add 192.0.2.1 table ' maglev exact &&
	offers 'cats route add 192.0.2.1 nexthop policy p sid ::1 we' weight &&
	offers 'cats route add 192.0.2.1 nexthop weight 1 we' &&
	offers 'cats route add 192.0.2.1 nexthop weight 1 nexthop we' weight &&
	offers 'cats route get 192.0.2.1 proto t' tcp &&
	offers 'cats nexthop set 192.0.2.1 sid ::1 state ' up drain down &&
	offers 'cats monitor route ' dev policy stats sid instance flow metric path decision &&
	offers 'cats sid add 5f00::4 action End.DX' End.DX4 End.DX6 &&
	offers 'cats sid add 5f00::4 action End.DX4 n' nh4 nh6 &&
	offers 'cats sid flush ' dev &&
	offers 'cats instance set 10.0.0.1 state ' up drain down &&
	offers 'cats instance set 10.0.0.1 state up c' csid &&
	offers 'cats instance threshold ' set del show &&
	offers 'cats instance threshold set 10.0.0.1 metric flow' flows flow-rate &&
	offers 'cats instance threshold del 10.0.0.1 ' metric &&
	offers 'cats instance table set max 5 s' syn &&
	offers 'cats stats reset ' &&
	offers 'cats dev help '
}

completes_names() {
	offers 'cats policy del site' site1 site2 &&
	offers 'cats policy del a' 'a\ b' &&
	offers 'cats route del ' 192.0.2.1 2001:db8::1 vrf &&
	offers 'cats route del 2001:d' db8::1 &&
	offers 'cats route add 192.0.2.9 nexthop policy s' site1 site2 &&
	offers 'cats route flush proto ' demo static &&
	offers 'cats flow count 1' 192.0.2.1 &&
	offers 'cats nexthop set 192.0.2.1 sid ' 5f00::1 &&
	offers 'cats sid del ' 5f00::4 &&
	offers 'cats sid add 5f00::5 instance ' 10.0.0.1 &&
	offers 'cats instance del ' 10.0.0.1 &&
	offers 'cats instance threshold show ' 10.0.0.1 &&
	offers 'cats -n blue policy show site1' site1 &&
	offers 'cats -n red policy show s'
}

completes_devices() {
	offers 'cats dev add l' lo
}

# In a /run of its own, where a name of a namespace is but a file
completes_netns() {
	export -f complete_lines
	export COMPLETION WORK
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare -m bash -c 'mount -t tmpfs none /run && mkdir /run/netns &&
		touch /run/netns/blue /run/netns/red &&
		complete_lines "cats -n " && complete_lines "cats -netns b" &&
		complete_lines "cats -j -n red -n "' >"$WORK/netns" 2>&1
	diff "$WORK/netns" <(printf '%s\n' blue red blue blue red)
}

# A command that refuses, as without privileges, is no reason for a word
completes_silently() {
	local got

	got=$(FAKE=false complete_lines 'cats policy del ' 2>&1)
	[ -z "$got" ] || { echo "$got"; return 1; }
}

# --- run ---------------------------------------------------------------------

names=$(objects)
# shellcheck disable=SC2086 # one word per object
set -- $names
[ $# -gt 0 ] || die "no objects in $CATS help"
plan $((4 * $# + 13))
fake_cats

for object; do
	expect "$object: has a manual page" has_page "$object"
	expect "$object: all keywords are in its page" page_has_keywords "$object"
	expect "$object: commands are completed" completes_commands "$object"
	expect "$object: keywords are completed" completes_keywords "$object"
done
expect "options are in cats.8" page_has_options
expect "sections of the pages" pages_have_sections
if command -v mandoc >/dev/null; then
	expect "mandoc finds no fault" pages_lint
else
	skip "mandoc finds no fault" "no mandoc here"
fi
expect "verdicts are in cats-stats.8" verdicts_agree
expect "keys of the daemon's file are in catsd.yaml.5" yaml_has_keys
expect "the dashboard shows what the daemon measures" dashboard_agrees
expect "completion of objects" completes_objects
expect "completion of options" completes_options
expect "completion of keywords by position" completes_positions
expect "completion of names" completes_names
expect "completion of devices" completes_devices
if unshare -m true 2>/dev/null; then
	expect "completion of network namespaces" completes_netns
else
	skip "completion of network namespaces" "needs root"
fi
expect "completion is silent without privileges" completes_silently
finish
