#!/usr/bin/env bash
# How sure, and what if: explain --likelihood and whatif.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
top=$(realpath "$scenarios/../../..")
pool=$top/scenarios/redis_pool.c
expect 1 "" "$RETICK" fuzz "$pool" --quiet -o run.db

# The share that fails grows along the story: fresh schedules seldom do, the last sentence always does.
expect 0 "of fresh schedules, with nothing decided" "$RETICK" explain run.db --likelihood=100
also "100 % ("
also "it was as good as inevitable"
also "fresh seeds is trusted at 99 %"
cp .output first
expect 0 "" "$RETICK" explain run.db --likelihood=100
cmp -s first .output || complain "the same question has two answers: $(diff first .output)"
"$RETICK" explain run.db --likelihood=100 --json 2>/dev/null | python3 -c '
import json, sys
rows = json.load(sys.stdin)["likelihood"]
fresh, last = rows[0], rows[-1]
assert fresh["seq"] is None and last["failed"] == last["runs"] == 100, rows
assert fresh["failed"] * 50 < fresh["runs"] * last["failed"], rows
assert all(row["low_of_1000"] <= 1000 * row["failed"] // row["runs"] + 1 <= row["high_of_1000"] + 2 for row in rows), rows
' || complain "the shares are wrong"
expect 2 "write a number from 1" "$RETICK" explain run.db --likelihood=0

# One answer changed: by its line, by its event, taken away, added
seq=$(python3 -c 'import sqlite3; print(sqlite3.connect("run.db").execute("SELECT seq FROM choices").fetchone()[0])')
expect 0 "redis_pool: with that it passes" "$RETICK" whatif run.db --set 'step_cost app/client-2->redis/serve @2 +30ms'
also "how it came to it, beside run.whatif.db"
also "run.whatif.db written"
exists run.whatif.db
expect 0 "with that it passes" "$RETICK" whatif run.db --at "$seq" --set 0 -o none.db
never "did not meet" # what was taken away
expect 0 "passes under 0 deviations" "$RETICK" replay none.db
expect 1 "with that it fails" "$RETICK" whatif run.db --at "$seq" --set +100ms -o same.db
expect 0 "are the same run" "$RETICK" diff run.db same.db
expect 0 "with that it passes" "$RETICK" whatif none.db --set 'delivery app/client-1->redis @1 +1ms' -o one.db
expect 1 "with that it fails" "$RETICK" whatif none.db --set 'step_cost app/client-2->redis/serve @2 +100ms' -o all.db
also "how it came to it, beside none.db"
expect 0 "are the same run" "$RETICK" diff run.db all.db
expect 0 "the run did not meet: delivery app/nobody->redis @1 +1ms" "$RETICK" whatif none.db --set 'delivery app/nobody->redis @1 +1ms' -o two.db

# What cannot be meant
expect 2 "--set LINE" "$RETICK" whatif run.db
expect 2 "name a trace" "$RETICK" whatif --set x
expect 2 "expected a kind of choice" "$RETICK" whatif run.db --set junk
expect 2 "event 1 is no deviation" "$RETICK" whatif run.db --at 1 --set +1ms
expect 2 "goes with one --set" "$RETICK" whatif run.db --at "$seq" --set 0 --set 1
expect 2 "is a schedule" "$RETICK" whatif run.schedule --set 'delivery a->b @1 +1ms'
expect 2 "run.db" "$RETICK" whatif run.db --at "$seq" --set 0 -o run.db
echo mine >run2.c
expect 2 "run2.c" "$RETICK" whatif run.db --at "$seq" --set 0 -o run2.c

finish
