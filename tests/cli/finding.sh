#!/usr/bin/env bash
# timeout: 300
# From a campaign to the smallest schedule, its files, and back: fuzz, replay, shrink, diff, check, digest.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"

expect 0 "passing: 200 schedules passed in" "$RETICK" fuzz "$scenarios/passing.c" --seeds 200
also "/s)"
never $'\r'
expect 0 "unchecked: no checks were evaluated in 20 runs: only" "$RETICK" fuzz "$scenarios/unchecked.c" --seeds 20
expect 0 "seldom: 500 schedules passed" "$RETICK" fuzz "$scenarios/seldom.c" --seeds 500 # its check is beyond what a calm run does
never "no checks"
expect 0 "seldom: no checks were evaluated in 1 run" "$RETICK" run "$scenarios/seldom.c" -o seldom.db
expect 0 "passed in" "$RETICK" fuzz "$scenarios/passing.c" --time 300ms --jobs 1
# On a terminal a line tells how far it is; with a time alone there is no number of runs to reach.
on_terminal() { # on_terminal COMMAND...
    python3 -c 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' "$@"
}
if command -v python3 >/dev/null; then
    expect 0 "passed in" on_terminal "$RETICK" fuzz "$scenarios/passing.c" --time 2s --jobs 1
    also " s left"
    never " of "
    expect 0 "passed in" on_terminal "$RETICK" fuzz "$scenarios/passing.c" --seeds 100000000 --time 2s --jobs 1
    also " of 100,000,000 runs"
fi

expect 1 "rare: seed " "$RETICK" fuzz "$scenarios/rare.c" --rate user=30%
also " fails after "
also "both were three"
also "rare.c:"
also " to 2:"
also "sound: the program asked for it"
also "replayed 10 times, digest "
also "each time the same"
also "rare.db and rare.schedule written. Next: retick replay rare.db"
also 'reached "drawn"'
exists rare.db
exists rare.schedule
[ "$(grep -c '^user ' rare.schedule)" = 2 ] || complain "rare.schedule holds not two deviations: $(cat rare.schedule)"

# The same words, but for the time that it took, however many workers there are.
for jobs in 1 2 5; do
    expect 1 "fails after" "$RETICK" fuzz "$scenarios/rare.c" --rate user=30% --jobs $jobs -o rare.db
    sed -E 's/ in [0-9.]+ [mµ]?s$//' "$work/.output" >"said.$jobs"
    cmp -s said.1 "said.$jobs" || complain "--jobs $jobs says something else: $(diff said.1 "said.$jobs")"
done
# More deviations than are kept: it is said, and the seed stays
expect 1 "deviations, and the first 262,144 are kept" "$RETICK" fuzz "$scenarios/coins.c" --seeds 6
also "coins.db written. Next: retick run"
never "something outside"

# Replays: the trace alone, the text, an edited text
expect 1 "rare: fails under 2 deviations" "$RETICK" replay rare.db
also "the same run as in rare.db"
expect 1 "rare: fails" "$RETICK" replay "$scenarios/rare.c" rare.schedule
expect 1 "rare: fails" "$RETICK" replay "$scenarios/rare.c" --schedule rare.schedule -o again.db
exists again.db
expect 0 "the same run" "$RETICK" diff rare.db again.db
sed -n '1,3p' rare.schedule >one.schedule
expect 0 "rare: passes under 1 deviation" "$RETICK" replay "$scenarios/rare.c" one.schedule
cp rare.schedule more.schedule
echo 'user alice:user#99 @1 =3' >>more.schedule
"$RETICK" replay "$scenarios/rare.c" more.schedule >text 2>&1
code=$?
[ $code = 1 ] || [ $code = 2 ] || complain "a schedule with one more line ended with $code"
expect 1 "rare: failed (schedule)" "$RETICK" run "$scenarios/rare.c" --schedule rare.schedule -o run.db
expect 0 "rare: passed" "$RETICK" run "$scenarios/rare.c" -o calm.db
expect 1 "" "$RETICK" diff calm.db run.db

# An address that the program no longer has
sed 's/tick_random("second", 4)/3/' "$scenarios/rare.c" >rare.c
expect 1 "stale: 1 of 2 lines was not met: user alice/second @" "$RETICK" replay rare.c rare.schedule
also "retick shrink rare.c rare.schedule"

