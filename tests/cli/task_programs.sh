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

echo '[[["fly"]]]' >bad.json
expect 2 "there is no such operation" "$RETICK" run bad.json
echo '[' >bad.json
expect 2 "expected near end of file" "$RETICK" run bad.json
finish
