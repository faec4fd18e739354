#!/usr/bin/env bash
# What a scenario's constructors do is a finding, with its place, whichever command loads them; and a run that takes its process down keeps
# its marks. What kills a worker from outside is none.
# timeout: 300
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
file=$scenarios/constructors.c

line() { # line PHRASE: where it stands
    grep -nF -- "// $1" "$file" | cut -d: -f1
}
"$RETICK" run "$file" -o good.db >/dev/null
for command in "run $file" "run --list $file" "run --real $file" "fuzz -n 5 $file" "check --seeds 2 $file" "digest --seeds 2 $file" \
    "replay $file good.db" "shrink $file good.db"; do
    # shellcheck disable=SC2086
    expect 1 "fails when it is loaded" "$RETICK" $command --cflags -DCRASHES
    also "crash: SIGSEGV in before_main"
    also "constructors.c:$(line crashes)"
done
expect 1 "exit: the program called _exit in before_main" "$RETICK" fuzz "$file" --cflags -DEXITS
also "constructors.c:$(line exits)"
expect 1 "crash: SIGABRT in before_main" "$RETICK" run "$file" --cflags -DABORTS
also "constructors.c:$(line aborts)"
expect 1 "hang: the program did not come back within the CPU time that a run may take in before_main" \
    "$RETICK" run "$file" --cflags -DSPINS --hang 300ms
also "constructors.c:"
# A set-up waits for nothing, and asks nothing: what one does that does not return every run does. It is told after one run and confirmed by
# the one that is recorded, whatever is asked for.
begun() { # begun TIMES: how often the last command began it
    checks=$((checks + 1))
    [ "$(stat -c %s begun)" = "$1" ] || complain "the last command began it $(stat -c %s begun) times, not $1"
    rm -f begun
}
setups=$scenarios/setups.c
expect 1 "hang: the set-up did not return within the CPU time that it may take: --hang TIME gives it more" \
    "$RETICK" fuzz "$setups:spinning" --hang 200ms -j 1
also "spinning: seed 0 fails after 1 run in"
also "it was in spin"
also "no deviation is needed: it fails in the set-up, which asks nothing of the outside"
also "run once more, for its trace: the same hang"
begun 2
exists spinning.schedule
expect 1 "1 of 1 schedules failed" "$RETICK" fuzz "$setups:spinning" --hang 200ms -j 1 --keep-going --seeds 100
begun 2
expect 1 "spinning: seed 30 fails after 1 run in" "$RETICK" fuzz "$setups:spinning" --hang 200ms -j 2 --first 30 --no-shrink
also "run once more, for its trace: the same hang"
expect 1 "the set-up did not return" "$RETICK" run "$setups:spinning" --hang 200ms -o spins.db --force
rm begun
expect 1 "the set-up did not return" "$RETICK" replay "$setups:spinning" spinning.schedule --hang 200ms
begun 1
expect 1 "run once more, for its trace: the same hang" "$RETICK" shrink "$setups:spinning" spinning.schedule --hang 200ms -o small.db
begun 2
expect 1 "2 - - hang" "$RETICK" digest "$setups:spinning" --seeds 3 --hang 200ms
begun 1
expect 1 "spinning: fails in its set-up, so that there are no runs to compare" "$RETICK" check "$setups:spinning" --hang 200ms
also "it was in spin"
begun 1
expect 1 "run once more, it gave \"passed\": the scenario depends on something outside of the simulated world" \
    "$RETICK" fuzz "$setups:once" --hang 200ms -j 1
begun 2
# One that crashes or exits takes no time, and has a place.
expect 1 "crash: Segmentation fault in tick_setup_crashing" "$RETICK" fuzz "$setups:crashing" -j 1
also "setups.c:$(grep -n '// crashes' "$setups" | cut -d: -f1)"
also "replayed 10 times, each time the same crash"
rm begun
expect 1 "exit: the program called exit in tick_setup_leaving" "$RETICK" fuzz "$setups:leaving" -j 1
also "setups.c:$(grep -n '// leaves' "$setups" | cut -d: -f1)"
also "it fails in the set-up"
rm begun
# A program that hangs before anything was drawn is not shrunk and has no twin either.
expect 1 "hang: the program did not come back" "$RETICK" fuzz "$setups:calm" --hang 200ms -j 1
also "no deviation is needed: it fails when nothing goes wrong"
also "run once more, for its trace: the same hang"
begun 2
# Without --hang it has 3 s.
checks=$((checks + 1))
TIMEFORMAT='%U %S'
took=$({ time "$RETICK" run "$setups:spinning" -o spins.db --force >.output 2>&1; } 2>&1)
also "the set-up did not return"
awk '{exit !($1 + $2 < 8)}' <<<"$took" || complain "it took $took s of CPU time to tell that a set-up spins"
expect 0 "passed" "$RETICK" run "$file" --cflags -DPRINTS --force
checks=$((checks + 1))
[ "$(grep -c '^printed$' .output)" = 1 ] || complain "what a constructor prints is printed once"

# Marks.
expect 1 "schedules failed" "$RETICK" fuzz "$file" -n 200 -j 1 --keep-going --rate user=50% -o marks.db
also 'reached "seven" in'
also 'reached "nine" in'

# kill -9 of a worker, once. What is compiled already starts no compiler that could be taken for one.
"$RETICK" run "$scenarios/passing.c" >/dev/null
"$RETICK" fuzz "$scenarios/passing.c" --time 2s -j 1 >.output 2>&1 &
pid=$!
sleep 0.5
worker=$(pgrep -P $pid | head -1)
[ -n "$worker" ] && kill -9 "$worker"
wait $pid
code=$?
checks=$((checks + 1))
[ $code = 0 ] || complain "a worker that was killed once ended the campaign with $code"

# And of a run that is recorded: it is recorded anew. A real program that is killed has no finding either.
"$RETICK" run "$scenarios/lengthy.c" --hang 600s -o lengthy.db >.output 2>&1 &
pid=$!
worker=
for ((i = 0; i < 200 && ${#worker} == 0; i++)); do
    watcher=$(pgrep -P $pid | head -1)
    [ -e lengthy.db-ring ] && worker=$(pgrep -P "${watcher:-0}" | head -1)
    sleep 0.01
done
[ -n "$worker" ] && kill -9 "$worker"
wait $pid
code=$?
checks=$((checks + 1))
[ $code = 0 ] || complain "a run whose process was killed once ended with $code"
also "lengthy"
expect 0 "closed" "$RETICK" query lengthy.db "SELECT value FROM meta WHERE key = 'state'"
finish
