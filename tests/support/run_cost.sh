#!/usr/bin/env bash
# What a run of a Python program costs, in instructions from its snapshot to its end: no more than it did, so that neither CPython's short
# end nor the library grows unseen. Calm, by callgrind, hence the same each time; of Debian 12's Python, as others need other numbers.
# usage: run_cost.sh BUILD
set -euo pipefail
build=$1
python=/usr/bin/python3
version=$($python -V 2>/dev/null || true)
if [ "$version" != "Python 3.11.2" ] || ! command -v valgrind >/dev/null; then
    echo "left out: the numbers are of Python 3.11.2 under valgrind, and here is ${version:-no Python}"
    exit 0
fi
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
failed=0

costs() { # costs SCRIPT MOST LIBRARY-MOST: thousands of instructions, all of them and those of libretick_guest.so
    rm -f "$room"/*
    "$build/tests/guest_by_hand" -u -q -l 1 -j 30 /usr/bin/valgrind --tool=callgrind --compress-strings=no "--callgrind-out-file=$room/cost" \
        --dump-before=tick__guest_run_begins --dump-before=tick__guest_run_ends $python "$1" >/dev/null 2>"$room/errors" || {
        cat "$room/errors"
        failed=1
        return
    }
    local all ours
    # Of the second dump: a line of costs is "position instructions"; the line behind "calls=" tells of what was called.
    read -r all ours < <(awk '/^ob=/ { ours = /libretick_guest/ } /^calls=/ { getline; next } /^[-+*0-9]/ { all += $2; if (ours) own += $2 }
        END { print int(all / 1000), int(own / 1000) }' "$room/cost.2")
    echo "$1: $all thousand instructions, at most $2; $ours of them the library's, at most $3"
    [ "$all" -gt 0 ] && [ "$all" -le "$2" ] && [ "$ours" -gt 0 ] && [ "$ours" -le "$3" ] || failed=1
}

# Measured: 11,190 and 464; 4,291 and 145.
costs bench/guests/asyncio_echo.py 11500 500
costs examples/bank.py 4400 160
exit $failed
