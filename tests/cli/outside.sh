#!/usr/bin/env bash
# Datagrams, names and signals that go wrong: found, written as text, and the same when that is read back; never in the calm run.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"

found() { # found SCENARIO TEXT LINE: a finding that says TEXT, by one deviation that is written as LINE
    expect 0 "$1: passed (calm)" "$RETICK" run "$scenarios/weather.c:$1" -o "$1-calm.db"
    expect 1 "$2" "$RETICK" fuzz "$scenarios/weather.c:$1" -n 2000 -j 1 -o "$1.db"
    also "shrunk from"
    also "$3"
    also "replayed 10 times"
    expect 0 "$3" cat "$1.schedule"
    expect 1 "$2" "$RETICK" replay "$scenarios/weather.c" "$1.schedule"
    never "not met"
}

found doubled "6 datagrams came" "duplicate app:udp @"
found astray "app's main returned" "resolve_fail app:lookup.log @1 yes"
found signalled "sleep: EINTR" "interrupt app:wait"
finish
