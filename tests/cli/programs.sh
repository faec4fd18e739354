#!/usr/bin/env bash
# Each scenario is a program of its own, too: linked with libretick.a, it lists and runs what is in it, and gives the same digests as the same
# file loaded by retick.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work/cache
found=0
for source in "$RETICK_SOURCE"/scenarios/*.c; do
    name=$(basename "$source" .c)
    program=$RETICK_BUILD/scenarios/scenario_$name
    [ -x "$program" ] || {
        echo "$program was not built"
        exit 1
    }
    "$program" run --calm >"$work/out" 2>&1 || {
        cat "$work/out"
        echo "$name: a calm run fails"
        exit 1
    }
    "$program" digest --seeds 20 >"$work/linked"
    "$RETICK" digest "$source" --seeds 20 >"$work/loaded"
    diff "$work/linked" "$work/loaded" || {
        echo "$name: linked in and loaded, it is not the same"
        exit 1
    }
    found=$((found + 1))
done
[ $found -gt 0 ]
