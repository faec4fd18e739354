#!/usr/bin/env bash
# The analyses: each flags the run that it must, with a sentence above its rows, and not the one beside it; and questions over many runs.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"

run() { # run SCENARIO: calm, into SCENARIO.db
    "$RETICK" run "$scenarios/analyses.c:$1" -o "$1.db" --quiet >.output 2>&1
    [ -s "$1.db" ] || complain "$1 did not run"
}
rows() { # rows QUERY DB COUNT: how many rows it has
    checks=$((checks + 1))
    local got
    got=$(("$("$RETICK" query "$2" "$1" --csv 2>.output | wc -l)" - 1))
    [ "$got" = "$3" ] || complain "$1 of $2 has $got rows, not $3"
}
for name in slow slow_not starved starved_not useless useless_not leaks leaks_not never_awaited never_awaited_not atomicity atomicity_not \
    deadlocks deadlocks_not; do
    run $name
done

expect 0 "app/main was kept from its turn for longest, 7 ms; it ran for 0 ms" "$RETICK" query slow.db slow
also "app/second"
expect 0 "nobody was kept from his turn" "$RETICK" query slow_not.db slow

expect 0 "wait in which another got the same again and again" "$RETICK" query starved.db starved
also "app/first"
rows starved starved.db 1
expect 0 "nobody got anything twice while another waited for it" "$RETICK" query starved_not.db starved
rows starved starved_not.db 0

expect 0 "let a task do no more than wait again for the same" "$RETICK" query useless.db useless
also "app/second"
[ "$(sqlite3 useless.db "SELECT count(*) FROM useless")" -ge 1 ] || complain "no wake-up was useless"
expect 0 "0 of " "$RETICK" query useless_not.db useless
rows useless useless_not.db 0

expect 0 "1 left over: 0 tasks, 1 held by who is over" "$RETICK" query leaks.db leaks
also "app/first"
expect 0 "nothing is left over" "$RETICK" query leaks_not.db leaks
rows leaks leaks_not.db 0

expect 0 "1 failure of which nobody heard" "$RETICK" query never_awaited.db never-awaited
also "app/lost"
expect 0 "somebody heard of each failure" "$RETICK" query never_awaited_not.db never-awaited
rows never-awaited never_awaited_not.db 0

expect 0 "1 write over what the writer had not seen" "$RETICK" query atomicity.db atomicity
also "balance"
expect 0 "no write was lost" "$RETICK" query atomicity_not.db atomicity
rows atomicity atomicity_not.db 0
expect 0 "the run tells of no shared data" "$RETICK" query slow.db atomicity

expect 0 "2 tasks wait in a circle" "$RETICK" query deadlocks.db deadlocks
expect 0 "nobody waits for himself" "$RETICK" query deadlocks_not.db deadlocks
expect 0 "3 tasks wait then, 3 of them for what a task holds, or is" "$RETICK" query deadlocks.db waits-for
also "app/left"
expect 0 "0 tasks wait then" "$RETICK" query deadlocks_not.db waits-for
# At a moment: one waits for the lock that the other holds.
seq=$(sqlite3 deadlocks_not.db "SELECT e.seq FROM events e JOIN objects o ON o.object_id = e.subject_id WHERE e.kind = 18 AND o.type = 'lock' LIMIT 1")
expect 0 "app/left" "$RETICK" query deadlocks_not.db waits-for "$seq"
also "app/right"
expect 2 "waits-for wants the number of an event" "$RETICK" query deadlocks.db waits-for x

expect 0 "8 ms from the first cause to event" "$RETICK" query slow.db critical-path
also "7 ms waits for a turn"
also "1 ms a timer"
expect 0 "0 ms from the first cause to event 3" "$RETICK" query slow.db critical-path 3
expect 0 "virtual ns" "$RETICK" query slow.db stats
expect 0 "8000000" "$RETICK" query slow.db "SELECT figure FROM stats WHERE what = 'virtual ns'"
expect 0 '"about": "nobody was kept' "$RETICK" query slow_not.db slow --json

# Over many runs: in which one event came before another.
mkdir runs
for seed in 0 1 2 3 4 5 6 7; do "$RETICK" run "$scenarios/analyses.c:preceded" --seed $seed -o runs/$seed.db --quiet >.output 2>&1; done
echo "no trace" >runs/other.db
expect 0 "" "$RETICK" query --over runs "SELECT count(*) FROM events"
failing=$(grep -c ": check" .output) passing=$(grep -c ": pass" .output)
[ "$failing" -gt 0 ] && [ "$passing" -gt 0 ] || complain "the runs are all alike"
expect 0 "the first came before the second in $failing of $failing failing run" "$RETICK" query --over runs preceded "the lease ends" "the write *"
also "and in 0 of $passing that pass"
also "runs/other.db is left out"
also "before"
also "after"
expect 0 "in $failing of $failing failing run" "$RETICK" query --over runs 'preceded "the lease ends" "mark:the write begins"'
expect 0 "in 0 of $failing failing run" "$RETICK" query --over runs preceded "never said" verdict
also "the first is not there"
expect 0 "in $failing of $failing failing run" "$RETICK" query --over runs preceded task_create verdict
expect 0 "run,verdict,first,second,order" "$RETICK" query --over runs preceded task_create verdict --csv
expect 0 '"order": "before"' "$RETICK" query --over runs preceded task_create verdict --json
expect 0 "pass: nobody was kept" "$RETICK" query --over runs slow
expect 2 "preceded wants two events" "$RETICK" query --over runs preceded verdict
expect 2 "nothing/ cannot be read" "$RETICK" query --over nothing/ tasks
expect 2 "ask what?" "$RETICK" query --over runs
finish
