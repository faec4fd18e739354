#!/usr/bin/env bash
# Each scenario is a program of its own, too: linked with libretick.a, it runs what is in it, and gives the same digests as the same file
# loaded by retick.
# once: yes
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work/cache
cd "$work"
found=0

digest() { # digest COMMAND...: a finding (1) is no failure
    "$@" --seeds 20 || [ $? = 1 ]
}

for source in "$RETICK_SOURCE"/scenarios/*.c; do
    name=$(basename "$source" .c)
    program=$RETICK_BUILD/scenarios/scenario_$name
    [ -x "$program" ] || {
        echo "$program was not built"
        exit 1
    }
    "$program" run --calm >out 2>&1 || {
        cat out
        echo "$name: a calm run fails"
        exit 1
    }
    digest "$program" digest >linked
    digest "$RETICK" digest "$source" >loaded
    diff linked loaded || {
        echo "$name: linked in and loaded, it is not the same"
        exit 1
    }
    found=$((found + 1))
done
[ $found -gt 0 ]
