#!/usr/bin/env bash
# What one run leaves to the next in its process, and one retick to another beside it.
# once: yes
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"

for name in thread_locals open_files made_marks texts_of_libc signals rounding after_a_daemon late_after_a_daemon; do
    expect 0 "$name: passed" "$RETICK" run "$scenarios/leftovers.c:$name"
    expect 0 "1,000 schedules passed" timeout 60 "$RETICK" fuzz "$scenarios/leftovers.c:$name" --seeds 1000
    if [ $name = made_marks ]; then
        for i in 0 1 2; do also "reached \"round $i\" in 1,000 of 1,000 runs"; done
        never "something else"
    fi
    expect 0 "every run repeats" timeout 60 "$RETICK" check "$scenarios/leftovers.c:$name" --seeds 5 --after 50
done

expect 1 "the program closed a file descriptor that it had not opened" "$RETICK" run "$scenarios/leftovers.c:closes_fds"

# Two at once on one trace: the second is refused, the first is not disturbed.
"$RETICK" run "$scenarios/forever.c" --hang 3s -o both.db >first.txt 2>&1 &
first=$!
for ((i = 0; i < 600; i++)); do
    [ -s both.db-ring ] && break
    sleep 0.05
done
expect 3 "another retick records to this trace" "$RETICK" run "$scenarios/passing.c" -o both.db
expect 3 "another retick records to this trace" "$RETICK" recover both.db
wait $first
cp first.txt .output
also "forever: failed"
expect 0 "hang" "$RETICK" query both.db "SELECT value FROM meta WHERE key = 'verdict'"
expect 0 "passed" "$RETICK" run "$scenarios/passing.c" -o both.db

finish
