#!/usr/bin/env bash
# What `retick run` says of programs that pass, fail, crash, hang, leave and leak; and that each leaves a readable trace.
export ASAN_OPTIONS=detect_leaks=1
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"

readable() { # readable FILE: the trace can be asked
    exists "$1"
    expect 0 "scenario" "$RETICK" query "$1" "SELECT * FROM meta"
}

expect 0 "passing: passed (calm)" "$RETICK" run "$scenarios/passing.c"
also "5 ms of virtual time"
also "digest "
also "run.db written. Next: retick fuzz"
never "warning"
readable run.db
expect 0 "task_create" "$RETICK" query run.db "SELECT * FROM events JOIN kinds USING (kind)"
expect 0 "alice" "$RETICK" query run.db tasks
expect 0 "passing: passed (seed 7)" "$RETICK" run "$scenarios/passing.c" --seed 7 -o seven.db
readable seven.db
expect 0 "no checks were evaluated in 1 run: only crashes, deadlocks and leaks can be found" "$RETICK" run "$scenarios/unchecked.c"
expect 1 "faulty: failed" "$RETICK" run "$scenarios/two.c:faulty"
also "always wrong"
also "two.c:"
also "Next: retick query run.db log"

expect 0 "said 1" "$RETICK" run "$scenarios/talkative.c"

expect 1 "segfault: failed" "$RETICK" run "$scenarios/segfault.c" --cflags "-DALWAYS -fno-sanitize=undefined" -o crash.db
also "crash: "
also "segfault.c:"
never "retick+0x"
readable crash.db
expect 0 "verdict" "$RETICK" query crash.db "SELECT * FROM meta WHERE value = 'crash'"
also "events: Segmentation fault in alice in step"
expect 1 "forever: failed" "$RETICK" run "$scenarios/forever.c" --hang 300ms -o hang.db
also "hang: "
readable hang.db
expect 1 "exits: failed" "$RETICK" run "$scenarios/exits.c" -o exit.db
also "exit: "
readable exit.db
expect 1 "leaks: failed" "$RETICK" run "$scenarios/leaks.c" -o leak.db
also "leak: "
also "1 of its tasks was unfinished"
readable leak.db
expect 1 "deadlocks: failed" "$RETICK" run "$scenarios/deadlocks.c" -o deadlock.db
also "deadlock: "
readable deadlock.db
expect 0 "future" "$RETICK" query deadlock.db waits

line() { # line PHRASE: where it stands in endings.c
    grep -nF -- "$1" "$scenarios/endings.c" | cut -d: -f1
}
expect 1 "two_orders: failed" "$RETICK" run "$scenarios/endings.c:two_orders" -o orders.db
also "a circle: bank/transfers waits for the lock of endings.c:$(line "journal = tick_lock_new") (endings.c:$(line "transfers waits"))"
also "that bank/reports holds, bank/reports waits for the lock of endings.c:$(line "accounts = tick_lock_new")"
also "(endings.c:$(line "reports waits")) that bank/transfers holds"
readable orders.db
expect 1 "the account is overdrawn (broken at 30 ms)" "$RETICK" run "$scenarios/endings.c:overdrawn" -o overdrawn.db
readable overdrawn.db
expect 0 "bank goes on" "$RETICK" query overdrawn.db why
# Its story has the turn that broke it, or says that there was none.
expect 1 "how it came to it:" "$RETICK" fuzz "$scenarios/endings.c:overdrawn" -o overdrawn.db --force
also "1  30 ms  bank goes on after a sleep of 10 ms (endings.c:"
also "behind this turn it does not hold any more"
also "2  30 ms  the account is overdrawn (broken at 30 ms) (endings.c:"
expect 1 "it did not hold when it was first looked at, before any task had run" "$RETICK" run "$scenarios/endings.c:never" -o never.db
expect 1 "bank left 1 future that nobody can complete any more" "$RETICK" run "$scenarios/endings.c:promised" -o promised.db
also "endings.c:$(line "made here")"
readable promised.db
expect 1 "counted: failed" "$RETICK" run "$scenarios/endings.c:counted" -o counted.db
expect 0 "one is missing" "$RETICK" query counted.db why
also "the finding came of no event of its own"
"$RETICK" graph counted.db -o counted.dot && cp counted.dot .output
never "what the failure came of"
expect 1 "on bank, a timer waited 79 ms for its turn: the longest that went before, 40 ms, was counts" \
    "$RETICK" run "$scenarios/endings.c:busy" -o busy.db
readable busy.db

# The ring's file is gone after each of them.
if compgen -G "*-ring" >/dev/null; then
    complain "a ring file was left over"
fi
finish
