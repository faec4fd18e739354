#!/usr/bin/env bash
# once: yes
# Bugs that others published, in the programs that have them: examples/guests. Each is found, shrunk to at most two deviations and replayed
# from a fresh start, and the repaired program passes under that schedule and under others. By itself those that need an interpreter alone;
# RETICK_PUBLISHED=all, as in ./dev soak, takes those that need packages, too, and has the repaired ones pass 2,000 schedules.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
[ -e "$(dirname "$RETICK")/libretick_guest.so" ] || { came_to_finish=yes && exit 77; } # another processor's build, or a sanitizer's
cp "$scenarios"/../../../examples/guests/* . || exit 1
all=${RETICK_PUBLISHED:-} passes=200 told=200
[ -z "$all" ] || passes=2000 told=2,000

left_out() { # left_out PROGRAM WHY
    echo "left out: $1: $2"
}

try() { # try INTERPRETER PROGRAM
    local finds
    finds=$(sed -nE 's/^(\/\/ )?finds: //p' "$2")
    [ -n "$finds" ] || complain "$2 does not say what it finds"
    expect 1 "$finds" "$RETICK" fuzz -n 1000 -o found.db --repaired "$* repaired" --repaired-seeds $passes -- "$@"
    also "each time the same"
    also "repaired: passes under the"
    also "and under $told seeds of its own"
    [ "$(grep -vcE '^(retick|scenario) ' found.schedule)" -le 2 ] || complain "$2: more than two deviations: $(cat found.schedule)"
    expect 1 "$finds" "$RETICK" replay --by start found.schedule -- "$@"
    expect 0 "passes under" "$RETICK" replay found.schedule -- "$@" repaired
}

python=/usr/bin/python3
case $($python --version 2>&1) in
"Python 3.11."*) try $python wait_for_swallows.py ;;
*) left_out wait_for_swallows.py "it takes Python 3.11, as Debian 12 has it at $python" ;;
esac
[ -n "$all" ] || finish

case $($python -c 'import psycopg_pool; print(psycopg_pool.__version__)' 2>&1) in
3.1.[56]) try $python psycopg_pool_lost.py ;;
*) left_out psycopg_pool_lost.py "it takes Debian 12's packages python3-psycopg and python3-psycopg-pool" ;;
esac
if ! npm --version >.output 2>&1 || ! node --version >.output 2>&1; then
    left_out agentkeepalive_idle.js "there is no Node with npm"
    left_out simplecrawler_early.js "there is no Node with npm"
elif ! timeout 300 npm install --silent --no-audit --no-fund >.output 2>&1; then
    left_out agentkeepalive_idle.js "npm cannot install its package"
    left_out simplecrawler_early.js "npm cannot install its package"
else
    try node agentkeepalive_idle.js
    try node simplecrawler_early.js
fi
finish
