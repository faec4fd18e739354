# For the scripts of tests/cli: a folder of one's own, and what a command must say and how it must end.
# shellcheck shell=bash
set -u
: "${RETICK:?is the program under test}"
RETICK=$(realpath "$RETICK")
scenarios=$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../cli/scenarios
scenarios=$(realpath "$scenarios")
work=$(mktemp -d)
came_to_finish=no
cleared_up() { # whatever a script ends with: what complained is lost if it does not end with `finish`, or with 77 as it cannot run here
    local code=$?
    chmod -R u+w "$work" 2>/dev/null
    rm -rf "$work"
    [ $came_to_finish = yes ] || [ $code = 77 ] || {
        echo "FAILED: it did not come to its end, which is \`finish\`" >&2
        exit 1
    }
}
trap cleared_up EXIT
# What several scripts compile is compiled once in a suite of ./dev, which gives them a cache in common. One that looks into its cache, or
# does something to it, says `cache=own` before it reads this file.
[ "${cache:-}" = own ] && unset RETICK_SUITE_CACHE
export XDG_CACHE_HOME=${RETICK_SUITE_CACHE:-$work/cache} NO_COLOR=1 LC_ALL=C.UTF-8
unset "${!PYTHON@}" # programs in Python get these, and write line by line or piece by piece by one of them
# Who looks for leaks at the end of each command, which doubles its cost under ASan, says so before it reads this file.
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0}
cd "$work" || exit 1
failures=0 checks=0

complain() {
    failures=$((failures + 1))
    printf 'FAILED: %s\n' "$*" >&2
    [ -s "$work/.output" ] && sed 's/^/    | /' "$work/.output" >&2
}

# Whether the output holds that: without a process of its own, of which thousands would be a good part of what all scripts take.
output_says() {
    local LC_ALL=C text
    if IFS= read -r -d '' text <"$work/.output"; then # there is a NUL in it
        grep -qF -- "$1" "$work/.output"
    else
        [[ $text == *"$1"* ]]
    fi
}

# expect CODE PHRASE COMMAND...: output (both streams) must hold the phrase; "" for any. It stays in $work/.output.
expect() {
    local code=$1 phrase=$2 got=0
    shift 2
    checks=$((checks + 1))
    "$@" >"$work/.output" 2>&1 </dev/null || got=$?
    if [ "$got" != "$code" ]; then
        complain "$* ended with $got, not $code"
    elif ! output_says "$phrase"; then
        complain "$* did not say \"$phrase\""
    fi
}

# also PHRASE: the last command said this too. never PHRASE: it did not.
also() {
    checks=$((checks + 1))
    output_says "$1" || complain "the last command did not say \"$1\""
}
never() {
    checks=$((checks + 1))
    ! output_says "$1" || complain "the last command said \"$1\""
}
exists() {
    checks=$((checks + 1))
    [ -s "$1" ] || complain "$1 was not written"
}

finish() {
    came_to_finish=yes
    echo "$checks checks, $failures failed"
    [ "$failures" = 0 ]
    exit
}
