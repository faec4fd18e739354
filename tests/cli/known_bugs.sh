#!/usr/bin/env bash
# The scenarios of known bugs: each bug is found within 1,000 seeds, its repair passes them, and the schedule found passes in the repair.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
known=$(realpath "$scenarios/../../../scenarios")

try() { # try SCENARIO TEXT
    expect 1 "$2" "$RETICK" fuzz "$known/$1.c" --seeds 1000 --jobs 1 -o found.db
    also "replayed 10 times"
    expect 0 "passes under" "$RETICK" replay "$known/$1.c:$1_fixed" found.schedule
    expect 0 "1,000 schedules passed" "$RETICK" fuzz "$known/$1.c:$1_fixed" --seeds 1000 --jobs 1
}

try lost_update "an increment was lost"
try pool_deadlock "deadlock: nothing can ever run again"
try register "a stale read: version"
expect 1 "is declared dead, and lives" "$RETICK" fuzz "$known/heartbeats.c" --seeds 1000 --jobs 1 -o found.db
try expired_lease "two writers added one each, and the file holds 1"
expect 1 "two writers added one each" "$RETICK" fuzz "$known/expired_lease.c:expired_lease_fenced" --seeds 5000 --jobs 1 -o found.db
finish
