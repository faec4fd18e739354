#!/usr/bin/env bash
# A task program is a scenario: run, fuzzed, shrunk, replayed, drawn.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"

# Two tasks that take two locks in opposite orders: they meet only when one of them wakes late.
cat >opposite-locks.json <<'TEXT'
[[["spawn", 1], ["spawn", 2], ["await", 1], ["await", 2]],
 [["sleep", 1], ["lock", 0], ["sleep", 0], ["lock", 1], ["unlock", 1], ["unlock", 0]],
 [["sleep", 2], ["lock", 1], ["sleep", 0], ["lock", 0], ["unlock", 0], ["unlock", 1]]]
TEXT
expect 0 "opposite_locks: passed" "$RETICK" run opposite-locks.json
expect 0 "1#1 start" "$RETICK" query run.db log
expect 1 "deadlock" "$RETICK" fuzz opposite-locks.json
also "waits for lock 0 ("
also "waits for lock 1 ("
also "shrunk from"
exists opposite_locks.db
expect 1 "the same run" "$RETICK" replay opposite_locks.db
expect 1 "deadlock" "$RETICK" replay opposite-locks.json opposite_locks.schedule
expect 0 "written" "$RETICK" graph opposite_locks.db -o found.dot
exists found.dot
grep -qF "<B>1#1</B>" found.dot || complain "the graph does not name task 1#1"

# What tasks fail with is their affair, unless it reaches the main one.
echo '[[["spawn", 1], ["sleep", 2]], [["raise", 3]]]' >own.json
expect 0 "own: passed" "$RETICK" run own.json
echo '[[["tg", [1, 2], [["sleep", 9]]]], [["raise", 1]], [["raise", 2]]]' >group.json
expect 1 "the main task ended with ExceptionGroup[Ex1" "$RETICK" run group.json

# --- what docs/TASK_PROGRAMS.md says of them, sentence by sentence; what operations do is compared with asyncio in tests/differential ---

# log NAME PROGRAM: runs it; what it said stands in run.txt then, and the texts of its log in .output
log() {
    printf '%s\n' "$2" >"$1.json"
    "$RETICK" run "$1.json" -o "$1.db" >run.txt 2>&1
    "$RETICK" query "$1.db" log --csv 2>&1 | tr -d '\r"' >.output
}
ended() { # ended PHRASE: the run said so
    checks=$((checks + 1))
    grep -qF -- "$1" run.txt || complain "the run did not say \"$1\": $(cat run.txt)"
}
times() { # times N PHRASE: so many lines of the log hold it
    checks=$((checks + 1))
    [ "$(grep -cF -- "$2" .output)" = "$1" ] || complain "not $1 times \"$2\""
}

# "a tick is a millisecond, and lines go to the trace's log"; "a body logs start, and ret <result> or exit <error>"
log tick '[[["sleep", 7], ["ret", 3]]]'
ended "7 ms of virtual time"
times 4 "0#0"
also "0#0 start"
also "0#0 sleep 7"
also "0#0 ret 3"

# A job takes its ticks here, too, on one of 2 workers; after `jshut` there is no other.
log jobs '[[["job", 0, 5, 7, false], ["job", 1, 4, 3, true], ["job", 2, 3, 2, false], ["jcancel", 2], ["job", 2, 3, 1, false], ["jawait", 0],
  ["try", [["jawait", 1]], "EX", [], false], ["jshut", true, false], ["jawait", 2], ["job", 0, 1, 1, false]]]'
ended "7 ms of virtual time"
times 1 "0#0 got 7"
times 1 "0#0 got 1"
also "0#0 exc Ex3 True"
also "0#0 -> True"
times 1 "0#0 RTE"

# "what body 0 fails with is a finding", and "places are lines of the file": of the operation that failed, whatever was done on the way out.
log fails '[[["spawn", 1],
  ["try",
    [["raise", 4]],
    "CE", [["await", 1]], false]],
 [["try", [["raise", 5]], "EX", [], false]]]'
ended "the main task ended with Ex4"
ended "fails.json:3"
log awaits '[[["spawn", 1],

  ["await", 1]],
 [["raise", 2]]]'
ended "the main task ended with Ex2"
ended "awaits.json:3"
log late '[[
  ["timeout", 3, [
    ["sleep", 9]]]]]'
ended "TimeoutError"
ended "late.json:3"
log children '[[
 ["tg", [1], [["sleep", 1]]]], [["raise", 6]]]'
ended "ExceptionGroup[Ex6]"
ended "children.json:2"
log strings '[[["info"], ["info"],
 ["await", 0]]]' # brackets are looked for outside of texts alone, and a task cannot await itself
ended "RuntimeError"
ended "strings.json:2"

# "... and so is a deadlock while it waits", told with the places of the program
log stuck '[[["lock", 0],
 ["spawn", 1], ["await", 1]],
 [
 ["lock", 0]]]'
ended "deadlock"
ended "stuck.json:4"
ended "stuck.json:2"
expect 0 "stuck.json:2" "$RETICK" query stuck.db tasks # where 1#1 was made

# "What is left when it returns is cancelled, and waited for, as asyncio.run does."
log left '[[["spawn", 1], ["spawn", 2], ["spawn", 3], ["sleep", 1], ["ret", 1]],
 [["sleep", 50]],
 [["try", [["sleep", 50]], "CE", [["sleep", 4]], false], ["ret", 2]],
 [["try", [["evwait", 0]], "ALL", [["raise", 9]], true]]]'
ended "left: passed"
ended "5 ms of virtual time"
also "1#1 exit CancelledError"
also "2#2 exc CancelledError True"
also "2#2 ret 2"
also "3#3 exit Ex9"

# "more than 4,000 lines of log are the verdict limit": 1 of its start, and one each
for count in 3998 4000; do
    log "lines$count" "$(python3 -c "print([[['evset', 0]] * $count])" | tr "'" '"')"
done
ended "limit: the program logged more than 4000 lines"
"$RETICK" run lines3998.json >run.txt
ended "lines3998: passed" # with its start and its end
log others "$(python3 -c "print([[['spawn', 1], ['sleep', 5]], [['evset', 0]] * 5000])" | tr "'" '"')"
ended "limit: the program logged more than 4000 lines"

# "Body 0 is the main task, 0#0"; "N counts all spawns from 1"; names that have no task: "it does nothing but log itself"
log names '[[["info"], ["spawn", 1], ["spawn", 2], ["spawn", 1], ["cbadd", 1], ["await", 3], ["cancel", 3], ["sleep", 9]],
 [["sleep", 1], ["each", [0], 1]], [["sleep", 2]], []]'
also "0#0 info 0#0 0 [False, False] [1] [0, 0] 1"
also "1#1 start"
also "2#2 start"
also "1#3 start"
also "cb 0#0 1#3 False" # "the task that was spawned of it last"
also "0#0 await 3"
also "0#0 cancel 3"
never "cancel->"
log forty "$(python3 -c "print([[['spawn', 1]] * 45 + [['sleep', 9]], []])" | tr "'" '"')"
times 45 "0#0 spawn 1" # "after 40 of them, a spawn does nothing"
also "1#40 start"
never "1#41"
# "in none: nothing"
log none '[[["into", 1], ["adopt", 1], ["sleep", 1]], []]'
never "1#1"

echo '[[["fly"]]]' >bad.json
expect 2 "there is no such operation" "$RETICK" run bad.json
echo '[' >bad.json
expect 2 "expected near end of file" "$RETICK" run bad.json
finish