# Shrinking what was not shrunk
expect 1 "not shrunk" "$RETICK" fuzz "$scenarios/rare.c" --rate user=60% --no-shrink -o big.db
expect 1 " to 2:" "$RETICK" shrink big.db -o small.db
exists small.db
exists small.schedule
expect 1 "from 2 deviations to 2" "$RETICK" shrink "$scenarios/rare.c" rare.schedule -o same.db
expect 0 "passes, so that there is nothing to shrink" "$RETICK" shrink "$scenarios/rare.c" one.schedule
expect 1 "of 300 schedules failed" "$RETICK" fuzz "$scenarios/rare.c" --rate user=30% --seeds 300 --keep-going

# Crashes and hangs are findings like others (UBSan would come first, and end the process its own way)
export RETICK_CFLAGS=-fno-sanitize=undefined
expect 1 "segfault: seed " "$RETICK" fuzz "$scenarios/segfault.c" --rate user=50%
also "crash: "
also " to 1:"
also "replayed 10 times, each time the same crash"
exists segfault.db
expect 1 "segfault: fails" "$RETICK" replay segfault.db
expect 0 "segfault" "$RETICK" query segfault.db "SELECT * FROM meta"
never ".so+0x"
never "retick+0x"
expect 1 "hang: " "$RETICK" fuzz "$scenarios/forever.c" --hang 200ms --seeds 3
also "when it was stopped, it was in spin"
also "forever.c:$(grep -n "while (go_on)" "$scenarios/forever.c" | cut -d: -f1)"
place() { # place TEXT: where that stands in spins.c
    echo "spins.c:$(grep -n -F "$1" "$scenarios/spins.c" | cut -d: -f1)"
}
expect 1 "livelock: more than 100000 loop iterations at one instant: something spins without waiting in polls" \
    "$RETICK" fuzz "$scenarios/spins.c:polling" --seeds 1
also "$(place "here it polls")"
expect 1 "at one instant: worker goes on and on without waiting" "$RETICK" fuzz "$scenarios/spins.c:yielding" --seeds 1
also "$(place "here it yields")"
expect 1 "at one instant: a callback is called again and again in calls_again" "$RETICK" fuzz "$scenarios/spins.c:calling" --seeds 1
also "$(place "static void calls_again")"
expect 1 " to 1:" "$RETICK" fuzz "$scenarios/sticks.c" --hang 300ms --rate user=60%
also "replayed 2 times, each time the same hang"
expect 1 "exit: " "$RETICK" fuzz "$scenarios/exits.c" --seeds 3
expect 1 "leak: " "$RETICK" fuzz "$scenarios/leaks.c" --seeds 3
expect 1 "it fails when nothing goes wrong" "$RETICK" fuzz "$scenarios/deadlocks.c" --seeds 3

# What programs print is for single runs.
expect 1 "talkative: seed" "$RETICK" fuzz "$scenarios/talkative.c" --rate user=60%
never "said 1"

# The schedule that broke one variant, in the repaired one of the same file.
both=$scenarios/../../../scenarios/lost_update.c
expect 1 "lost_update: seed " "$RETICK" fuzz "$both"
expect 0 "lost_update_fixed: passes" "$RETICK" replay "$both:lost_update_fixed" lost_update.schedule
also "was found in lost_update, and is run in lost_update_fixed"
expect 1 "lost_update: fails" "$RETICK" replay "$both" lost_update.schedule

# Do runs repeat?
expect 0 "every run repeats" "$RETICK" check "$scenarios/rare.c" --seeds 0..9 --after 50 --rate user=50%
also "after 50 other runs"
also "schedule stability"
if ! ldd "$RETICK" | grep -qE 'lib(a|t)san'; then # these fill fresh memory themselves, always alike
    expect 1 "do not repeat" "$RETICK" check "$scenarios/wandering.c" --seeds 2 --after 5
    also "wandering-0-a.db"
fi
expect 0 "0 " "$RETICK" digest "$scenarios/passing.c" --seeds 5
[ "$(wc -l <"$work/.output")" = 5 ] || complain "digest printed not five lines"
grep -qE '^4 [0-9a-f]{32} [0-9a-f]{32} pass$' "$work/.output" || complain "digest's line is not 'seed events contents verdict'"
finish
