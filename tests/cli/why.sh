#!/usr/bin/env bash
# Why an event happened, as a page: folded, short, in words, with what was decided where it bears; the whole; the rows; and tasks by the
# names that a finding has for them.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"

run() { # run SCENARIO: its calm run fails, in SCENARIO.db
    expect 1 "$1: failed" "$RETICK" run "$scenarios/chains.c:$1" -o "$1.db"
}
line() { # line PHRASE: where it stands in chains.c
    grep -nF -- "$1" "$scenarios/chains.c" | head -1 | cut -d: -f1
}
page() { # page LINES: the last command's output has so many at most, and no wiring
    checks=$((checks + 1))
    [ "$(wc -l <"$work/.output")" -le "$1" ] || complain "a page of more than $1 lines"
    ! grep -qE "task_ready|step_begin|future_done|io_complete|timer_fire|is ready" "$work/.output" || complain "wiring on a page"
}
order() { # order PHRASE...: one below the other in the last command's output
    local at=0 next
    for phrase; do
        checks=$((checks + 1))
        next=$(tail -n +$((at + 1)) "$work/.output" | grep -nF -- "$phrase" | head -1 | cut -d: -f1)
        [ -n "$next" ] || { complain "not in this order: $phrase"; return; }
        at=$((at + next))
    done
}

# Data first, and the turn beside it; the deviation where it bears, in the schedule's words.
printf 'retick schedule 2\nscenario stale\ndelivery client←server @1 +100ms\n' >stale.schedule
expect 1 "stale: fails" "$RETICK" replay "$scenarios/chains.c:stale" stale.schedule -o stale.db
words=$(sqlite3 stale.db "SELECT words FROM choices")
expect 0 "each line came of the one below it" "$RETICK" query stale.db why
page 20
order "client fails: it was told: answer to one (chains.c:$(line 'it was told'))" "  it has its turn: client goes on after a sleep of 60 ms" \
    'client reads "answer to one" from server/serve for client, which came at 104 ms' "  the schedule: $words" \
    'server/serve for client sends "answer to one" to client' 'server/serve for client reads "one" from client' 'client sends "one" to server' \
    "client gets the answer to its connect from server" "client asks to connect to server" "client begins"

# The number of a sentence of the story, and of a line of the page, is one that it takes.
expect 0 "runs into its deadline" "$RETICK" query stale.db story
never '\"'
seq=$(grep -F "runs into its deadline" .output | awk '{print $1}')
expect 0 "deadline of 50 ms" "$RETICK" query stale.db why "$seq"
order "deadline of 50 ms" "client begins"

# Locks, queues, events and futures, each with what it is about.
run hands_on
expect 0 "app fails: all had their turn (chains.c:$(line 'all had their turn'))" "$RETICK" query hands_on.db why
page 20
order "app goes on: a future of chains.c:$(line 'future = tick_future_new') is done" "app/second resolves a future of chains.c" \
    "  it has its turn: app/second goes on with what was put into a queue" "app/second takes from a queue" "app puts into a queue" \
    "app goes on after a sleep of 5 ms (chains.c:" "app begins"
expect 0 "app/second waits for a queue" "$RETICK" query hands_on.db why \
    "$(sqlite3 hands_on.db "SELECT seq FROM events JOIN objects ON object_id = subject_id WHERE kind = 18 AND type = 'queue' ORDER BY seq DESC LIMIT 1")"
order "app/second goes on: it gets the lock of chains.c:" "app/first releases the lock of chains.c:" "app/first goes on: an event is set" "app sets an event"

# What came of it, the other way: the way to the verdict goes on at its depth, branches are set in before it.
sent=$(sqlite3 stale.db "SELECT seq FROM events JOIN messages ON message_id = subject_id WHERE kind = 20 AND CAST(payload AS TEXT) LIKE 'answer to one%'")
expect 0 "each line came of one above it" "$RETICK" query stale.db effects "$sent"
page 20
order 'server/serve for client sends "answer to one" to client' 'client reads "answer to one" from server/serve for client' "client fails"
choice=$(sqlite3 stale.db "SELECT seq FROM choices")
expect 0 "the schedule: $words" "$RETICK" query stale.db effects "$choice"
order "the schedule: $words" "client fails: it was told: answer to one"
expect 0 "nothing came of it" "$RETICK" query stale.db effects "$(sqlite3 stale.db "SELECT max(seq) FROM events")"
set=$(sqlite3 hands_on.db "SELECT min(seq) FROM events WHERE kind = 37")
expect 0 "app sets an event" "$RETICK" query hands_on.db effects "$set"
order "app sets an event" "app/first goes on: an event is set" "app/first releases the lock of" "app/second goes on: it gets the lock of"
expect 2 "effects wants a SEQ" "$RETICK" query stale.db effects
expect 2 "has no event 99999" "$RETICK" query stale.db effects 99999
expect 2 "effects wants the number of an event" "$RETICK" query stale.db effects x

# A deadline over a plain future says which.
expect 1 "in_time: failed" "$RETICK" run "$scenarios/chains.c:in_time" -o in_time.db
also "while it waits for a future of chains.c:$(line 'tick_future_new(); // never done')"

# A long chain is a page, with what is left out counted; the whole is as long as that says.
run lengthy_chain
expect 0 "between; --all shows them" "$RETICK" query lengthy_chain.db why
page 20
order "app fails" "app goes on: app/worker#2 has ended" "between" "app starts"
between=$(sed -nE 's/.*… ([0-9,]+) between.*/\1/p' .output | tr -d ,) shown=$(($(wc -l <.output) - 2))
expect 0 "app/worker begins, spawned by app (chains.c:" "$RETICK" query lengthy_chain.db why --all
checks=$((checks + 1))
[ "$(($(wc -l <.output) - 1))" = $((between + shown)) ] || complain "$(($(wc -l <.output) - 1)) lines, not $between and $shown"

expect 0 "between; --all shows them" "$RETICK" query lengthy_chain.db effects 1
page 20
order "app starts" "app begins" "between" "app fails: it took long"
left=$(sed -nE 's/.*… ([0-9,]+) (between|more).*/\1/p' .output | tr -d , | awk '{ sum += $1 } END { print sum }')
shown=$(grep -c "^ *[0-9]" .output)
expect 0 "app fails: it took long" "$RETICK" query lengthy_chain.db effects 1 --all
checks=$((checks + 1))
[ "$(($(wc -l <.output) - 1))" = $((left + shown)) ] || complain "$(($(wc -l <.output) - 1)) lines, not $left and $shown"
first=$(sqlite3 lengthy_chain.db "SELECT min(seq) FROM events JOIN objects ON object_id = subject_id WHERE kind = 3 AND path = 'other/main'")
expect 0 "more came of it; --all shows them" "$RETICK" query lengthy_chain.db effects "$first"
page 20

# A verdict that came of no event has those that the story is of.
run crossed
expect 0 "nothing can ever run again" "$RETICK" query crossed.db why
order "  app waits for app/right to end" "  a circle: app/right waits for the lock of"
never "came of no event of its own"

# Rows and the page for programs.
expect 0 '"page": [' "$RETICK" query stale.db why --json
also '"kind": "deviation"'
also '"rows": ['
expect 0 "seq,ms,who,kind,subject,arg,deviation,at" "$RETICK" query stale.db why --csv
also ",task_ready,"

expect 0 '"page": [' "$RETICK" query stale.db effects "$sent" --json
expect 0 "seq,ms,who,kind,subject,arg" "$RETICK" query stale.db effects "$sent" --csv

# Tasks by what retick calls them.
for name in server "server/serve for client" "client→server/serve" serve \
    "Task-$(sqlite3 stale.db "SELECT min(task_id) FROM tasks")"; do
    expect 0 "task_create" "$RETICK" query stale.db history "$name"
done
for name in app/worker#2 worker#2 main/worker#2; do
    expect 0 "app/worker#2" "$RETICK" query lengthy_chain.db history "$name"
    never "app/worker  "
done
expect 2 "'main' may be any of 2 tasks: app/main, other/main" "$RETICK" query lengthy_chain.db history main
finish
